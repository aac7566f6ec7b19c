"""Runs the small GitHub, the company directory and the control API: `python -m sandbox.services`.

Environment: SANDBOX_GITHUB_PORT, SANDBOX_CONTROL_PORT, SANDBOX_DIRECTORY_PORT (0 takes a free one),
SANDBOX_DIRECTORY_TOKEN, SANDBOX_APP_ID, SANDBOX_APP_PUBLIC_KEY_FILE (PEM), SANDBOX_WEBHOOK_URL,
GITHUB_WEBHOOK_SECRET, AWS_ENDPOINT_URL, GHADMIN_STACK (or it is "ghadmin"), and SANDBOX_STATE_FILE,
without which nothing outlives the process. Once all listen, one line of JSON on standard output says
where: {"github": "http://127.0.0.1:8002", "control": "…", "directory": "…"}.
"""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import snapshot
from sandbox.control import app as control_app
from sandbox.control.calls import Controlled
from sandbox.control.emulator import Emulator
from sandbox.control.mailbox import Mailbox
from sandbox.control.rules import PublishedRules
from sandbox.directory import app as directory_app
from sandbox.directory.records import Records
from sandbox.github import app as github_app
from sandbox.github.hooks import WebhookSender
from sandbox.github.service import GitHubService
from sandbox.github.state import GitHub

HOST = "127.0.0.1"
"""The sandbox has no door to the network: its control API does whatever it is told."""

BACKLOG = 2048

GOODBYE_S = 3
"""How long open requests may take to end when the process is told to stop."""


class BadSetting(Exception):
    """The environment lacks a setting, or one of them is of no use."""


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    github_port: int
    control_port: int
    directory_port: int
    directory_token: str
    app_id: int
    public_key: RSAPublicKey
    webhook_url: str
    webhook_secret: str
    aws_url: str
    stack: str
    state_file: Path | None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            BadSetting: One that is needed is not there.
        """

        def needed(name: str) -> str:
            if not environ.get(name):
                raise BadSetting(f"{name} is not set")
            return environ[name]

        def number(name: str) -> int:
            if not needed(name).isdecimal():
                raise BadSetting(f"{name}: expected a whole number, got {environ[name]!r}")
            return int(environ[name])

        state_file = environ.get("SANDBOX_STATE_FILE")
        return cls(
            github_port=number("SANDBOX_GITHUB_PORT"),
            control_port=number("SANDBOX_CONTROL_PORT"),
            directory_port=number("SANDBOX_DIRECTORY_PORT"),
            directory_token=needed("SANDBOX_DIRECTORY_TOKEN"),
            app_id=number("SANDBOX_APP_ID"),
            public_key=read_public_key(Path(needed("SANDBOX_APP_PUBLIC_KEY_FILE"))),
            webhook_url=needed("SANDBOX_WEBHOOK_URL"),
            webhook_secret=needed("GITHUB_WEBHOOK_SECRET"),
            aws_url=needed("AWS_ENDPOINT_URL").rstrip("/"),
            stack=environ.get("GHADMIN_STACK") or "ghadmin",
            state_file=Path(state_file) if state_file else None,
        )


def read_public_key(path: Path) -> RSAPublicKey:
    """Read the key with which the App's JWTs are checked.

    Raises:
        BadSetting: The file holds no RSA public key in PEM.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError as exc:
        raise BadSetting(f"{path}: not a public key in PEM") from exc
    if not isinstance(key, RSAPublicKey):
        raise BadSetting(f"{path}: not an RSA key, which GitHub's Apps have")
    return key


@dataclass(frozen=True)
class ByPort:
    """One application for all listeners: the port that was asked decides which one answers."""

    apps: Mapping[int, ASGIApp]
    process: ASGIApp
    """Starts and ends with the process; answers no request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        is_request = scope["type"] == "http"
        app = self.apps[scope["server"][1]] if is_request else self.process
        await app(scope, receive, send)


def listen(port: int) -> socket.socket:
    """Listen on loopback; 0 takes a free port."""
    # Named as TCP, or asyncio leaves Nagle's algorithm on: every answer would wait 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def build(settings: Settings, listeners: Mapping[str, socket.socket]) -> ByPort:
    """Put everything together behind the listeners `github`, `control` and `directory`."""
    state = GitHub()
    mailbox = Mailbox()
    hooks = WebhookSender(
        state=state,
        app_id=settings.app_id,
        url=settings.webhook_url,
        secret=settings.webhook_secret.encode(),
    )
    github = GitHubService(settings.app_id, settings.public_key, state, hooks)
    emulator = Emulator(settings.aws_url)
    directory = directory_app.DirectoryService(settings.directory_token, Records())
    rules = PublishedRules(settings.aws_url, settings.stack)
    controlled = Controlled(github, directory, emulator, mailbox, rules)
    saver = None
    if settings.state_file is not None:
        kept = snapshot.Kept(state, directory.records, mailbox)
        kept.load(settings.state_file)
        saver = snapshot.Saver(settings.state_file, kept)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        saving = asyncio.create_task(saver.run()) if saver else None
        yield
        await hooks.close()
        await emulator.close()
        if saver and saving:
            saving.cancel()
            saver.save()

    apps = {
        "github": github_app.create_app(github),
        "control": control_app.create_app(controlled),
        "directory": directory_app.create_app(directory),
    }
    return ByPort(
        {listeners[name].getsockname()[1]: app for name, app in apps.items()},
        Starlette(lifespan=lifespan),
    )


def serve(settings: Settings) -> None:
    """Listen and answer until the process is told to stop, then save."""
    listeners = {
        "github": listen(settings.github_port),
        "control": listen(settings.control_port),
        "directory": listen(settings.directory_port),
    }
    server = uvicorn.Server(
        uvicorn.Config(
            build(settings, listeners),
            lifespan="on",
            ws="none",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=GOODBYE_S,
        )
    )
    urls = {name: f"http://{HOST}:{each.getsockname()[1]}" for name, each in listeners.items()}
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()
    # Ctrl-C is the usual end in a terminal; everything is saved by then.
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=list(listeners.values()))


def main() -> int:
    """Run until told to stop."""
    try:
        serve(Settings.read(os.environ))
    except (BadSetting, snapshot.UnreadableSnapshot, OSError) as exc:
        sys.stderr.write(f"sandbox.services: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
