#!/usr/bin/env python3
"""Build the folder that every Lambda is deployed from: functions/, ghkit/ and what they require.

    python -m scripts.build_lambda local    for the interpreter of the sandbox's AWS
    python -m scripts.build_lambda aws      for python3.13 on arm64, as aws/template.yaml defaults to

The requirements are installed again only if they or the target changed. Everything is put together
beside the folder and moved into place, so nobody ever reads half of it.
"""

import argparse
import compileall
import fcntl
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

Target = Literal["local", "aws"]

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LAMBDA = BUILD / "lambda"
REQUIREMENTS = ROOT / "functions" / "requirements.txt"
CODE = ("functions", "ghkit")
STAMP = ".requirements"
"""Beside the packages: says what they were installed from and for."""

FINGERPRINT = ".fingerprint"
"""Beside everything: the hash of all that the folder was built from."""

AWS_PYTHON = "3.13"
PIP_FOR_AWS = (
    *("--platform", "manylinux2014_aarch64", "--implementation", "cp"),
    *("--python-version", AWS_PYTHON, "--only-binary", ":all:"),
)


def build(target: Target) -> Path:
    """Bring build/lambda up to date and return it; one process at a time.

    Raises:
        FileNotFoundError: The sandbox's interpreter is not installed.
        subprocess.CalledProcessError: pip failed, and said why on the terminal.
    """
    with _lock():
        packages = _install(target)
        wanted = _fingerprint(packages)
        stamp = LAMBDA / FINGERPRINT
        if stamp.exists() and stamp.read_text() == wanted:
            return LAMBDA
        fresh = BUILD / ".lambda-new"
        shutil.rmtree(fresh, ignore_errors=True)
        # Hard links: 30 MB of packages that nobody writes to.
        shutil.copytree(packages, fresh, copy_function=os.link)
        for name in CODE:
            ignored = shutil.ignore_patterns("__pycache__", "requirements.*")
            shutil.copytree(ROOT / name, fresh / name, ignore=ignored)
        if target == "local":
            _compile(fresh / name for name in CODE)
        (fresh / FINGERPRINT).write_text(wanted)
        shutil.rmtree(LAMBDA, ignore_errors=True)
        fresh.rename(LAMBDA)
    return LAMBDA


def _install(target: Target) -> Path:
    """Install the requirements into a folder of the target's own, unless they are there."""
    python = _python(target)
    packages = BUILD / f"packages-{target}"
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    version = AWS_PYTHON if target == "aws" else running
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest() + f" {target} {version}\n"
    stamp = packages / STAMP
    if stamp.exists() and stamp.read_text() == wanted:
        return packages
    shutil.rmtree(packages, ignore_errors=True)
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    command += ["--require-hashes", "--no-compile", "--target", packages, "-r", REQUIREMENTS]
    subprocess.run([*command, *(PIP_FOR_AWS if target == "aws" else ())], check=True)
    shutil.rmtree(packages / "bin", ignore_errors=True)
    if target == "local":
        _compile([packages])
    stamp.write_text(wanted)
    return packages


def _python(target: Target) -> Path:
    """Choose whose pip installs: the sandbox's for itself, any for AWS."""
    if target == "aws":
        return Path(sys.executable)
    python = ROOT / ".venv-emulator" / "bin" / "python"
    if not python.exists():
        message = "The sandbox's AWS is not installed: run `make setup`."
        raise FileNotFoundError(message)
    return python


def _compile(folders: Iterator[Path] | list[Path]) -> None:
    """Compile for the running interpreter, which is the sandbox's version too.

    Else every cold start would compile again, for the sandbox's AWS starts Lambdas without leave
    to write. A zip keeps no times, so the result must not depend on them.
    """
    for folder in folders:
        compileall.compile_dir(
            folder,
            quiet=1,
            stripdir=folder.parent,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


def _fingerprint(packages: Path) -> str:
    digest = hashlib.sha256((packages / STAMP).read_bytes())
    for name in CODE:
        for path in sorted((ROOT / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(ROOT)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _lock() -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Build for the target that the command line names."""
    parser = argparse.ArgumentParser(description="Build the Lambdas' folder.")
    parser.add_argument("target", choices=get_args(Target), nargs="?", default="local")
    folder = build(parser.parse_args().target)
    print(f"{folder.relative_to(ROOT)} is ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
