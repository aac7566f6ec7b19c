"""The servers that are compared, each as it would be deployed: one process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.ingest.clients import SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent.parent
_PROBOT = ("probot@14", "pg@8")


@dataclass(frozen=True)
class Server:
    """One way to take deliveries in.

    Attributes:
        name: As figures call it.
        command: What starts it; `{port}` stands for the port.
        cwd: Where.
        counts: Whether it stores in our table, so that losses can be counted.
    """

    name: str
    command: Sequence[str]
    cwd: Path = ROOT
    counts: bool = True

    def on(self, port: int) -> list[str]:
        """Return the command for this port."""
        return [part.replace("{port}", str(port)) for part in self.command]


def environment(database_url: str, folder: Path, *, port: int = 0) -> dict[str, str]:
    """Return a server's environment: nobody answers as AWS, and no worker runs."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "ghadmin.settings",
        "DATABASE_URL": database_url,
        "CELERY_BROKER_DIR": str(folder / "broker"),
        "CELERY_BROKER_URL": "filesystem://",
        "SECRET_KEY": SECRET * 2,
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "WEBHOOK_SECRET": SECRET,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "PORT": str(port),
    }


def ours() -> Server:
    """The web process as `make run` starts it."""
    return Server("ghadmin", [*_granian("rsgi"), "ghadmin.rsgi:application"])


def django_view() -> Server:
    """The same by Django's view alone: a delivery, a transaction."""
    threads = ["--blocking-threads", "8"]
    return Server("django view", [*_granian("wsgi"), *threads, "ghadmin.wsgi:application"])


def probot(folder: Path) -> Server | None:
    """Probot with node-postgres, installed into a folder of its own; None without Node."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return None
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("probot.mjs"), folder)
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", *_PROBOT]
    installed = subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=300)  # noqa: S603
    if installed.returncode:
        return None
    return Server("probot + pg", [node, "probot.mjs"], cwd=folder, counts=False)


def _granian(interface: str) -> list[str]:
    program = str(Path(sys.executable).with_name("granian"))
    return [
        program,
        "--interface",
        interface,
        "--no-ws",
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
    ]
