#!/usr/bin/env python3
"""Keep the third-party browser files that are committed under static/vendor and tests/browser/vendor.

Each of these folders has a hand-written `vendor.json` (package, exact version, files wanted) and a
`LOCK.json` written from it (integrity of npm's tarball, licence, sha256 of every file), so that a
user and CI need neither Node nor npm:

    scripts/vendor.py check     compares files, lock and manifest; standard library only, offline
    scripts/vendor.py update    fetches what vendor.json names with `npm pack` and rewrites the lock
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "static" / "vendor", ROOT / "tests" / "browser" / "vendor")
MANIFEST, LOCK = "vendor.json", "LOCK.json"
# ManifestStaticFilesStorage stops on a map that is not there, and the maps are larger than the code.
SOURCE_MAP = re.compile(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ ?\*/)\s*$")
# The text for a package whose tarball leaves its licence file out; its manifest names the holders.
MIT = """MIT License

{copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def sha256(content: bytes) -> str:
    """Digest of one file, as the lock writes it."""
    return hashlib.sha256(content).hexdigest()


def load(path: Path) -> dict[str, Any]:
    """Read a manifest or a lock; an absent one is empty, so that `check` can say what is missing."""
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def problems(folder: Path) -> list[str]:
    """Say everything by which the files, the lock and the manifest of one folder disagree."""
    manifest, lock = load(folder / MANIFEST), load(folder / LOCK)
    found = [f"{name}: not in {LOCK}" for name in manifest.keys() - lock.keys()]
    found += [f"{name}: not in {MANIFEST}" for name in lock.keys() - manifest.keys()]
    wanted: dict[str, str] = {}
    for name, entry in lock.items():
        wanted |= entry["files"]
        if name in manifest and manifest[name]["version"] != entry["version"]:
            found.append(
                f"{name}: {MANIFEST} says {manifest[name]['version']}, {LOCK} {entry['version']}"
            )
        if not any(Path(path).name == "LICENSE" for path in entry["files"]):
            found.append(f"{name}: no LICENSE")
    present = {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (MANIFEST, LOCK)
    }
    for path in sorted(wanted.keys() | present.keys()):
        if path not in present:
            found.append(f"{path}: missing")
        elif path not in wanted:
            found.append(f"{path}: not in {LOCK}")
        elif wanted[path] != present[path]:
            found.append(f"{path}: differs from {LOCK}")
    return sorted(found)


def check(folders: tuple[Path, ...] = FOLDERS) -> int:
    """Print every disagreement; 1 when there is any."""
    found = [f"{folder.name}/{text}" for folder in folders for text in problems(folder)]
    files = sum(len(e["files"]) for folder in folders for e in load(folder / LOCK).values())
    print("\n".join(found) or f"{files} vendored files match their lock.")
    return int(bool(found))


def fetch(name: str, spec: dict[str, Any], folder: Path, locked: dict[str, Any]) -> dict[str, Any]:
    """Write one package's files and return its lock entry.

    Raises:
        SystemExit: npm serves another tarball than the lock has for the same version.
    """
    with tempfile.TemporaryDirectory() as directory:
        packed = subprocess.run(
            [
                "npm",
                "pack",
                "--json",
                "--pack-destination",
                directory,
                f"{name}@{spec['version']}",
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        answer = json.loads(packed.stdout)
        info = answer[0] if isinstance(answer, list) else next(iter(answer.values()))  # npm 12
        if locked.get("version") == spec["version"] and locked["tarball"] != info["integrity"]:
            sys.exit(f"{name}@{spec['version']}: the tarball is not the one that was locked.")
        with tarfile.open(Path(directory, Path(info["filename"]).name)) as tar:
            contents = {
                member.name.removeprefix("package/"): stream.read()
                for member in tar
                if (stream := tar.extractfile(member))
            }
    target = folder / spec["folder"]
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    files = {Path(path).name: SOURCE_MAP.sub(b"\n", contents[path]) for path in spec["files"]}
    if "licence" in spec:
        files["LICENSE"] = contents[spec["licence"]]
    else:
        files["LICENSE"] = MIT.format(copyright="\n".join(spec["mit_copyright"])).encode()
    for filename, content in files.items():
        (target / filename).write_bytes(content)
    return {
        "version": info["version"],
        "licence": json.loads(contents["package.json"])["license"],
        "tarball": info["integrity"],
        "files": {f"{spec['folder']}/{f}": sha256(c) for f, c in sorted(files.items())},
    }


def update() -> int:
    """Bring every folder to what its manifest names."""
    for folder in FOLDERS:
        manifest, lock = load(folder / MANIFEST), load(folder / LOCK)
        fresh = {n: fetch(n, spec, folder, lock.get(n, {})) for n, spec in manifest.items()}
        (folder / LOCK).write_text(json.dumps(fresh, indent=2) + "\n", "utf-8")
    return check()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=("check", "update"))
    sys.exit({"check": check, "update": update}[parser.parse_args().action]())
