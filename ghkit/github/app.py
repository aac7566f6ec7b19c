"""How GitHub is asked: as the App or as one of its installations, and what may come of it.

PyGithub signs and sends; it is told not to sleep and not to retry, for a state machine does both
better than a Lambda that waits. What is asked stands in the modules beside this one, a noun each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import jwt
import requests
from github.Auth import AppAuth, Token
from github.Requester import Requester
from jwt.exceptions import InvalidKeyError

from ghkit.errors import (
    AppKeyUnusable,
    GitHubRejected,
    GitHubUnavailable,
    InstallationMissing,
    InvalidPayload,
    RateLimited,
)
from ghkit.github.answers import PAGES_MAX, PER_PAGE, Answer, read_pages
from ghkit.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

API_VERSION: Final = "2022-11-28"
"""Sent as `X-GitHub-Api-Version`; GitHub Enterprise Server knows no other as yet."""

TIMEOUT_S: Final = 10
"""Patience with one answer; GitHub cuts its own requests off at the same age."""

TOKEN_MARGIN: Final = timedelta(minutes=5)
"""How long before its end a token counts as used up: longer than a function may run."""

SECONDARY_LIMIT_PAUSE_S: Final = 60
"""GitHub's advice where it limits without saying until when."""

LONGEST_PAUSE_S: Final = 65 * 60
"""GitHub's windows last an hour; a header that says more is not believed."""

_ALGORITHM: Final = "RS256"
"""GitHub takes no other from an App."""

_Scope = frozenset[tuple[str, str]]

_PATH_PART: Final = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}", re.ASCII)


