"""What the environment says about the emulator, read once at start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"

# Lambdas inherit the emulator's environment, as ministack starts them. They may see what any
# process needs and what tells them where AWS is, and nothing of the shell that ran `make demo`.
_KEPT_FROM_THE_SHELL = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TZ", "LOG_LEVEL"})
_KEPT_FOR_MINISTACK = frozenset({"SFN_WAIT_SCALE", "MINISTACK_REGION", "MINISTACK_ACCOUNT_ID"})

# Functions mostly wait for GitHub: more than the cores, and few enough to start quickly.
_LAMBDAS_AT_ONCE = 4 * (os.cpu_count() or 2)
# So many that there is always one whose next step is no function's.
_EXECUTIONS_AT_ONCE = 8 * _LAMBDAS_AT_ONCE


@dataclass(frozen=True)
class Settings:
    """How this emulator runs.

    Attributes:
        port: Where it listens, always on loopback.
        state_dir: Everything it writes lies below; delete it to start over.
        save_interval_s: A killed process loses at most this much.
        keep_executions: Closed executions beyond this number are forgotten, oldest first.
        executions_at_once: How many executions are interpreted at a time; others wait.
        lambdas_at_once: How many invocations run at a time; others wait.
        without: Names of parity modules that stay off (see docs/sandbox-aws.md).
    """

    port: int
    state_dir: Path
    save_interval_s: float
    keep_executions: int
    executions_at_once: int
    lambdas_at_once: int
    without: frozenset[str]

    @property
    def tmp_dir(self) -> Path:
        """Unpacked Lambdas; ours alone, so it may be emptied at start."""
        return self.state_dir / "tmp"

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        names = environ.get("SANDBOX_AWS_WITHOUT", "").split(",")
        return cls(
            port=int(environ.get("GATEWAY_PORT", "4566")),
            state_dir=Path(environ.get("STATE_DIR", ".demo/aws")).absolute(),
            save_interval_s=float(environ.get("SANDBOX_AWS_SAVE_INTERVAL_S", "5")),
            keep_executions=int(environ.get("SANDBOX_AWS_KEEP_EXECUTIONS", "5000")),
            executions_at_once=int(
                environ.get("SANDBOX_AWS_EXECUTIONS_AT_ONCE", _EXECUTIONS_AT_ONCE)
            ),
            lambdas_at_once=int(environ.get("SANDBOX_AWS_LAMBDAS_AT_ONCE", _LAMBDAS_AT_ONCE)),
            without=frozenset(name.strip() for name in names if name.strip()),
        )

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The whole environment that ministack, and so every Lambda, is to see."""
        kept = _KEPT_FROM_THE_SHELL | _KEPT_FOR_MINISTACK
        return {name: value for name, value in environ.items() if name in kept} | {
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(self.port),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state_dir),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state_dir / "s3"),
            "TMPDIR": str(self.tmp_dir),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


_in_force: Settings | None = None


def install(settings: Settings) -> None:
    """Put settings in force; ministack reads the environment while it is imported."""
    global _in_force  # noqa: PLW0603 -- one process, one emulator
    _in_force = settings
    environment = settings.environment(os.environ)
    os.environ.clear()
    os.environ.update(environment)


def current() -> Settings:
    """The settings in force."""
    if _in_force is None:
        raise RuntimeError("sandbox.aws.settings.install() was not called")
    return _in_force
