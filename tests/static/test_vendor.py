"""The libraries that stand in the repository are the ones that the lock names."""

import json
import runpy
import shutil
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

ROOT = Path(__file__).resolve().parent.parent.parent
VENDOR = ROOT / "static" / "vendor"
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "vendor.py"))


@pytest.fixture
def copy(tmp_path):
    """A folder with two of the packages, to break."""
    manifest, lock = (
        json.loads((VENDOR / name).read_text()) for name in ("vendor.json", "LOCK.json")
    )
    for name in ("htmx.org", "@tabler/core"):
        shutil.copytree(VENDOR / manifest[name]["folder"], tmp_path / manifest[name]["folder"])
    for name, content in (("vendor.json", manifest), ("LOCK.json", lock)):
        kept = {package: content[package] for package in ("htmx.org", "@tabler/core")}
        (tmp_path / name).write_text(json.dumps(kept))
    return tmp_path


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_the_committed_files_match_their_lock(capsys):
    assert SCRIPT["check"]() == 0
    assert "match their lock" in capsys.readouterr().out


def test_the_chart_library_is_the_one_that_plotly_py_speaks_to():
    lock = json.loads((VENDOR / "LOCK.json").read_text())

    assert lock["plotly.js-basic-dist-min"]["version"] == get_plotlyjs_version()


def test_every_package_has_a_licence_that_allows_it():
    locks = [json.loads((folder / "LOCK.json").read_text()) for folder in SCRIPT["FOLDERS"]]

    licences = {name: entry["licence"] for lock in locks for name, entry in lock.items()}
    assert licences == {
        "@fontsource-variable/inter": "OFL-1.1",
        "@fontsource-variable/jetbrains-mono": "OFL-1.1",
        "@tabler/core": "MIT",
        "@tabler/icons": "MIT",
        "axe-core": "MPL-2.0",
        "htmx.org": "BSD-0-Clause",  # as its package says it; SPDX calls it 0BSD
        "plotly.js-basic-dist-min": "MIT",
    }


def test_a_sound_folder_has_no_problems(copy):
    assert SCRIPT["problems"](copy) == []


def test_one_changed_byte_is_found(copy):
    path = copy / "htmx" / "htmx.min.js"
    path.write_bytes(path.read_bytes().replace(b"4.0.1", b"4.0.2", 1))

    assert SCRIPT["problems"](copy) == ["htmx/htmx.min.js: differs from LOCK.json"]


def test_a_missing_file_and_a_stranger_are_found(copy):
    (copy / "htmx" / "hx-ptag.min.js").rename(copy / "htmx" / "other.js")

    assert SCRIPT["problems"](copy) == [
        "htmx/hx-ptag.min.js: missing",
        "htmx/other.js: not in LOCK.json",
    ]


def test_a_version_that_was_edited_but_not_fetched_is_found(copy):
    edit(copy / "vendor.json", lambda manifest: manifest["htmx.org"].update(version="4.0.2"))

    assert SCRIPT["problems"](copy) == ["htmx.org: vendor.json says 4.0.2, LOCK.json 4.0.1"]


def test_a_package_without_its_licence_is_found(copy):
    (copy / "tabler" / "LICENSE").unlink()
    edit(copy / "LOCK.json", lambda lock: lock["@tabler/core"]["files"].pop("tabler/LICENSE"))

    assert SCRIPT["problems"](copy) == ["@tabler/core: no LICENSE"]


def test_a_package_in_only_one_of_the_two_lists_is_found(copy):
    edit(copy / "vendor.json", lambda manifest: manifest.update(extra={"version": "1"}))
    edit(copy / "vendor.json", lambda manifest: manifest.pop("@tabler/core"))

    assert SCRIPT["problems"](copy) == [
        "@tabler/core: not in vendor.json",
        "extra: not in LOCK.json",
    ]