class GitHubApp:
    """GitHub as one App sees it.

    Keeps installation tokens until shortly before their end; meant to live as long as its
    process. Every method raises, beside what it names:
        GitHubUnavailable: No answer, or 5xx.
        RateLimited: Asked too much; it carries the time to go on.
        GitHubRejected: Any other refusal.
    """

    def __init__(
        self,
        api_url: str,
        app_id: str,
        private_key: str,
        *,
        now: Callable[[], datetime],
        api_version: str = API_VERSION,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            api_url: For example `https://api.github.com`.
            app_id: The App's id or client id.
            private_key: PEM of the App's key.
            now: Tells the time, aware.
            api_version: GitHub's dated version of the REST API.

        Raises:
            AppKeyUnusable: The private key signs nothing.
        """
        self._now = now
        if not app_id or not private_key:
            message = "the App's id or private key is empty"
            raise AppKeyUnusable(message)
        try:
            # Read once: OpenSSL checks the primes of what it reads, a hundred times a signature's work.
            key = jwt.get_algorithm_by_name(_ALGORITHM).prepare_key(private_key)
            sign = partial(jwt.encode, key=key, algorithm=_ALGORITHM)
            auth = AppAuth(str(app_id), sign_func=sign)  # PyJWT takes no number as the issuer
            auth.create_jwt()
        except (InvalidKeyError, ValueError) as exc:
            message = "the App's private key is not the PEM text of an RSA key"
            raise AppKeyUnusable(message) from exc
        self._app = Requester(
            auth=auth,
            base_url=api_url,
            timeout=TIMEOUT_S,
            user_agent="ghadmin",
            per_page=PER_PAGE,
            verify=True,
            retry=None,
            pool_size=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
            api_version=api_version,
        )
        self._sessions: dict[tuple[int, _Scope], _Session] = {}
        self._organizations: dict[str, int] = {}
        self._repositories: dict[tuple[str, str], int] = {}

    def send(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Ask as the App itself, which GitHub lets see its installations and its deliveries alone.

        Args:
            verb: GET, POST, PATCH.
            path: From the API's root, beginning with a slash, its parts through `path_part`.
            body: Sent as JSON.
        """
        return self._accepted(self._send(self._app, verb, path, body), "the App's owner")

    def pages(self, path: str) -> Iterator[Answer]:
        """Yield the pages of a list that only the App itself may see; see `Installation.pages`."""
        return read_pages(self.send, path, pages_max=PAGES_MAX)

    def find_installation(self, owner: str, repository: str) -> int:
        """Find the id of the App's installation that covers a repository.

        Raises:
            InstallationMissing: There is none, or its owner has suspended it.
        """
        where = f"{path_part(owner, 'owner')}/{path_part(repository, 'repository')}"
        return self._find(f"/repos/{where}/installation", owner, f" for {repository}")

    def find_organization_installation(self, organization: str) -> int:
        """Find the id of the App's installation on an organisation.

        Raises:
            InstallationMissing: There is none, or its owner has suspended it.
        """
        path = f"/orgs/{path_part(organization, 'organization')}/installation"
        return self._find(path, organization, "")

    def on_repository(
        self,
        owner: str,
        repository: str,
        *,
        permissions: Mapping[str, str],
        installation_id: int | None = None,
    ) -> Installation:
        """Return the App as it is installed on a repository, signed in.

        Args:
            owner: Login of the repository's owner.
            repository: Its name without the owner.
            permissions: What the token may do, whatever more the owner has granted to the App.
            installation_id: Where an event named one. Without it, or where it is gone (the App was
                removed and installed anew), it is looked up, and remembered.

        Raises:
            InstallationMissing: The App is not installed there, or suspended.
        """
        installation_id = installation_id or self._repositories.get((owner, repository))
        known = self._known(installation_id, owner, permissions)
        found = known or self.find_installation(owner, repository)
        self._repositories[owner, repository] = found
        return Installation(self, found, owner, permissions)

    def on_organization(
        self,
        organization: str,
        *,
        permissions: Mapping[str, str],
        installation_id: int | None = None,
    ) -> Installation:
        """Return the App as it is installed on an organisation, signed in; see `on_repository`.

        Raises:
            InstallationMissing: The App is not installed there, or suspended.
        """
        installation_id = installation_id or self._organizations.get(organization)
        known = self._known(installation_id, organization, permissions)
        found = known or self.find_organization_installation(organization)
        self._organizations[organization] = found
        return Installation(self, found, organization, permissions)

    def _find(self, path: str, owner: str, what: str) -> int:
        answer = self._send(self._app, "GET", path)
        if answer.status == HTTPStatus.NOT_FOUND:
            message = f"{owner} has not installed the App{what}"
            raise InstallationMissing(message)
        installation = self._accepted(answer, owner).data
        if installation.get("suspended_at"):
            raise _suspended(owner)
        return int(installation["id"])

    def _known(
        self, installation_id: int | None, owner: str, permissions: Mapping[str, str]
    ) -> int | None:
        """Make sure of a session with an installation; None where it is gone."""
        if installation_id is None:
            return None
        try:
            self._session(installation_id, owner, permissions)
        except InstallationMissing:
            return None
        return installation_id

    def _ask(
        self, installation: Installation, verb: str, path: str, body: Mapping[str, Any] | None
    ) -> Answer:
        what = installation.id, installation.owner, installation.permissions
        answer = self._send(self._session(*what), verb, path, body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # A token may be revoked before its end; a new one tells whether it was that.
            del self._sessions[installation.id, _scope(installation.permissions)]
            answer = self._send(self._session(*what), verb, path, body)
        return self._accepted(answer, installation.owner)

    def _session(
        self, installation_id: int, owner: str, permissions: Mapping[str, str]
    ) -> Requester:
        key = installation_id, _scope(permissions)
        session = self._sessions.get(key)
        if session is None or session.expires_at - TOKEN_MARGIN <= self._now():
            session = self._log_in(installation_id, owner, permissions)
            self._sessions[key] = session
        return session.requester

    def _log_in(
        self, installation_id: int, owner: str, permissions: Mapping[str, str]
    ) -> _Session:
        path = f"/app/installations/{installation_id}/access_tokens"
        answer = self._send(self._app, "POST", path, {"permissions": dict(permissions)})
        if answer.status == HTTPStatus.NOT_FOUND:
            message = f"{owner} has not installed the App"
            raise InstallationMissing(message)
        token = self._accepted(answer, owner).data
        return _Session(
            requester=self._app.withAuth(Token(token["token"])),
            expires_at=parse_timestamp(token["expires_at"], field="expires_at"),
        )

    def _send(
        self, requester: Requester, verb: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        try:
            status, headers, text = requester.requestJson(verb, path, input=body)
        except requests.RequestException as exc:
            message = f"{verb} {path}: {type(exc).__name__}"
            raise GitHubUnavailable(message) from exc
        except RuntimeError as exc:
            # PyGithub follows a renamed repository, but to no other host.
            raise GitHubRejected(HTTPStatus.MOVED_PERMANENTLY, str(exc)) from exc
        return Answer(status, headers, text)

    def _accepted(self, answer: Answer, owner: str) -> Answer:
        """Pass an answer that is none of GitHub's refusals.

        Source: GitHub Docs, rest/using-the-rest-api/rate-limits-for-the-rest-api and
        best-practices-for-using-the-rest-api, read 2026-08-22.
        """
        if answer.status < HTTPStatus.BAD_REQUEST:
            return answer
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"GitHub answered {answer.status}: {answer.message}"
            raise GitHubUnavailable(message)
        if answer.status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
            pause = self._pause(answer)
            if pause is not None:
                raise RateLimited(self._now() + pause)
        if answer.status == HTTPStatus.FORBIDDEN and "suspended" in answer.message:
            raise _suspended(owner)
        raise GitHubRejected(answer.status, answer.message)

    def _pause(self, answer: Answer) -> timedelta | None:
        """Tell how long a limit asks to wait; None where the refusal is not about a limit."""
        retry_after = _whole_number(answer.headers.get("retry-after"))
        reset = _whole_number(answer.headers.get("x-ratelimit-reset"))
        if retry_after is not None:
            wanted: float = retry_after
        elif answer.headers.get("x-ratelimit-remaining") == "0" and reset is not None:
            wanted = reset - self._now().timestamp()
        elif (
            answer.status == HTTPStatus.TOO_MANY_REQUESTS or "rate limit" in answer.message.lower()
        ):
            wanted = SECONDARY_LIMIT_PAUSE_S
        else:
            return None
        return timedelta(seconds=min(max(wanted, 1), LONGEST_PAUSE_S))


@dataclass(frozen=True, slots=True)
class Installation:
    """The App as one owner has installed it, with tokens that may do what `permissions` say."""

    app: GitHubApp
    id: int
    owner: str
    permissions: Mapping[str, str]

    def send(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Ask GitHub; see `GitHubApp.send`."""
        return self.app._ask(self, verb, path, body)  # noqa: SLF001 -- two halves of one thing

    def pages(self, path: str, *, pages_max: int = PAGES_MAX) -> Iterator[Answer]:
        """Yield the pages of a list, following GitHub's links.

        Raises:
            ListTooLong: There are more than `pages_max`.
        """
        return read_pages(self.send, path, pages_max=pages_max)


@dataclass(frozen=True, slots=True)
class _Session:
    requester: Requester
    expires_at: datetime


def _whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _scope(permissions: Mapping[str, str]) -> _Scope:
    return frozenset(permissions.items())


def _suspended(owner: str) -> InstallationMissing:
    return InstallationMissing(f"{owner} has suspended the App's installation")


def path_part(name: str, field: str) -> str:
    """Let a name become part of a path only if it is one part of it."""
    if not _PATH_PART.fullmatch(name):
        raise InvalidPayload(field, "expected one of GitHub's names")
    return name
