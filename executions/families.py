"""What makes failures a family: pure rules about states, errors and causes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from executions.words import plain_error

if TYPE_CHECKING:
    from collections.abc import Iterable

CAUSE_MAX_CHARS = 300
"""Of a normalised cause: what differs later in the text makes no other kind of failure."""

# From the most special to the most general: what one has replaced the next leaves alone.
_VARYING = (
    (re.compile(r"arn:aws[\w-]*:[^\s\"',;)]+"), "<arn>"),
    (re.compile(r"https?://[^\s\"',;)]+"), "<url>"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<e-mail>"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (
        re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
        "<time>",
    ),
    (re.compile(r"(?<=/repos/)[^/\s]+/[^/\s]+"), "<repository>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b", re.IGNORECASE), "<hash>"),
)
# An answer's status says what kind of failure it is; other numbers say which one.
_NUMBER = re.compile(r"(?<![\w<.])\d+(?:\.\d+)?(?![\w>])")
_STATUS = re.compile(r"[1-5]\d\d")
_INDEX = re.compile(r"(?<=/)\d+(?=/)")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Kind:
    """What the failures of a family share; see `executions.models.Family`."""

    state_machine: str
    state: str
    error: str
    cause: str

    @property
    def key(self) -> str:
        """A name that is the same for the same kind, in every process and for ever."""
        text = f"{self.state_machine}\x00{self.state}\x00{self.error}\x00{self.cause}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def kind_of(
    *, state_machine: str, status: str, failed_step: str, error: str, cause: str, subject: str
) -> Kind:
    """Say which kind of failure this is.

    Args:
        state_machine: Our name of the machine.
        status: AWS's word; stands for the error where there is none.
        failed_step: Path of the step that failed; empty where that is not known.
        error: AWS's name of the error.
        cause: AWS's text, for a Lambda or a child a JSON object.
        subject: Whom the execution is about: named in a cause, it makes no other kind.
    """
    plain = plain_error(error, cause)
    return Kind(
        state_machine=state_machine,
        state=_INDEX.sub("*", failed_step),
        error=(plain.name if plain else error) or status,
        cause="" if plain is None else normalised(plain.message, subjects=_names(subject)),
    )


def normalised(cause: str, *, subjects: Iterable[str] = ()) -> str:
    """Replace what differs from one failure to the next by words in angle brackets."""
    text = cause[: 8 * CAUSE_MAX_CHARS]
    for subject in subjects:
        text = re.sub(rf"(?<![\w-]){re.escape(subject)}(?![\w-])", "<subject>", text)
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    text = _NUMBER.sub(_number, text)
    return _SPACE.sub(" ", text).strip()[:CAUSE_MAX_CHARS]


def _number(match: re.Match[str]) -> str:
    return match[0] if _STATUS.fullmatch(match[0]) else "<number>"


def _names(subject: str) -> list[str]:
    """Return a repository's full name before its halves, a login as it is."""
    owner, slash, name = subject.partition("/")
    return [part for part in ((subject, owner, name) if slash else (subject,)) if part]
