"""The web process as a deployment runs it, on an SQLite file of its own."""

import os
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path

import httpx

from scripts.ports import free_port, wait_for_port
from tests.factories.webhooks import URL, headers_of

ROOT = Path(__file__).resolve().parent.parent.parent


class WebProcess:
    """Starts as a context manager and stops with it; `database` and `guids` are those of SQLite."""

    def __init__(self, folder, *, database_url=""):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "ghadmin.sqlite3"
        self._log = folder / "log"
        self._environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "ghadmin.settings_test",  # static files from their sources
            "DATABASE_URL": database_url or f"sqlite:///{self.database}",
            "CELERY_BROKER_DIR": str(folder / "broker"),
            "CELERY_BROKER_URL": "filesystem://",
        }

    def __enter__(self):
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=self._environment, check=True)  # noqa: S603
        granian = [Path(sys.executable).with_name("granian"), "--interface", "rsgi", "--no-ws"]
        granian += ["--host", "127.0.0.1", "--port", str(self.port), "ghadmin.rsgi:application"]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(  # noqa: S603
                granian, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        wait_for_port(self.port)
        return self

    def __exit__(self, *_exception):
        self.process.terminate()
        self.process.wait(timeout=60)

    def send(self, body, **headers):
        return httpx.post(
            self.url + URL, content=body, headers=headers_of(body, **headers), timeout=60
        )

    def run(self, code):
        """Let a process of the same settings do something; returns what it prints."""
        command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
        done = subprocess.run(  # noqa: S603 -- our own code
            command, cwd=ROOT, env=self._environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def memory_bytes(self):
        """What the process and those that it started hold in memory."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = [str(self.process.pid), *children.read_text().split()]
        found = [Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in pids]
        return sum(map(int, found)) * os.sysconf("SC_PAGE_SIZE")

    def guids(self):
        """Every stored GUID, in GitHub's spelling."""
        with closing(sqlite3.connect(self.database, timeout=60)) as connection:
            rows = connection.execute("SELECT guid FROM webhooks_delivery").fetchall()
        return {str(uuid.UUID(guid)) for (guid,) in rows}
