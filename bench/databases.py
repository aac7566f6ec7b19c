"""A PostgreSQL that belongs to one benchmark, and may die in it."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

from scripts.ports import free_port
from scripts.scratch_servers import find_postgres, wait_for_postgres

if TYPE_CHECKING:
    from pathlib import Path

_START_S = 60.0


class Postgres:
    """A PostgreSQL of our own that can be restarted, as a machine that goes down and comes back."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "pg"
        self._data.mkdir()
        self._port = free_port()
        self._owner: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            self._owner = {"user": account.pw_uid, "group": account.pw_gid}
            os.chown(self._data, account.pw_uid, account.pw_gid)
            folder.chmod(0o755)
        programs = find_postgres()
        if programs is None:
            message = "PostgreSQL is not installed."
            raise FileNotFoundError(message)
        self._programs = programs
        init = ["-U", "ghadmin", "-A", "trust", "-E", "UTF8", "-D", str(self._data)]
        self._run("initdb", *init)
        self._start()

    @property
    def url(self) -> str:
        """Its DATABASE_URL."""
        return f"postgres://ghadmin@127.0.0.1:{self._port}/postgres"

    def restart(self) -> None:
        """Kill -9 it and start it again; it recovers from its log."""
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()
        self._start()

    def stop(self) -> None:
        """Stop it for good, whoever is still connected."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait()

    def _start(self) -> None:
        gives_up_at = time.monotonic() + _START_S
        while not self._starts():
            # Those that served connections end by themselves, and until then their memory is in use.
            if time.monotonic() > gives_up_at:
                message = (
                    f"PostgreSQL did not start again: it ended with {self._server.returncode}"
                )
                raise RuntimeError(message)
            time.sleep(0.2)

    def _starts(self) -> bool:
        where = ["-p", str(self._port), "-k", str(self._data), "-h", "127.0.0.1"]
        self._server = subprocess.Popen(  # noqa: S603 -- programs of this machine
            [self._programs / "postgres", "-D", self._data, *where],
            cwd=self._data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._owner,
        )
        wait_for_postgres(self._programs, self._port, alive=lambda: self._server.poll() is None)
        return self._server.poll() is None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 -- programs of this machine
            [self._programs / program, *arguments],
            cwd=self._data,
            check=True,
            stdout=subprocess.DEVNULL,
            **self._owner,
        )
