"""`manage.py rebuild_mirror`, where it cannot begin; tests/journeys has the whole of it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_a_database_without_tables_is_named_before_aws_is_asked(tmp_path):
    finished = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, ROOT / "manage.py", "rebuild_mirror"],
        env={"SECRET_KEY": "x", "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert finished.returncode == 1
    assert "`manage.py migrate` first" in finished.stderr
    assert "Traceback" not in finished.stderr
