"""Run the whole suite: on SQLite, then what touches locks, constraints and brokers on PostgreSQL and Redis.

Scratch servers are started in a temporary folder and stopped afterwards. A program that is not
installed is named loudly, and its tests do not run.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.scratch_servers import find_postgres, scratch_postgres, scratch_redis

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


if __name__ == "__main__":
    sys.exit(main())
