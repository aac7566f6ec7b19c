"""PostgreSQL and Redis of our own, for as long as a block runs: for tests and benchmarks."""

import contextlib
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.ports import free_port, wait_for_port


def find_postgres() -> Path | None:
    """Find the folder of PostgreSQL's programs; Debian keeps them off the PATH."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent  # often a link to one program among many
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return versions[0].parent if versions else None


@contextlib.contextmanager
def scratch_postgres(programs: Path, folder: Path) -> Iterator[str]:
    """Run a PostgreSQL of our own on a free port; yields its DATABASE_URL."""
    data, port = folder / "pg", free_port()
    data.mkdir()
    user = group = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        account = pwd.getpwnam("postgres")
        user, group = account.pw_uid, account.pw_gid
        os.chown(data, user, group)
        folder.chmod(0o755)
    init = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "ghadmin",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    quiet = subprocess.DEVNULL
    subprocess.run(init, cwd=data, check=True, stdout=quiet, user=user, group=group)
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-k", data, "-h", "127.0.0.1"],
        cwd=data,
        stdout=quiet,
        stderr=quiet,
        user=user,
        group=group,
    )
    try:
        wait_for_port(port)
        wait_for_postgres(programs, port)
        createdb = [
            str(programs / "createdb"),
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-U",
            "ghadmin",
        ]
        subprocess.run([*createdb, "ghadmin"], check=True)
        yield f"postgres://ghadmin@127.0.0.1:{port}/ghadmin"
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for_postgres(
    programs: Path, port: int, seconds: float = 120, alive: Callable[[], bool] = lambda: True
) -> None:
    """Wait until the server takes connections, which is a while after it listens, or is not alive.

    Raises:
        TimeoutError: It lives, and takes none.
    """
    ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + seconds
    while alive() and subprocess.run(ready, check=False).returncode:
        if time.monotonic() > deadline:
            message = f"PostgreSQL takes no connections after {seconds:.0f} s"
            raise TimeoutError(message)
        time.sleep(0.1)


@contextlib.contextmanager
def scratch_redis(program: str, folder: Path) -> Iterator[str]:
    """Run a Redis of our own on a free port; yields its URL."""
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=30)
