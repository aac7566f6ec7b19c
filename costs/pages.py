"""Each page's content, put together from selectors and figures; the templates only print it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse

from costs import presenting, run_pages, selectors
from costs.enums import Measure
from costs.periods import month_of, shift_month

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from costs.models import Repository, Run
    from costs.presenting import (
        AttemptLine,
        Cell,
        Choice,
        JobRow,
        MonthChoice,
        Others,
        RunLine,
        TableRow,
    )
    from costs.selectors import Backlog, Totals

REPOSITORIES_A_PAGE: Final = 50
REPOSITORIES_IN_CHART: Final = 20
_TALL: Final = 8


@dataclass(frozen=True, slots=True)
class MonthPage:
    """What the pages of months share.

    Attributes:
        places: Digits of this page's money.
        latest_url: The latest month of which anything is known; empty if there is none.
    """

    picker: MonthChoice
    measure: str
    measure_label: str
    measures: list[Choice]
    totals: Totals
    places: int
    columns: list[Cell]
    months_figure: dict[str, Any] | None
    backlog: Backlog
    latest_url: str


@dataclass(frozen=True, slots=True)
class TablePage:
    """A page of the table of repositories."""

    rows: list[TableRow]
    shown: str
    previous_url: str
    next_url: str


@dataclass(frozen=True, slots=True)
class Overview:
    """All repositories in one month.

    Attributes:
        is_tall: Whether the chart leaves room beside it, rather than below.
    """

    month: MonthPage
    figure: dict[str, Any] | None
    others: Others | None
    is_tall: bool
    table: TablePage
    search: str


@dataclass(frozen=True, slots=True)
class RepositoryPage:
    """One repository in one month, and the runs behind its bars."""

    month: MonthPage
    repository: Repository
    overview_url: str
    days_figure: dict[str, Any] | None
    skus: list[Choice]
    sku: str
    day: date | None
    clear_day_url: str
    runs: list[RunLine]
    newer_url: str
    older_url: str


@dataclass(frozen=True, slots=True)
class RunDetail:
    """All attempts of one run, and the jobs of one of them."""

    attempts: list[AttemptLine]
    shown: Run
    shown_minutes: int
    jobs: list[JobRow]
    totals: Totals
    overview_url: str
    repository_url: str
    execution_url: str


def overview(
    *, this_month: date, month: date | None = None, measure: str = "", q: str = "", page: int = 1
) -> Overview:
    """Show a month of all repositories.

    Args:
        this_month: The present one.
        month: The wanted one; without it, the latest of which anything is known.
        measure: Of `Measure`; what the charts and the order of the repositories are by.
        q: Part of a repository's name, for the table alone.
        page: Of the table, from 1; beyond the end it is the last one.
    """
    url = reverse("costs:overview")
    shared = _month_page(url, None, this_month=this_month, month=month, measure=measure)
    shown = shared.picker.month
    largest = selectors.repositories_of(shown, measure=shared.measure, count=REPOSITORIES_IN_CHART)
    others = presenting.others_of(
        largest,
        count=shared.totals.repositories,
        whole=[cell.sum for cell in shared.columns if cell.sum],
        measure=shared.measure,
    )
    return Overview(
        month=shared,
        figure=presenting.repositories_figure(
            largest, others, month=shown, measure=shared.measure
        ),
        others=others,
        is_tall=len(largest) > _TALL,
        table=_table(url, shared, search=q, number=page),
        search=q,
    )


def repository(
    full_name: str,
    *,
    this_month: date,
    month: date | None = None,
    measure: str = "",
    sku: str = "",
    day: date | None = None,
    cursor: str = "",
) -> RepositoryPage:
    """Show a month of one repository, with the runs of the month, or of one of its days or SKUs.

    Args:
        full_name: `owner/name`, in any case.
        this_month: The present one.
        month: The wanted one; without it that of `day`, or the latest known.
        measure: Of `Measure`.
        sku: Narrows the runs down to those that used it.
        day: Narrows the runs down to those with jobs that ended on it.
        cursor: Of the list of runs.

    Raises:
        NotFound: No run of a repository of that name was ever seen.
    """
    repositories = selectors.get_repositories(full_name)
    ids = [one.pk for one in repositories]
    newest = repositories[-1]
    url = presenting.repository_url(newest.full_name)
    shared = _month_page(
        url,
        ids,
        this_month=this_month,
        month=month_of(day) if day else month,
        measure=measure,
    )
    shown = shared.picker.month
    starts_on = day or shown
    ends_on = day + timedelta(days=1) if day else shift_month(shown, 1)
    listed = selectors.runs_behind(ids, starts_on=starts_on, ends_on=ends_on, sku=sku)
    found = run_pages.page_of(listed, starts_on=starts_on, ends_on=ends_on, sku=sku, cursor=cursor)
    narrowed = {"sku": sku, "day": day.isoformat() if day else ""}

    def url_at(cursor: str) -> str:
        return (
            presenting.page_url(url, shown, shared.measure, **narrowed, cursor=cursor)
            if cursor
            else ""
        )

    return RepositoryPage(
        month=shared,
        repository=newest,
        overview_url=presenting.page_url(reverse("costs:overview"), shown, shared.measure),
        days_figure=presenting.days_figure(
            selectors.skus_by_day(shown, ids), shown, url, shared.measure
        ),
        skus=presenting.sku_choices(
            url, shown, shared.columns, shared.measure, sku=sku, day=narrowed["day"]
        ),
        sku=sku,
        day=day,
        clear_day_url=presenting.page_url(url, shown, shared.measure, sku=sku),
        runs=[presenting.run_line(row) for row in found.rows],
        newer_url=url_at(found.newer),
        older_url=url_at(found.older),
    )


def run(run_id: int, *, attempt: int | None = None) -> RunDetail:
    """Show a run and the jobs of one attempt, the latest unless another is asked for.

    Raises:
        NotFound: The run, or this attempt of it, was never seen.
    """
    attempts = selectors.attempts_of(run_id)
    shown = selectors.get_attempt(run_id, attempt or attempts[0].run_attempt)
    month = month_of(shown.completed_at)
    return RunDetail(
        attempts=[presenting.attempt_line(one, shown) for one in attempts],
        shown=shown,
        shown_minutes=presenting.minutes_of(shown),
        jobs=[presenting.job_row(raw) for raw in shown.jobs],
        totals=selectors.totals_of_attempts(attempts),
        overview_url=presenting.page_url(reverse("costs:overview"), month),
        repository_url=presenting.page_url(
            presenting.repository_url(shown.repository.full_name), month
        ),
        execution_url=presenting.execution_url(shown.execution_arn),
    )


def _month_page(
    url: str,
    repositories: Collection[int] | None,
    *,
    this_month: date,
    month: date | None,
    measure: str,
) -> MonthPage:
    measure = measure or Measure.LIST
    known = selectors.month_range(repositories)
    shown = month or (known[1] if known else this_month)
    totals = selectors.totals_of(shown, repositories)
    return MonthPage(
        picker=presenting.month_choice(
            shown, known, this_month=this_month, url=url, measure=measure
        ),
        measure=measure,
        measure_label=Measure(measure).label,
        measures=presenting.measure_choices(url, shown, measure),
        totals=totals,
        places=presenting.places_for(totals),
        columns=presenting.columns(selectors.skus_of(shown, repositories)),
        months_figure=presenting.months_figure(
            selectors.skus_by_month(shown, repositories), url, measure
        ),
        backlog=selectors.backlog(),
        latest_url=presenting.page_url(url, known[1], measure) if known else "",
    )


def _table(url: str, shared: MonthPage, *, search: str, number: int) -> TablePage:
    month = shared.picker.month
    count = (
        selectors.count_repositories(month, search=search)
        if search
        else shared.totals.repositories
    )
    # The last page where fewer are left than asked for.
    number = min(number, max(1, -(-count // REPOSITORIES_A_PAGE)))
    start = (number - 1) * REPOSITORIES_A_PAGE
    rows = selectors.repositories_of(
        month, measure=shared.measure, search=search, start=start, count=REPOSITORIES_A_PAGE
    )

    def url_of(page: int) -> str:
        return presenting.page_url(url, month, shared.measure, q=search, page=f"{page}")

    return TablePage(
        rows=presenting.table_rows(rows, shared.columns, month),
        shown=f"{start + 1:,}\N{EN DASH}{start + len(rows):,} of {count:,}" if rows else "",
        previous_url=url_of(number - 1) if number > 1 else "",
        next_url=url_of(number + 1) if start + len(rows) < count else "",
    )
