"""Run the sandbox's AWS: `python -m sandbox.aws`, in the emulator's own environment."""

import asyncio
import fcntl
import importlib.metadata
import os
import shutil
import sys
from typing import TextIO

from sandbox.aws.settings import Settings, install

# The parity modules reach into this very version; a newer one needs each of them read again.
MINISTACK_VERSION = "1.5.33"


def main() -> None:
    settings = Settings.read(os.environ)
    _require_the_pinned_ministack()
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    lock = _lock(settings)
    shutil.rmtree(settings.tmp_dir, ignore_errors=True)
    settings.tmp_dir.mkdir()
    install(settings)

    # ministack reads the environment while it is imported.
    from sandbox.aws import parity, server  # noqa: PLC0415

    try:
        asyncio.run(server.run(settings))
    except (OSError, parity.UnknownGap) as problem:
        sys.exit(f"sandbox.aws: {problem}")
    lock.close()


def _require_the_pinned_ministack() -> None:
    try:
        found = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != MINISTACK_VERSION:
        sys.exit(
            f"sandbox.aws needs ministack {MINISTACK_VERSION} and found {found}. "
            "Install sandbox/aws/requirements.txt into the emulator's own environment."
        )


def _lock(settings: Settings) -> TextIO:
    """Hold the state folder: two emulators writing one would lose each other's work."""
    lock = (settings.state_dir / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"Another emulator already uses {settings.state_dir}.")
    return lock


if __name__ == "__main__":
    main()
