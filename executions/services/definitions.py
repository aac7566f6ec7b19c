"""Which definition an execution ran. AWS tells it of one execution a second, so it is asked seldom.

A machine's revisions follow each other and never come back. So what ran at two moments ran between
them: each answer covers a stretch of time, and most executions start in one that is covered already.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from core.aws import stepfunctions
from core.aws.errors import AwsError
from executions.models import Definition
from executions.packing import pack_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from executions.models import Execution

log = structlog.get_logger(__name__)

# AWS: executions that start just after an update may still run what was there before; and our clock
# need not be AWS's.
_SETTLED = timedelta(minutes=1)


def find_definition(
    execution: Execution, *, state_machine_arn: str, now: datetime
) -> Definition | None:
    """Return what an execution runs, asking AWS where it is not known; None where AWS gives nothing.

    Network; call it outside of transactions.
    """
    started_at = execution.started_at
    known = Definition.objects.filter(state_machine_arn=state_machine_arn)
    covering = known.filter(earliest_start_at__lte=started_at, latest_start_at__gte=started_at)
    found = covering.order_by("-earliest_start_at", "-pk").first()
    if found is not None:
        return found
    try:
        return _still_current(known, state_machine_arn, started_at, now=now) or _as_executed(
            execution, known, state_machine_arn
        )
    except AwsError as exc:
        # The steps can be read without their graph.
        log.warning("executions.definition_missed", execution_id=execution.pk, reason=str(exc))
        return None


def _still_current(
    known: QuerySet[Definition], state_machine_arn: str, started_at: datetime, *, now: datetime
) -> Definition | None:
    """Cover everything up to now by the latest known definition, if it is the machine's still."""
    if not known.filter(latest_start_at__lt=started_at).exists():
        return None
    current = stepfunctions.describe_state_machine(state_machine_arn)
    found = (
        known.filter(**_identity(current), earliest_start_at__lte=started_at)
        .order_by("pk")
        .first()
    )
    if found is not None:
        _cover(found, max(started_at, now - _SETTLED))
    return found


def _as_executed(
    execution: Execution, known: QuerySet[Definition], state_machine_arn: str
) -> Definition:
    told = stepfunctions.describe_state_machine_for_execution(execution.arn)
    started_at = execution.started_at
    # In force since the update, as far as no other definition is known to have been.
    begins = [datetime.fromisoformat(told["updateDate"]) + _SETTLED]
    earlier = known.exclude(**_identity(told)).filter(latest_start_at__lt=started_at)
    begins += earlier.order_by("-latest_start_at").values_list("latest_start_at", flat=True)[:1]
    new = Definition(
        state_machine_arn=state_machine_arn,
        **_identity(told),
        earliest_start_at=min(started_at, max(begins)),
        latest_start_at=started_at,
        packed_body=pack_text(told["definition"]),
    )
    Definition.objects.bulk_create([new], ignore_conflicts=True)
    found = known.get(**_identity(told))
    _cover(found, new.earliest_start_at)
    _cover(found, started_at)
    return found


def _identity(answer: Mapping[str, Any]) -> dict[str, str]:
    return {
        "revision": answer.get("revisionId") or "",
        "digest": hashlib.sha256(answer["definition"].encode()).hexdigest(),
    }


@transaction.atomic
def _cover(definition: Definition, moment: datetime) -> None:
    """Stretch the time of a definition; two workers at once leave the longer one."""
    itself = Definition.objects.filter(pk=definition.pk)
    itself.filter(earliest_start_at__gt=moment).update(earliest_start_at=moment)
    itself.filter(latest_start_at__lt=moment).update(latest_start_at=moment)
