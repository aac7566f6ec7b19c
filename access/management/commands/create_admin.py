"""Make sure that an administrator exists: `manage.py create_admin admin --password-stdin`."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from access import services

# An argument would stand in the process list and in the shell's history.
PASSWORD_VARIABLE = "GHADMIN_ADMIN_PASSWORD"  # noqa: S105 -- a name


class Command(BaseCommand):
    """Create an administrator, or give one a password; running it again changes nothing."""

    help = (
        "Create an active administrator with a password, or bring an existing account to that. "
        f"The password comes from --password-file, --password-stdin or {PASSWORD_VARIABLE}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the account and where its password comes from."""
        parser.add_argument("username")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--password-file", type=Path, help="a file that holds the password")
        source.add_argument("--password-stdin", action="store_true", help="read one line")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, and say what was done."""
        password = self._password(options)
        try:
            outcome = services.ensure_admin(username=options["username"], password=password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{options['username']}: {outcome}")

    def _password(self, options: dict[str, Any]) -> str:
        password: str
        if path := options["password_file"]:
            try:
                password = path.read_text("utf-8")
            except OSError as error:
                message = f"The password file cannot be read: {error}"
                raise CommandError(message) from error
        elif options["password_stdin"]:
            password = sys.stdin.readline()
        else:
            password = os.environ.get(PASSWORD_VARIABLE, "")
        password = password.rstrip("\r\n")
        if not password:
            message = f"No password: use --password-file, --password-stdin or {PASSWORD_VARIABLE}."
            raise CommandError(message)
        return password
