"""One JSON file that keeps runs, people, tokens, deliveries and mails over a restart."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sandbox.control.mailbox import Mail, Mailbox
from sandbox.directory.records import Record, Records
from sandbox.github.organizations import Invitation, Organization, Team, User
from sandbox.github.people import People
from sandbox.github.state import (
    Account,
    Attempt,
    Delivery,
    GitHub,
    Repository,
    Run,
    Token,
)

FORMAT = 1
"""Raised when an older file can no longer be read; such a file is refused and not guessed at."""

PAUSE_S = 0.5
"""Changes of this long are saved together."""

PAUSE_PER_SAVE = 20
"""So many times as long as the last save took, if that is more: thousands of runs and deliveries are
a file of hundreds of megabytes, which nobody must wait for most of the time."""


class UnreadableSnapshot(Exception):
    """The file is not a snapshot of this version; delete it to start over."""


@dataclass
class Kept:
    """Everything that outlives a restart."""

    github: GitHub
    directory: Records
    mailbox: Mailbox

    @property
    def revision(self) -> tuple[int, ...]:
        """Another one after each change."""
        github = self.github
        parts = (github, github.people, self.directory, self.mailbox)
        return tuple(part.revision for part in parts)

    def dumped(self) -> bytes:
        """Everything, as JSON."""
        github = self.github
        return orjson.dumps(
            {
                "format": FORMAT,
                "accounts": github.accounts,
                "repositories": github.repositories,
                "runs": github.runs,
                "tokens": github.tokens,
                "deliveries": github.deliveries,
                "next_delivery_id": github.next_delivery_id,
                "users": github.people.users,
                "organizations": github.people.organizations,
                "directory": self.directory.by_login,
                "mails": self.mailbox.as_dicts(),
            },
            option=orjson.OPT_NON_STR_KEYS,
        )

    def load(self, path: Path) -> None:
        """Put back what a file keeps; a missing file keeps nothing.

        Raises:
            UnreadableSnapshot: The file is broken or of another format.
        """
        if not path.exists():
            return
        try:
            kept: dict[str, Any] = orjson.loads(path.read_bytes())
            if kept["format"] != FORMAT:
                raise UnreadableSnapshot(f"{path}: format {kept['format']}, expected {FORMAT}")
            self._put_back(kept)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise UnreadableSnapshot(f"{path}: not a snapshot: {exc!r}") from exc

    def _put_back(self, kept: dict[str, Any]) -> None:
        github = self.github
        github.accounts = {k: Account(**v) for k, v in kept["accounts"].items()}
        github.repositories = {k: Repository(**v) for k, v in kept["repositories"].items()}
        github.runs = {int(k): run_from(v) for k, v in kept["runs"].items()}
        github.tokens = {k: Token(**v) for k, v in kept["tokens"].items()}
        github.deliveries = {int(k): Delivery(**v) for k, v in kept["deliveries"].items()}
        github.next_delivery_id = kept["next_delivery_id"]
        # Files of the time before there were people have none of these.
        github.people = People(
            users={int(k): User(**v) for k, v in kept.get("users", {}).items()},
            organizations={
                int(k): organization_from(v) for k, v in kept.get("organizations", {}).items()
            },
        )
        self.directory.by_login = {k: Record(**v) for k, v in kept.get("directory", {}).items()}
        for mail in kept["mails"]:
            self.mailbox.keep(Mail(**mail))


def run_from(kept: dict[str, Any]) -> Run:
    """A run as it was, its attempts under numbers again."""
    attempts = {int(number): Attempt(**attempt) for number, attempt in kept["attempts"].items()}
    return Run(**{**kept, "attempts": attempts})


def organization_from(kept: dict[str, Any]) -> Organization:
    """An organisation as it was; JSON's names of objects are numbers again."""
    return Organization(
        **{
            **kept,
            "members": numbered(kept["members"]),
            "invitations": {int(k): Invitation(**v) for k, v in kept["invitations"].items()},
            "failed": {int(k): Invitation(**v) for k, v in kept["failed"].items()},
            "teams": {
                slug: Team(**{**team, "members": numbered(team["members"])})
                for slug, team in kept["teams"].items()
            },
        }
    )


def numbered(kept: dict[str, str]) -> dict[int, str]:
    """What was kept by number."""
    return {int(number): value for number, value in kept.items()}


def write(path: Path, content: bytes) -> None:
    """Replace the file at once or not at all; only its owner may read the tokens in it."""
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


@dataclass
class Saver:
    """Writes the file soon after each change, and once more at the end."""

    path: Path
    kept: Kept
    clock: Callable[[], float] = time.monotonic
    _saved: tuple[int, ...] = ()

    async def run(self, sleep: Callable[[float], Any] = asyncio.sleep) -> None:
        """Save whenever something changed, until cancelled."""
        self._saved = self._saved or self.kept.revision
        pause_s = PAUSE_S
        while True:
            await sleep(pause_s)
            if self.kept.revision != self._saved:
                self._saved = self.kept.revision
                began = self.clock()
                # Dumping is one step of the event loop and sees no change; only writing waits.
                await asyncio.to_thread(write, self.path, self.kept.dumped())
                pause_s = max(PAUSE_S, PAUSE_PER_SAVE * (self.clock() - began))

    def save(self) -> None:
        """Save now."""
        write(self.path, self.kept.dumped())
