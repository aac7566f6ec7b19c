"""The small GitHub and the control API, started as a process of their own."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.factories.http_servers import Answer, Request, serving

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
APP_ID = 1234
SECRET = "It's a Secret to Everybody"
DIRECTORY_TOKEN = "only-for-the-company"


@dataclass(frozen=True)
class AppKey:
    """A key pair of the App."""

    key: rsa.RSAPrivateKey

    @classmethod
    def generate(cls) -> "AppKey":
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @property
    def private(self) -> str:
        """The private key as PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def public(self) -> str:
        """The public key as PEM."""
        return (
            self.key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    def app_jwt(self, **claims: Any) -> str:
        """A good App JWT, but for the given claims; None leaves one out."""
        now = int(time.time())
        good = {"iat": now - 60, "exp": now + 540, "iss": str(APP_ID)}
        said = {name: value for name, value in (good | claims).items() if value is not None}
        return jwt.encode(said, self.key, algorithm="RS256")


@dataclass
class Receiver:
    """Takes webhooks as the dashboard would, and keeps them."""

    url: str = ""
    status: int = 202
    delay_s: float = 0.0
    meeting: threading.Barrier | None = None
    """Where given, none is answered before so many are here."""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def clear(self) -> None:
        self.status, self.delay_s, self.meeting = 202, 0.0, None
        self.received.clear()


@dataclass
class Services:
    """The running process, and short ways to ask it."""

    github: str
    control: str
    directory: str
    key: AppKey
    process: subprocess.Popen[str]
    session: requests.Session
    _home_token: str = ""

    def order(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.session.request(method, self.control + path, json=body, timeout=60)

    def put_run(self, run: dict[str, Any], attempts: dict[str, Any] | None = None) -> None:
        body = {"run": run, "attempts": attempts or {}}
        self.order("PUT", "/runs", body).raise_for_status()

    def put_person(self, login: str, **order: Any) -> dict[str, Any]:
        answer = self.order("PUT", "/people", {"login": login, **order})
        answer.raise_for_status()
        return answer.json()

    def put_team(self, slug: str, **order: Any) -> None:
        self.order("PUT", "/teams", {"slug": slug, **order}).raise_for_status()

    def ask_directory(self, path: str, token: str = DIRECTORY_TOKEN) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.session.get(self.directory + path, headers=headers, timeout=60)

    def as_app(self, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key.app_jwt(**claims)}"}

    def token(self, installation_id: int = 4242, **order: Any) -> str:
        answer = self.post_as_app(f"/app/installations/{installation_id}/access_tokens", order)
        answer.raise_for_status()
        return answer.json()["token"]

    def get(self, path: str, *, token: str | None = None, **headers: str) -> requests.Response:
        """Ask as an installation: of sandbox-org, unless a token is given."""
        if token is None:
            self._home_token = token = self._home_token or self.token()
        return self.ask(path, Authorization=f"Bearer {token}", **headers)

    def change(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Change something at GitHub as the installation of sandbox-org."""
        self._home_token = self._home_token or self.token()
        headers = {"Authorization": f"Bearer {self._home_token}"}
        return self.session.request(
            method, self.github + path, json=body, headers=headers, timeout=60
        )

    def get_as_app(self, path: str) -> requests.Response:
        return self.ask(path, **self.as_app())

    def post_as_app(self, path: str, body: Any = None) -> requests.Response:
        return self.session.post(self.github + path, headers=self.as_app(), json=body, timeout=60)

    def ask(self, path: str, **headers: str) -> requests.Response:
        """Ask with these headers alone; `_` in their names stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.get(self.github + path, headers=named, timeout=60)


@pytest.fixture(scope="session")
def app_key() -> AppKey:
    return AppKey.generate()


@pytest.fixture(scope="session")
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    def answer(request: Request) -> Answer:
        receiver.received.append((dict(request.headers), request.body))
        time.sleep(receiver.delay_s)
        if receiver.meeting:
            receiver.meeting.wait(60)
        return receiver.status, {}, {"status": "accepted"}

    with serving(answer) as url:
        receiver.url = f"{url}/webhooks/github/"
        yield receiver


@pytest.fixture
def receiver(running_receiver: Receiver) -> Receiver:
    running_receiver.clear()
    return running_receiver


Start = Callable[..., contextlib.AbstractContextManager[Services]]


@pytest.fixture(scope="session")
def start_services(
    app_key: AppKey, running_receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Start:
    """Starts a process of its own for a test, with more environment if given."""
    key_file = tmp_path_factory.mktemp("app") / "public.pem"
    key_file.write_text(app_key.public)

    @contextlib.contextmanager
    def start(**environ: str) -> Iterator[Services]:
        environment = {
            **os.environ,
            "SANDBOX_GITHUB_PORT": "0",
            "SANDBOX_CONTROL_PORT": "0",
            "SANDBOX_DIRECTORY_PORT": "0",
            "SANDBOX_DIRECTORY_TOKEN": DIRECTORY_TOKEN,
            "SANDBOX_APP_ID": str(APP_ID),
            "SANDBOX_APP_PUBLIC_KEY_FILE": str(key_file),
            "SANDBOX_WEBHOOK_URL": running_receiver.url,
            "GITHUB_WEBHOOK_SECRET": SECRET,
            # Nothing listens on the discard port: these tests need no AWS.
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            **environ,
        }
        with subprocess.Popen(
            [sys.executable, "-m", "sandbox.services"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                with requests.Session() as session:
                    where = json.loads(process.stdout.readline())
                    yield Services(**where, key=app_key, process=process, session=session)
            finally:
                process.terminate()
                process.wait(timeout=60)

    return start


@pytest.fixture(scope="session")
def running_services(start_services: Start) -> Iterator[Services]:
    with start_services() as services:
        yield services


@pytest.fixture
def services(running_services: Services) -> Services:
    """The process that all tests share, as new."""
    running_services.order("POST", "/reset").raise_for_status()
    return running_services


@pytest.fixture(scope="session")
def payload() -> Callable[[str], dict[str, Any]]:
    """Reads one of GitHub's own webhook examples by its name."""
    return lambda name: json.loads((FIXTURES / "github" / f"{name}.json").read_text())


@pytest.fixture
def jobs() -> Callable[[int], list[dict[str, Any]]]:
    """So many jobs of a minute each."""

    def make(count: int) -> list[dict[str, Any]]:
        return [
            {
                "id": 9_000_000_000 + number,
                "name": f"test ({number})",
                "labels": ["ubuntu-latest"],
                "started_at": "2026-11-01T10:00:00Z",
                "completed_at": "2026-11-01T10:01:00Z",
            }
            for number in range(count)
        ]

    return make
