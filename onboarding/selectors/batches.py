"""Reading onboardings by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db.models import Count, QuerySet, TextField
from django.db.models.functions import Cast

from core.errors import NotFound
from onboarding import pacing
from onboarding.enums import OPEN_ROWS, CheckCode, RowState
from onboarding.models.batches import Batch, Part, Quota, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID


# No second look changes these: the list itself must be put right.
_ON_PAPER: Final = frozenset(
    {
        CheckCode.CELL,
        CheckCode.NO_LOGIN,
        CheckCode.LOGIN_MALFORMED,
        CheckCode.DUPLICATE,
        CheckCode.EMAIL_MALFORMED,
    }
)


@dataclass(frozen=True, slots=True)
class Counts:
    """People of a batch by state."""

    by_state: dict[str, int]

    @property
    def total(self) -> int:
        """Everybody."""
        return sum(self.by_state.values())

    @property
    def succeeded(self) -> int:
        """Who is onboarded, by this batch or before it."""
        return self._sum((RowState.SUCCEEDED, RowState.SKIPPED))

    @property
    def failed(self) -> int:
        """Who is not, and will not be unless somebody does something."""
        return self._sum((RowState.FAILED, RowState.CANCELLED))

    @property
    def running(self) -> int:
        """Who is being checked, waits, or is with AWS."""
        return self._sum(OPEN_ROWS)

    def of(self, state: str) -> int:
        """How many are in this state."""
        return self.by_state.get(state, 0)

    def _sum(self, states: Iterable[str]) -> int:
        return sum(self.of(state) for state in states)


def batches(*, state: str = "") -> QuerySet[Batch]:
    """Return all batches, or those in this state; keyset pages order them, the latest first."""
    return Batch.objects.filter(state=state) if state else Batch.objects.all()


def get_batch(public_id: UUID) -> Batch:
    """Return a batch.

    Raises:
        NotFound: There is none of that id.
    """
    found = Batch.objects.filter(public_id=public_id).first()
    if found is None:
        message = f"There is no onboarding {public_id}."
        raise NotFound(message)
    return found


def counts(batch: Batch) -> Counts:
    """Count a batch's people by state."""
    return counts_of([batch])[batch.pk]


def counts_of(batches: Iterable[Batch]) -> dict[int, Counts]:
    """Count the people of several batches by state, in one query."""
    found: dict[int, dict[str, int]] = {batch.pk: {} for batch in batches}
    rows = Row.objects.filter(batch_id__in=found).values("batch_id", "state").order_by()
    for line in rows.annotate(people=Count("pk")):
        found[line["batch_id"]][line["state"]] = line["people"]
    return {pk: Counts(by_state) for pk, by_state in found.items()}


def rows(
    batch: Batch,
    *,
    state: str = "",
    check: str = "",
    after: int = 0,
    goes_later: Mapping[int, datetime] | None = None,
) -> QuerySet[Row]:
    """Return a batch's people in order of their rows.

    Args:
        batch: Whose people.
        state: Only those in this state.
        check: Only those about whom the preflight found this.
        after: Only those beyond this row.
        goes_later: When those go who wait; whoever goes after the first day is over its quota.
    """
    found = batch.rows.order_by("number", "pk")
    if state:
        found = found.filter(state=state)
    if after:
        found = found.filter(number__gt=after)
    if check == CheckCode.OVER_QUOTA:
        days = goes_later or {}
        first = min(days.values()).date() if days else None
        found = found.filter(number__in=[row for row, at in days.items() if at.date() != first])
    elif check:
        # JSON as text: codes are words of ours, quoted on both databases.
        found = found.annotate(found=Cast("checks", TextField())).filter(
            found__contains=f'"{check}"'
        )
    return found


def may_change(row: Row) -> bool:
    """Whether another try could help somebody who failed: not where the list itself is wrong."""
    return not any(one["blocks"] and one["code"] in _ON_PAPER for one in row.checks)


def has_retryable(batch: Batch) -> bool:
    """Whether somebody failed whom another try could help."""
    failed = batch.rows.filter(state=RowState.FAILED).only("checks").order_by("number")
    return any(may_change(row) for row in failed.iterator())


def waiting_rows(batch: Batch) -> list[Row]:
    """Return who waits for release, in order, with what each of them takes."""
    found = batch.rows.filter(state=RowState.WAITING).order_by("number")
    return list(found.only("pk", "number", "writes", "invitations", "batch_id", "execution_arn"))


def cost_of(row: Row) -> pacing.Cost:
    """Return what a person takes of GitHub."""
    return pacing.Cost(writes=row.writes, invitations=row.invitations)


def is_limited(organization: str) -> bool | None:
    """Tell whether GitHub said that it limits; None before it was asked."""
    found = Quota.objects.filter(organization_key=organization.lower()).first()
    return found.is_limited if found else None


def quotas(*, is_limited: bool | None) -> pacing.Quotas:
    """Return the quotas of an organisation; before GitHub was asked, those that it documents."""
    if is_limited is False:
        return pacing.UNLIMITED
    return pacing.Quotas(invitations_per_day=settings.GITHUB_INVITATIONS_PER_DAY)


def spent(organization: str, *, now: datetime) -> list[pacing.Spent]:
    """Return what was released for an organisation within the longest window."""
    recent = Part.objects.filter(
        organization_key=organization.lower(), released_at__gt=now - pacing.DAY
    ).order_by("released_at", "pk")
    return [
        pacing.Spent(
            at=part.released_at,
            writes=part.writes,
            invitations=part.invitations,
            points=part.points,
        )
        for part in recent
    ]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes when, if the release goes on now.

    Attributes:
        is_limited: Whether GitHub limits; None before it was asked, and then it is supposed to.
        goes_at: When each person goes, by the row's number.
    """

    releases: list[pacing.Release]
    is_limited: bool | None
    goes_at: dict[int, datetime]


def plan_of(batch: Batch, *, now: datetime) -> Plan:
    """Plan the release of whoever waits, by the same arithmetic that releases them."""
    waiting = waiting_rows(batch)
    limited = is_limited(batch.organization)
    releases = pacing.plan(
        [cost_of(row) for row in waiting],
        spent=spent(batch.organization, now=now),
        now=now,
        quotas=quotas(is_limited=limited),
    )
    goes_at = {waiting[place].number: one.at for one in releases for place in one.people}
    return Plan(releases=releases, is_limited=limited, goes_at=goes_at)


def checks_of(batch: Batch) -> Iterable[tuple[str, bool, str]]:
    """Yield all that the preflight found of all people: code, whether it blocks, the row's state."""
    found = batch.rows.exclude(checks=[]).order_by("number").values_list("checks", "state")
    for checks, state in found.iterator():
        for one in checks:
            yield one["code"], one["blocks"], state
