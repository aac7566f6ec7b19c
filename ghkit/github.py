"""The one GitHub client: what the product asks GitHub, and what may come of it.

PyGithub signs and sends; it is told not to sleep and not to retry, for a state machine does both
better than a Lambda that waits. Paths are built from names and ids, never from a payload's URLs;
only the `Link` header of GitHub's own answer is followed, and only its path.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

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
    JobsNotSettled,
    RateLimited,
    RunTooLarge,
)
from ghkit.fetched_jobs import project_job
from ghkit.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ghkit.contracts import FetchedJob

API_VERSION: Final = "2022-11-28"
"""Sent as `X-GitHub-Api-Version`; GitHub Enterprise Server knows no other as yet."""

TIMEOUT_S: Final = 10
"""Patience with one answer; GitHub cuts its own requests off at the same age."""

PER_PAGE: Final = 100
"""GitHub's maximum."""

PAGES_MAX: Final = 50
"""Far more than any run has; stops a `Link` that leads in a circle."""

TOKEN_MARGIN: Final = timedelta(minutes=5)
"""How long before its end a token counts as used up: longer than a function may run."""

TOKEN_PERMISSIONS: Final = {"actions": "read"}
"""What a token may do, whatever more an owner has granted to the App."""

SECONDARY_LIMIT_PAUSE_S: Final = 60
"""GitHub's advice where it limits without saying until when."""

LONGEST_PAUSE_S: Final = 65 * 60
"""GitHub's windows last an hour; a header that says more is not believed."""

_NEXT_PAGE: Final = re.compile(r'<([^<>]+)>\s*;\s*rel="next"')
_PATH_PART: Final = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Answer:
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
        message = data.get("message") if isinstance(data, dict) else None
        return " ".join(str(message or "no reason given").split())[:500]


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
        auth = AppAuth(str(app_id), private_key)  # PyJWT takes no number as the issuer
        try:
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
        self._sessions: dict[int, _Session] = {}

    def find_installation(self, owner: str, repository: str) -> int:
        """Find the id of the App's installation that covers a repository.

        Raises:
            InstallationMissing: There is none, or its owner has suspended it.
        """
        path = f"/repos/{_part(owner, 'owner')}/{_part(repository, 'repository')}/installation"
        answer = self._send(self._app, "GET", path)
        if answer.status == HTTPStatus.NOT_FOUND:
            message = f"{owner} has not installed the App for {repository}"
            raise InstallationMissing(message)
        installation = self._accepted(answer, owner).data
        if installation.get("suspended_at"):
            raise _suspended(owner)
        return int(installation["id"])

    def list_jobs(
        self,
        installation_id: int | None,
        owner: str,
        repository: str,
        run_id: int,
        run_attempt: int,
    ) -> list[FetchedJob]:
        """List all jobs of one attempt of a workflow run, each completed, in GitHub's order.

        Args:
            installation_id: Where the event named one. Without it, or where it is gone (the App
                was removed and installed anew), the repository's installation is looked up.
            owner: Login of the repository's owner.
            repository: Its name without the owner.
            run_id: GitHub's id of the run.
            run_attempt: From 1.

        Raises:
            InstallationMissing: The App is not installed there, or suspended.
            JobsNotSettled: A job is not completed, or GitHub's count and list disagree.
            RunTooLarge: The list does not end.
        """
        repository_path = f"/repos/{_part(owner, 'owner')}/{_part(repository, 'repository')}"
        jobs_path = f"/actions/runs/{int(run_id)}/attempts/{int(run_attempt)}/jobs"
        page: str | None = f"{repository_path}{jobs_path}?per_page={PER_PAGE}"
        installation = self._installation(installation_id, owner, repository)
        jobs: dict[int, FetchedJob] = {}
        total_count = 0
        for _ in range(PAGES_MAX):
            if page is None:
                break
            answer = self._ask(installation, owner, page)
            total_count, raw_jobs = _jobs_of(answer)
            for raw in raw_jobs:
                job = project_job(raw, field=f"jobs[{len(jobs)}]")
                jobs[job["id"]] = job
            page = _next_page(answer)
        else:
            message = f"the run has more than {len(jobs)} jobs"
            raise RunTooLarge(message)
        if len(jobs) != total_count:
            message = f"GitHub counts {total_count} jobs and lists {len(jobs)}"
            raise JobsNotSettled(message)
        return list(jobs.values())

    def _installation(self, installation_id: int | None, owner: str, repository: str) -> int:
        """Make sure of a session with the installation, and tell its id of today."""
        if installation_id is not None:
            try:
                self._session(installation_id, owner)
            except InstallationMissing:
                installation_id = None
            else:
                return installation_id
        return self.find_installation(owner, repository)

    def _ask(self, installation_id: int, owner: str, path: str) -> _Answer:
        answer = self._send(self._session(installation_id, owner), "GET", path)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # A token may be revoked before its end; a new one tells whether it was that.
            del self._sessions[installation_id]
            answer = self._send(self._session(installation_id, owner), "GET", path)
        return self._accepted(answer, owner)

    def _session(self, installation_id: int, owner: str) -> Requester:
        session = self._sessions.get(installation_id)
        if session is None or session.expires_at - TOKEN_MARGIN <= self._now():
            session = self._sessions[installation_id] = self._log_in(installation_id, owner)
        return session.requester

    def _log_in(self, installation_id: int, owner: str) -> _Session:
        path = f"/app/installations/{installation_id}/access_tokens"
        answer = self._send(self._app, "POST", path, {"permissions": TOKEN_PERMISSIONS})
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
    ) -> _Answer:
        try:
            status, headers, text = requester.requestJson(verb, path, input=body)
        except requests.RequestException as exc:
            message = f"{verb} {path}: {type(exc).__name__}"
            raise GitHubUnavailable(message) from exc
        except RuntimeError as exc:
            # PyGithub follows a renamed repository, but to no other host.
            raise GitHubRejected(HTTPStatus.MOVED_PERMANENTLY, str(exc)) from exc
        return _Answer(status, headers, text)

    def _accepted(self, answer: _Answer, owner: str) -> _Answer:
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

    def _pause(self, answer: _Answer) -> timedelta | None:
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
class _Session:
    requester: Requester
    expires_at: datetime


def _jobs_of(answer: _Answer) -> tuple[int, list[Any]]:
    data = answer.data
    jobs = data.get("jobs") if isinstance(data, dict) else None
    if not isinstance(jobs, list) or not isinstance(data.get("total_count"), int):
        message = "the answer is no list of jobs"
        raise GitHubUnavailable(message)
    return data["total_count"], jobs


def _next_page(answer: _Answer) -> str | None:
    """Find the next page's URL; after a repository was renamed it is under its id."""
    match = _NEXT_PAGE.search(answer.headers.get("link", ""))
    return match[1] if match else None


def _whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _suspended(owner: str) -> InstallationMissing:
    return InstallationMissing(f"{owner} has suspended the App's installation")


def _part(name: str, field: str) -> str:
    """Let a name become part of a path only if it is one part of it."""
    if not _PATH_PART.fullmatch(name):
        raise InvalidPayload(field, "expected one of GitHub's names")
    return name
