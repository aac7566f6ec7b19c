"""What GitHub answers: statuses and bodies, and lists in pages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ghkit.errors import GitHubUnavailable, ListTooLong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PER_PAGE: Final = 100
"""GitHub's maximum."""

PAGES_MAX: Final = 50
"""Of 100 rows each; stops a `Link` that leads in a circle."""

_NEXT_PAGE: Final = re.compile(r'<([^<>]+)>\s*;\s*rel="next"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub said: a status, headers that ignore case, and a text."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def data(self) -> Any:
        """The decoded body.

        Raises:
            GitHubUnavailable: It is not JSON, so something on the way answered for GitHub.
        """
        try:
            return json.loads(self.text)
        except ValueError as exc:
            message = f"the answer with status {self.status} is not JSON"
            raise GitHubUnavailable(message) from exc

    @property
    def message(self) -> str:
        """What GitHub gave as the reason, in one line."""
        try:
            data = json.loads(self.text)
        except ValueError:
            data = None
        told = data if isinstance(data, dict) else {}
        # "Validation Failed" says nothing; what failed stands in `errors`.
        errors = told.get("errors")
        details = [
            error.get("message") if isinstance(error, dict) else error
            for error in (errors if isinstance(errors, list) else [])
        ]
        reasons = [told.get("message") or "no reason given", *filter(None, details)]
        return " ".join(": ".join(map(str, reasons)).split())[:500]


def read_pages(
    send: Callable[[str, str], Answer], path: str, *, pages_max: int
) -> Iterator[Answer]:
    """Yield the pages of a list as `send(verb, path)` answers them, following GitHub's links.

    Raises:
        ListTooLong: There are more than `pages_max`.
    """
    page = f"{path}{'&' if '?' in path else '?'}per_page={PER_PAGE}"
    for _ in range(pages_max):
        answer = send("GET", page)
        yield answer
        following = next_page(answer)
        if following is None:
            return
        page = following
    message = f"{path} has more than {pages_max} pages"
    raise ListTooLong(message)


def next_page(answer: Answer) -> str | None:
    """Find the next page's URL; after a repository was renamed it is under its id."""
    match = _NEXT_PAGE.search(answer.headers.get("link", ""))
    return match[1] if match else None
