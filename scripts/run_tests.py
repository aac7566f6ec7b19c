"""Run the whole suite: on SQLite, then what touches locks, constraints and brokers on PostgreSQL and Redis.

Scratch servers are started in a temporary folder and stopped afterwards. A program that is not
installed is named loudly, and its tests do not run.
"""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run both passes; the worse exit code wins."""
    arguments = sys.argv[1:]
    code = _pytest("not postgres and not redis", arguments, env={})
    postgres, redis = find_postgres(), shutil.which("redis-server")
    missing = [
        name
        for name, program in (
            ("PostgreSQL", postgres),
            ("Redis", redis),
            ("Chromium", shutil.which("chromium") or shutil.which("google-chrome")),
        )
        if not program
    ]
    if postgres and redis:
        with (
            tempfile.TemporaryDirectory(prefix="ghadmin-servers-") as folder,
            scratch_postgres(postgres, Path(folder)) as database_url,
            scratch_redis(redis, Path(folder)) as broker_url,
        ):
            env = {"DATABASE_URL": database_url, "CELERY_BROKER_URL": broker_url}
            code = max(code, _pytest("postgres or redis", arguments, env=env))
    if missing:
        print("\n" + "!" * 88)
        print(f"!! NOT INSTALLED: {', '.join(missing)}. The tests that need them did NOT run.")
        print("!! On Debian: apt-get install chromium postgresql redis-server")
        print("!" * 88)
    return code


def _pytest(marks: str, arguments: list[str], *, env: dict[str, str]) -> int:
    # A file stays in one process, so that what its fixtures start is started once.
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", marks]
    command += arguments
    return subprocess.run(command, cwd=ROOT, env=os.environ | env, check=False).returncode


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
    """Wait until the server takes connections: it listens a while before it does."""
    ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + seconds
    while (
        alive() and subprocess.run(ready, check=False).returncode and time.monotonic() < deadline
    ):
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


def free_port() -> int:
    """Ask the system for a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 120) -> None:
    """Wait until somebody listens.

    Raises:
        TimeoutError: Nobody did.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    message = f"nothing listens on port {port} after {seconds:.0f} s"
    raise TimeoutError(message)


if __name__ == "__main__":
    sys.exit(main())
