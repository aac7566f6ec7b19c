"""Templates, styles and scripts keep to the Content Security Policy and to the tokens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OURS = [
    *sorted((ROOT / "static" / "css").glob("*.css")),
    *sorted((ROOT / "static" / "js").glob("*.js")),
]


VEILS = {"#ffffff", "#ffffff1a", "#00000040", "#00000055", "#00000066", "#00000080"}


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", TEMPLATES, ids=names(TEMPLATES))
def test_a_template_has_nothing_inline_and_nothing_from_elsewhere(path):
    source = path.read_text("utf-8")

    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", source) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|hx-on:|javascript:", source) == []
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//[^"' >]*""", source) == []
    assert "|safe" not in source.replace("field.help_text|safe", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=names(TEMPLATES))
def test_a_template_compiles(path):
    get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", OURS, ids=names(OURS))
def test_colours_come_from_tokens_and_nothing_from_elsewhere(path):
    source = path.read_text("utf-8")

    if path.suffix == ".css":
        # A page may define tokens of its own, as a pair for both themes.
        used = re.sub(r"--[a-z0-9-]+:[^;]*;", "", source)
        # Black veils and white on a filled button are the same in both themes.
        assert set(re.findall(r"#[0-9a-f]{3,8}\b", used)) <= VEILS
    assert "http" not in re.sub(r"https?://www\.w3\.org/\S+", "", source)


def test_every_token_that_is_used_is_defined():
    used, defined = set(), set()
    for path in [*OURS, *TEMPLATES]:
        used |= set(re.findall(r"--g-[a-z0-9-]*[a-z0-9]", path.read_text("utf-8")))
        defined |= set(re.findall(r"(--g-[a-z0-9-]+):", path.read_text("utf-8")))

    assert used - defined == set()


def test_static_files_are_collected_under_hashed_names(tmp_path):
    """The manifest storage stops on a file that names another which is not there."""
    program = (
        "import django; from django.conf import settings; import ghadmin.settings as s;"
        f"s.STATIC_ROOT = {str(tmp_path)!r};"
        "s.STORAGES['staticfiles']['BACKEND'] ="
        " 'django.contrib.staticfiles.storage.ManifestStaticFilesStorage';"
        "django.setup(); from django.core.management import call_command;"
        "call_command('collectstatic', interactive=False, verbosity=0)"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "ghadmin.settings", "SECRET_KEY": "x" * 60}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True)  # noqa: S603 -- ourselves

    assert list(tmp_path.glob("css/tokens.*.css")) != []
    hashed = next(path for path in tmp_path.glob("css/tokens.*.css"))
    assert re.search(r"inter-latin-wght-normal\.[0-9a-f]{12}\.woff2", hashed.read_text())
