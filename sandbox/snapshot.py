"""One JSON file that keeps runs, tokens, deliveries and mails over a restart."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sandbox.control.mailbox import Mail, Mailbox
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


class UnreadableSnapshot(Exception):
    """The file is not a snapshot of this version; delete it to start over."""


def dumped(github: GitHub, mailbox: Mailbox) -> bytes:
    """Everything to keep, as JSON."""
    return orjson.dumps(
        {
            "format": FORMAT,
            "accounts": github.accounts,
            "repositories": github.repositories,
            "runs": github.runs,
            "tokens": github.tokens,
            "deliveries": github.deliveries,
            "next_delivery_id": github.next_delivery_id,
            "mails": mailbox.as_dicts(),
        },
        option=orjson.OPT_NON_STR_KEYS,
    )


def load(path: Path, github: GitHub, mailbox: Mailbox) -> None:
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
        github.accounts = {k: Account(**v) for k, v in kept["accounts"].items()}
        github.repositories = {k: Repository(**v) for k, v in kept["repositories"].items()}
        github.runs = {int(k): run_from(v) for k, v in kept["runs"].items()}
        github.tokens = {k: Token(**v) for k, v in kept["tokens"].items()}
        github.deliveries = {int(k): Delivery(**v) for k, v in kept["deliveries"].items()}
        github.next_delivery_id = kept["next_delivery_id"]
        for mail in kept["mails"]:
            mailbox.keep(Mail(**mail))
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise UnreadableSnapshot(f"{path}: not a snapshot: {exc!r}") from exc


def run_from(kept: dict[str, Any]) -> Run:
    """A run as it was, its attempts under numbers again."""
    attempts = {int(number): Attempt(**attempt) for number, attempt in kept["attempts"].items()}
    return Run(**{**kept, "attempts": attempts})


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
    github: GitHub
    mailbox: Mailbox
    _saved: tuple[int, int] = (0, 0)

    @property
    def _revision(self) -> tuple[int, int]:
        return self.github.revision, self.mailbox.revision

    async def run(self, sleep: Callable[[float], Any] = asyncio.sleep) -> None:
        """Save whenever something changed, until cancelled."""
        while True:
            await sleep(PAUSE_S)
            if self._revision != self._saved:
                self._saved = self._revision
                # Dumping is one step of the event loop and sees no change; only writing waits.
                await asyncio.to_thread(write, self.path, dumped(self.github, self.mailbox))

    def save(self) -> None:
        """Save now."""
        write(self.path, dumped(self.github, self.mailbox))
