"""What the small GitHub knows: accounts with the App, repositories, runs, tokens, deliveries.

Pure: no clock, no network, no file. Everything happens on one event loop, and no method awaits,
so that each is one step that nobody sees half done. `revision` rises with every change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.github import seeded
from sandbox.github.given import repository_named_in, without_links
from sandbox.github.moments import iso
from sandbox.github.organizations import Organization
from sandbox.github.people import People
from sandbox.orders import BadOrder, a_whole_number

HOME_LOGIN = "sandbox-org"
HOME_ID = 42
HOME_INSTALLATION_ID = 4242
HOME_SINCE = "2019-05-15T09:00:00Z"
"""Old enough for GitHub's larger quota of invitations."""

TOKEN_LIFE = timedelta(hours=1)

DELIVERIES_KEPT = timedelta(days=3)
"""How long GitHub shows and redelivers a delivery (Redelivering webhooks, read 2026-08-22)."""

FIRST_DELIVERY_ID = 180_000_000_001
"""GitHub's are far above 2^31 too, so that a client with 32-bit ids shows here."""

MOST_ATTEMPTS = 1000
"""Far above GitHub's 50 re-runs; all attempts before the latest one come into being with it."""

PERMISSIONS: Mapping[str, str] = {"actions": "read", "members": "write", "metadata": "read"}
"""What the App was granted wherever it is installed."""


@dataclass
class Account:
    """An organisation or user on which the App is installed, or was.

    Attributes:
        suspended_at: Since when its owner keeps the App from doing anything; empty while it may.
    """

    login: str
    id: int
    type: str
    installation_id: int
    created_at: str
    is_installed: bool = True
    suspended_at: str = ""


@dataclass
class Repository:
    """A repository; `given` holds the fields that somebody stated."""

    owner: str
    name: str
    id: int
    created_at: str
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def private(self) -> bool:
        """Private unless somebody said otherwise, by either of GitHub's two fields."""
        visibility = self.given.get("visibility", "private")
        return bool(self.given.get("private", visibility != "public"))


@dataclass
class Attempt:
    """One attempt of a run, as given; `run` is None where only its jobs were."""

    run: dict[str, Any] | None = None
    jobs: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Run:
    """A workflow run with its attempts by number."""

    id: int
    repository: str
    registered_at: str
    attempts: dict[int, Attempt]

    @property
    def latest_attempt(self) -> int:
        return max(self.attempts)

    @property
    def shown_attempt(self) -> int:
        """The attempt that the run itself shows: the latest that was described, as given."""
        return max(number for number, attempt in self.attempts.items() if attempt.run is not None)

    def described(self, attempt: int) -> dict[str, Any]:
        """What was given of the run at this attempt.

        An attempt of which only jobs were given has what all attempts share.
        """
        given = self.attempts[attempt].run
        if given is not None:
            return given
        shown = self.attempts[self.shown_attempt].run or {}
        return {name: value for name, value in shown.items() if name not in PER_ATTEMPT}


PER_ATTEMPT = (
    "run_attempt",
    "run_started_at",
    "updated_at",
    "status",
    "conclusion",
    "triggering_actor",
    "previous_attempt_url",
)
"""Fields of a run that another attempt does not share."""


@dataclass
class Token:
    """An installation's access token and what it may."""

    installation_id: int
    expires_at: str
    permissions: dict[str, str]
    repository_ids: list[int] | None
    """The repositories it was narrowed to; None is all of the installation's."""


@dataclass
class Delivery:
    """One attempt at sending a webhook."""

    id: int
    guid: str
    event: str
    payload: dict[str, Any]
    delivered_at: str
    redelivery: bool
    duration: float
    status: str
    status_code: int
    url: str
    request_headers: dict[str, str]
    response_headers: dict[str, str] | None = None
    response_payload: str | None = None


