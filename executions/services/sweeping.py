"""Finding what events missed: they are best effort, and a crashed engine sends none.

A deliberate exception to "no polling" (docs/adr/0007-mirror.md). One sweep asks ListExecutions for
each machine's open executions and for its latest ones, and compares; what differs is asked about by
DescribeExecution, one by one, in the worker.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from core import work
from core.aws import stack, stepfunctions
from core.aws.errors import AwsRejected, StateMachineDoesNotExist
from executions.enums import OPEN_STATUSES, ExecutionStatus
from executions.models import FORGOTTEN, Execution, SweepReport
from executions.packing import chunks
from executions.services.intake import note_progress, our_machines
from executions.services.rows import ask_aws, new_row
from executions.status_events import is_same_finish

if TYPE_CHECKING:
    from collections.abc import Iterable

log = structlog.get_logger(__name__)

# ListExecutions is eventually consistent: what moved just now may be missing from it.
SETTLED_AFTER = timedelta(seconds=30)
# 20,000 open executions; beyond, those not listed are asked about once in a while instead.
_OPEN_PAGES = 20
_ASK_AGAIN_AFTER = timedelta(minutes=15)
_ROWS_AT_ONCE = 100
REPORTS_KEPT = timedelta(days=30)


@dataclass(slots=True)
class Sweep:
    """What a sweep found.

    Attributes:
        listed: Executions that AWS listed.
        missing: Those that the mirror had not heard of.
        different: Those that stand otherwise at AWS.
        silent: Open ones of the mirror that AWS no longer lists as open.
        problems: Why a machine could not be swept, by our name of it.
    """

    listed: int = 0
    missing: int = 0
    different: int = 0
    silent: int = 0
    problems: dict[str, str] = field(default_factory=dict)


def sweep(*, now: datetime) -> Sweep:
    """Compare the mirror with AWS's lists, have all that differs asked about, and keep a report.

    A machine that AWS refuses to list (deleted, say) is reported and does not hold up the others.

    Raises:
        AwsUnavailable: AWS did not answer; what was found by then is marked.
    """
    found = Sweep()
    for arn, name in our_machines().items():
        try:
            _sweep_machine(arn, name, found=found, now=now)
        except AwsRejected as exc:
            found.problems[name] = str(exc)
            if isinstance(exc, StateMachineDoesNotExist):
                stack.forget()  # deployed anew, it may have another ARN
    if not found.problems:
        note_progress(swept_at=now)
    _report(found, now=now)
    log.info("executions.swept", **asdict(found))
    return found


def _sweep_machine(arn: str, name: str, *, found: Sweep, now: datetime) -> None:
    open_pages = stepfunctions.list_executions(arn, status=ExecutionStatus.RUNNING)
    listed_open = [one for page in islice(open_pages, _OPEN_PAGES) for one in page]
    all_open_listed = len(listed_open) < _OPEN_PAGES * stepfunctions.PAGE_SIZE
    latest = next(stepfunctions.list_executions(arn))
    listed_arns = {one["executionArn"] for one in listed_open}
    closed = [one for one in latest if one["executionArn"] not in listed_arns]
    compare([*listed_open, *closed], state_machine=name, found=found, now=now)
    _ask_about_silent(name, listed_arns, all_listed=all_open_listed, found=found, now=now)


@transaction.atomic
def _report(found: Sweep, *, now: datetime) -> None:
    SweepReport.objects.filter(swept_at__lt=now - REPORTS_KEPT).delete()
    SweepReport.objects.create(swept_at=now, **asdict(found))


def compare(
    listed: Iterable[dict[str, Any]], *, state_machine: str, found: Sweep, now: datetime
) -> None:
    """Have asked about what AWS lists and the mirror lacks or shows otherwise.

    Args:
        listed: Of ListExecutions.
        state_machine: Our name of the machine.
        found: Is added to.
        now: Marks what changes.
    """
    for part in chunks(listed, _ROWS_AT_ONCE):
        _compare(part, state_machine=state_machine, found=found, now=now)


@transaction.atomic
def _compare(
    listed: Iterable[dict[str, Any]], *, state_machine: str, found: Sweep, now: datetime
) -> None:
    by_arn = {one["executionArn"]: one for one in listed}
    rows = Execution.objects.filter(arn__in=by_arn).defer("packed_input", "packed_output")
    known = {row.arn: row for row in rows}
    found.listed += len(by_arn)
    missing = [arn for arn in by_arn if arn not in known]
    Execution.objects.bulk_create(
        [
            new_row(
                arn=arn,
                name=by_arn[arn]["name"],
                state_machine=state_machine,
                started_at=datetime.fromisoformat(by_arn[arn]["startDate"]),
                input_json=None,  # lists do not tell it
                now=now,
            )
            for arn in sorted(missing)
        ],
        ignore_conflicts=True,
    )
    different = [row.pk for arn, row in known.items() if _differs(row, by_arn[arn], now=now)]
    new = Execution.objects.filter(arn__in=missing).values_list("pk", flat=True)
    ask_aws([*new, *different], now=now)
    found.missing += len(missing)
    found.different += len(different)


def _differs(row: Execution, listed: dict[str, Any], *, now: datetime) -> bool:
    if row.is_being_read:
        return False
    if now - row.updated_at < SETTLED_AFTER:
        return False
    if row.status != listed["status"] or row.redrive_count < (listed.get("redriveCount") or 0):
        return True
    stop = listed.get("stopDate")
    return stop is not None and not is_same_finish(row.stopped_at, datetime.fromisoformat(stop))


def _ask_about_silent(
    state_machine: str,
    listed_arns: set[str],
    *,
    all_listed: bool,
    found: Sweep,
    now: datetime,
) -> None:
    """Ask about open rows that AWS does not list as open: their end was missed."""
    candidates = Execution.objects.filter(
        state_machine=state_machine,
        status__in=OPEN_STATUSES,
        work_state__in=(work.WorkState.DONE, work.WorkState.DEAD),
        updated_at__lt=now - SETTLED_AFTER,
    ).exclude(work_state=work.WorkState.DEAD, last_error=FORGOTTEN)
    if not all_listed:
        candidates = candidates.exclude(described_at__gte=now - _ASK_AGAIN_AFTER)
    silent = [
        pk
        for pk, arn in candidates.order_by("pk").values_list("pk", "arn").iterator()
        if arn not in listed_arns
    ]
    for part in chunks(silent, _ROWS_AT_ONCE):
        with transaction.atomic():
            ask_aws(part, now=now)
    found.silent += len(silent)
