"""Where things are: ports, files and the environment of each process."""

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parent.parent.parent
APP_ID = "4241"
REGION = "us-east-1"
STACK = "ghadmin"
# What of the caller's environment a process may see: enough to run, nothing of the caller's AWS
# account, proxies or Django settings.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Layout:
    """One sandbox on this machine.

    Attributes:
        state_dir: Holds everything that outlives a stop; delete it to start over.
        base_port: The dashboard's port; the others follow it.
        database_url: Where the dashboard keeps its rows, when not in `state_dir`.
        broker_url: The message broker, when not in `state_dir`.
        wait_scale: What waits and backoffs in state machines are multiplied with.
        settings: Settings of the dashboard and of the sandbox's AWS that differ from the usual ones.
    """

    state_dir: Path
    base_port: int
    database_url: str = ""
    broker_url: str = "filesystem://"
    wait_scale: float = 1.0
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def dashboard_url(self) -> str:
        """The dashboard."""
        return f"http://127.0.0.1:{self.base_port}"

    @property
    def aws_url(self) -> str:
        """The sandbox's AWS."""
        return f"http://127.0.0.1:{self.base_port + 1}"

    @property
    def github_url(self) -> str:
        """The sandbox's GitHub."""
        return f"http://127.0.0.1:{self.base_port + 2}"

    @property
    def control_url(self) -> str:
        """The sandbox's control API."""
        return f"http://127.0.0.1:{self.base_port + 3}"

    @property
    def directory_url(self) -> str:
        """The sandbox's company directory."""
        return f"http://127.0.0.1:{self.base_port + 4}"

    @property
    def directory_template(self) -> str:
        """Where one person's record is in the company directory."""
        return f"{self.directory_url}/people/{{login}}"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.state_dir / "logs"

    def prepare(self) -> None:
        """Make the folder of the logs and the App's key pair; a second call changes nothing."""
        self.logs.mkdir(parents=True, exist_ok=True)
        if not self.private_key_file.exists():
            private, public = _key_pair()
            self.public_key_file.write_bytes(public)
            _write_private(self.private_key_file, private)

    @cached_property
    def webhook_secret(self) -> str:
        """The secret that GitHub signs with; made once."""
        return self._secret("webhook-secret")

    @cached_property
    def directory_token(self) -> str:
        """What the company directory wants to see; made once."""
        return self._secret("directory-token")

    @cached_property
    def admin_password(self) -> str:
        """The demo account's password; made once."""
        return self._secret("admin-password", length=12)

    @cached_property
    def api_token_file(self) -> Path:
        """Where the demo account's API token is kept."""
        return self.state_dir / "api-token"

    @property
    def private_key_file(self) -> Path:
        """The GitHub App's private key, as PEM."""
        return self.state_dir / "github-app.pem"

    @property
    def public_key_file(self) -> Path:
        """What the sandbox's GitHub checks the App's signature with."""
        return self.state_dir / "github-app.pub.pem"

    @property
    def aws_environment(self) -> dict[str, str]:
        """The environment of the sandbox's AWS: nothing of ours, since Lambdas inherit it."""
        return self._inherited | {
            "GATEWAY_PORT": str(self.base_port + 1),
            "STATE_DIR": str(self.state_dir / "aws"),
            "SFN_WAIT_SCALE": str(self.wait_scale),
        }

    @property
    def services_environment(self) -> dict[str, str]:
        """The environment of the sandbox's GitHub and control API."""
        return self._inherited | {
            "SANDBOX_GITHUB_PORT": str(self.base_port + 2),
            "SANDBOX_CONTROL_PORT": str(self.base_port + 3),
            "SANDBOX_DIRECTORY_PORT": str(self.base_port + 4),
            "SANDBOX_DIRECTORY_TOKEN": self.directory_token,
            "SANDBOX_APP_ID": APP_ID,
            "SANDBOX_APP_PUBLIC_KEY_FILE": str(self.public_key_file),
            "SANDBOX_WEBHOOK_URL": f"{self.dashboard_url}/webhooks/github/",
            "SANDBOX_STATE_FILE": str(self.state_dir / "github.json"),
            "GITHUB_WEBHOOK_SECRET": self.webhook_secret,
            "AWS_ENDPOINT_URL": self.aws_url,
            "GHADMIN_STACK": STACK,
        }

    @property
    def dashboard_environment(self) -> dict[str, str]:
        """The environment of the dashboard's processes: settings as an operator would give them."""
        database = self.database_url or f"sqlite:///{self.state_dir / 'ghadmin.sqlite3'}"
        return self._inherited | {
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": self.broker_url,
            "CELERY_BROKER_DIR": str(self.state_dir / "broker"),
            "SECRET_KEY": self._secret("secret-key", length=50),
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "GITHUB_API_URL": self.github_url,
            "GITHUB_APP_ID": APP_ID,
            "GITHUB_APP_PRIVATE_KEY_FILE": str(self.private_key_file),
            "GITHUB_WEBHOOK_SECRET": self.webhook_secret,
            "GITHUB_ORG": "sandbox-org",
            "COMPANY_DIRECTORY_URL": self.directory_template,
            "COMPANY_DIRECTORY_TOKEN": self.directory_token,
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "GHADMIN_STACK": STACK,
        }

    @property
    def _inherited(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return kept | {"PYTHONUNBUFFERED": "1", **self.settings}

    def _secret(self, name: str, *, length: int = 32) -> str:
        path = self.state_dir / name
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(length).encode())
        return path.read_text()


def emulator_python() -> Path:
    """Find the interpreter of the emulator's own environment.

    Raises:
        FileNotFoundError: `make setup` has not run.
    """
    python = ROOT / ".venv-emulator" / "bin" / "python"
    if not python.exists():
        message = "The sandbox's AWS is not installed: run `make setup`."
        raise FileNotFoundError(message)
    return python


def program(name: str) -> Path:
    """Find a program of the application's environment."""
    return Path(sys.executable).parent / name


def _key_pair() -> tuple[bytes, bytes]:
    """Make a private key as GitHub gives it to an App, and its public half, both as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
