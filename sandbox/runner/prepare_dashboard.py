"""Bring a dashboard's database, static files and first account up to date, in one process.

Each step is a management command of the product that an operator runs as well; together they save
four starts of the interpreter.
"""

import fcntl
import os
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def main() -> None:
    """Run the commands; a second time they change nothing."""
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    collect_static_files()
    user = os.environ["GHADMIN_ADMIN_USER"]
    token_file = Path(os.environ["GHADMIN_API_TOKEN_FILE"])
    call_command("create_admin", user, verbosity=0)
    if not token_file.exists():
        # As an operator types it, so that options are parsed; a token whose file is gone is replaced.
        call_command(
            "create_api_token", user, "--name=sandbox", "--replace", f"--token-file={token_file}"
        )


def collect_static_files() -> None:
    """Collect when a source is newer than what was collected; one process at a time."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(exist_ok=True)
    with Path(root, ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest = root / "staticfiles.json"
        sources = [
            path for folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*")
        ]
        newest = max((path.stat().st_mtime for path in sources), default=0)
        if not manifest.exists() or manifest.stat().st_mtime < newest:
            call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