class GitHub:
    """All of the state, and the only ways to change it."""

    def __init__(self) -> None:
        self.revision = 0
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[str, Repository] = {}
        self.runs: dict[int, Run] = {}
        self.tokens: dict[str, Token] = {}
        self.deliveries: dict[int, Delivery] = {}
        self.next_delivery_id = FIRST_DELIVERY_ID
        self.people = People()
        self.settle_home()

    # Accounts and repositories

    def settle_home(self) -> None:
        """Make sure of the sandbox's own organisation, where the App always is."""
        if HOME_LOGIN not in self.accounts:
            self.accounts[HOME_LOGIN] = Account(
                HOME_LOGIN, HOME_ID, "Organization", HOME_INSTALLATION_ID, HOME_SINCE
            )

    @property
    def home(self) -> Account:
        """The sandbox's own organisation, also after it was renamed."""
        return next(account for account in self.accounts.values() if account.id == HOME_ID)

    def find_account(self, login: str) -> Account | None:
        return self.accounts.get(login.lower())

    def find_installation(self, installation_id: int) -> Account | None:
        for account in self.accounts.values():
            if account.installation_id == installation_id:
                return account
        return None

    def find_repository(self, owner: str, name: str) -> Repository | None:
        return self.repositories.get(f"{owner}/{name}".lower())

    def repositories_of(self, account: Account) -> list[Repository]:
        return [
            repository
            for repository in self.repositories.values()
            if repository.owner.lower() == account.login.lower()
        ]

    def organization_of(self, account: Account) -> Organization:
        """Who is in an organisation, and its teams."""
        return self.people.organization(account.id, created_at=account.created_at)

    def name_account(self, login: str, given: Mapping[str, Any], *, now: datetime) -> Account:
        """The account of this login; one that was never named comes into being with the App.

        Args:
            login: The account's login.
            given: May hold its `id` and `type`.
            now: The moment.
        """
        account = self.find_account(login)
        if account is None:
            account = Account(
                login=login,
                id=given.get("id", seeded.number(f"account {login.lower()}", digits=8)),
                type=given.get("type", "Organization"),
                installation_id=seeded.number(f"installation {login.lower()}", digits=8),
                created_at=iso(now),
            )
            self.accounts[login.lower()] = account
            self.revision += 1
        return account

    def rename_account(self, account_id: int | None, login: str) -> None:
        """Give an account another login; its repositories and runs go with it."""
        known = next((one for one in self.accounts.values() if one.id == account_id), None)
        if known is None or known.login == login:
            return
        before = known.login
        del self.accounts[before.lower()]
        self.accounts[login.lower()] = known
        for repository in self.repositories_of(known):
            del self.repositories[repository.full_name.lower()]
            self._move_runs(repository.full_name, f"{login}/{repository.name}")
            repository.owner = login
            self.repositories[repository.full_name.lower()] = repository
        known.login = login
        self.revision += 1

    def _move_runs(self, before: str, after: str) -> None:
        for run in self.runs.values():
            if run.repository == before:
                run.repository = after

    def _name_repository(self, given_run: Mapping[str, Any], now: datetime) -> Repository:
        owner, name, given = repository_named_in(given_run)
        account = self.name_account(owner, given.get("owner") or {}, now=now)
        repository = self.find_repository(owner, name)
        if repository is None:
            seed = f"repository {owner}/{name}".lower()
            repository = Repository(
                owner=account.login,
                name=name,
                id=given.get("id", seeded.number(seed, digits=9)),
                created_at=iso(now),
            )
            self.repositories[f"{owner}/{name}".lower()] = repository
        repository.given.update(without_links(given))
        repository.id = repository.given.get("id", repository.id)
        return repository

    # Runs

    def put_run(
        self,
        *,
        run: dict[str, Any],
        attempts: Mapping[int, list[dict[str, Any]]],
        now: datetime,
    ) -> Run:
        """Register a run and the jobs of its attempts, exactly as given.

        A second call for the same run replaces the attempts that it names and leaves the others,
        so that a re-run is told by its new attempt alone.

        Raises:
            BadOrder: The run has no id, or does not say whose repository it is in.
        """
        run_id = a_whole_number(run.get("id"), "run.id", at_least=1)
        known = self.runs.get(run_id)
        described = run.get("run_attempt")
        if described is None:
            described = max(attempts, default=known.latest_attempt if known else 1)
        a_whole_number(described, "run.run_attempt", at_least=1)
        if max([described, *attempts]) > MOST_ATTEMPTS:
            raise BadOrder(f"attempts: a run has {MOST_ATTEMPTS} at most")
        repository = self._name_repository(run, now)
        if known is None or known.repository != repository.full_name:
            known = Run(run_id, repository.full_name, iso(now), {})
            self.runs[run_id] = known
        for number in range(1, max([described, *attempts]) + 1):
            known.attempts.setdefault(number, Attempt())
        known.attempts[described].run = run
        for number, jobs in attempts.items():
            known.attempts[number].jobs = jobs
        self.revision += 1
        return known

    def follow(self, payload: Mapping[str, Any], *, now: datetime) -> None:
        """Move a registered run to the repository that its webhook names.

        GitHub's own `workflow_run.completed` of run 1589141559 names one repository in the run and
        another around it. Whoever registers that run and sends that body means the second.
        """
        told, given = payload.get("workflow_run"), payload.get("repository")
        run_id = told.get("id") if isinstance(told, dict) else None
        run = self.runs.get(run_id) if isinstance(run_id, int) else None
        if run is None or not isinstance(given, dict) or "full_name" not in given:
            return
        if given["full_name"] != run.repository:
            run.repository = self._name_repository({"repository": given}, now).full_name
            self.revision += 1

    def find_run(self, repository: Repository, run_id: int) -> Run | None:
        run = self.runs.get(run_id)
        return run if run and run.repository == repository.full_name else None

    def runs_of(self, repository: Repository) -> list[Run]:
        """The repository's runs, newest id first, as GitHub lists them."""
        found = [run for run in self.runs.values() if run.repository == repository.full_name]
        return sorted(found, key=lambda run: run.id, reverse=True)

    # Tokens

    def keep_token(self, text: str, token: Token, *, now: datetime) -> None:
        """Remember a token, and forget those that have expired."""
        for known in [k for k, t in self.tokens.items() if t.expires_at <= iso(now)]:
            del self.tokens[known]
        self.tokens[text] = token
        self.revision += 1

    def find_token(self, text: str, *, now: datetime) -> Token | None:
        """The token, unless it is unknown, expired, or its installation is gone."""
        token = self.tokens.get(text)
        if token is None or token.expires_at <= iso(now):
            return None
        return token if self.find_installation(token.installation_id) else None

    # Deliveries

    def take_delivery_id(self) -> int:
        self.next_delivery_id += 1
        return self.next_delivery_id - 1

    def keep_delivery(self, delivery: Delivery, *, now: datetime) -> None:
        """Remember a delivery, and forget those that GitHub would no longer show."""
        oldest = iso(now - DELIVERIES_KEPT)
        self.deliveries[delivery.id] = delivery
        while (earliest := next(iter(self.deliveries.values()))).delivered_at < oldest:
            del self.deliveries[earliest.id]
        self.revision += 1

    def reset(self) -> None:
        """Forget everything but tokens, which stay good until they expire, as at GitHub.

        A Lambda that is still warm holds one. Ids come from names, so it fits again as soon as
        its owner is named again. Delivery ids go on rising: no two deliveries ever share one.
        """
        self.accounts.clear()
        self.repositories.clear()
        self.runs.clear()
        self.deliveries.clear()
        self.people.clear()
        self.settle_home()
        self.revision += 1
