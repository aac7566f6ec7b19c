"""Issue an API token without the page: `manage.py create_api_token admin --name ci --stdout`."""

import os
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from access import services


class Command(BaseCommand):
    """Issue an API token for a user and write its secret once."""

    help = "Issue an API token for a user; its secret is written once and cannot be had again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose token it is, its name, and where the secret goes."""
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="what the token is for")
        parser.add_argument(
            "--days", type=int, help="how long it works; without it, until revoked"
        )
        parser.add_argument(
            "--replace", action="store_true", help="revoke the user's token of that name first"
        )
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("--token-file", type=Path, help="a file that only its owner may read")
        # Django takes an option stored as `stdout` for the command's own output stream.
        target.add_argument(
            "--stdout", action="store_true", dest="to_stdout", help="the secret alone on one line"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Issue the token and hand its secret over."""
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            message = f"There is no account named {options['username']}."
            raise CommandError(message)
        lifetime = timedelta(days=options["days"]) if options["days"] else None
        try:
            _token, secret = services.issue_token(
                user=user,
                name=options["name"],
                lifetime=lifetime,
                now=timezone.now(),
                is_replacing=options["replace"],
            )
        except services.TokenNameTaken as error:
            message = f"{error} Choose another --name, or --replace it."
            raise CommandError(message) from error
        if options["to_stdout"]:
            self.stdout.write(secret)
            return
        path: Path = options["token_file"]
        # Never readable by others, not even between creating and restricting it.
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 -- Path.open takes no descriptor
            file.write(secret + "\n")
        self.stdout.write(f"Wrote the token to {path}.")
