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
from xml.etree import ElementTree

from scripts.scratch_servers import find_postgres, scratch_postgres, scratch_redis

ROOT = Path(__file__).resolve().parent.parent

# pytest's exit code when tests ran and some failed.
SOME_FAILED = 1

# Where more fail, a second try is not what is missing.
MOST_TRIED_AGAIN = 3


def main() -> int:
    """Run both passes; the worse exit code wins."""
    arguments = sys.argv[1:]
    code = run_pass("not postgres and not redis", arguments, env={})
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
            code = max(code, run_pass("postgres or redis", arguments, env=env))
    if missing:
        _shout(
            f"NOT INSTALLED: {', '.join(missing)}. The tests that need them did NOT run.",
            "On Debian: apt-get install chromium postgresql redis-server",
        )
    return code


def run_pass(marks: str, arguments: list[str], *, env: dict[str, str], root: Path = ROOT) -> int:
    """Run the tests with these marks; a few that fail are tried once more, alone.

    What fails beside another process full of servers and passes alone did not wait long enough for
    something, or found a race. Nobody can tell from it whether a change is good, so it refuses
    none; it is named at the end, for somebody has to look why.

    Returns:
        pytest's exit code: 0 when all passed, be it alone.
    """
    # A file stays in one process, so that what its fixtures start is started once.
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", marks]
    with tempfile.TemporaryDirectory(prefix="ghadmin-report-") as folder:
        report = Path(folder) / "report.xml"
        command += [*arguments, f"--junit-xml={report}"]
        environment = os.environ | env
        code = subprocess.run(command, cwd=root, env=environment, check=False).returncode
        if code != SOME_FAILED:
            return code
        failed = _failed(report)
        if len(failed) > MOST_TRIED_AGAIN:
            return code
        alone = [*command, "-n", "0", "--last-failed"]
        code = subprocess.run(alone, cwd=root, env=environment, check=False).returncode
    if code == 0:
        _shout(f"FLAKY: failed beside others, passed alone: {', '.join(failed)}", "Find out why.")
    return code


def _failed(report: Path) -> list[str]:
    cases = ElementTree.parse(report).iter("testcase")  # noqa: S314 -- pytest wrote it
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def _shout(*lines: str) -> None:
    print("\n" + "!" * 88)
    for line in lines:
        print(f"!! {line}")
    print("!" * 88)


if __name__ == "__main__":
    sys.exit(main())
