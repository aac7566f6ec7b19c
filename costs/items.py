"""A DynamoDB item of RunsTable as a row of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from costs.enums import Visibility
from costs.fields import AmountNotStorable, to_nano_usd
from costs.models import Run
from costs.periods import utc_day
from costs.shares import RunContradictsItself, shares_of
from ghkit.errors import InvalidPayload
from ghkit.run_items import from_item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from costs.shares import Share


class UnreadableItem(ValueError):
    """The item is not what PriceRun and StoreRun write; its text says where."""


def read_item(item: Mapping[str, Any], *, imported_at: datetime) -> Run:
    """Make an unsaved `Run` of an item.

    Args:
        item: Plain Python, numbers as Decimal or text, as `core.aws.dynamodb` gives it.
        imported_at: When it was read.

    Raises:
        UnreadableItem: It lacks something, contradicts itself, or has digits that we cannot keep.
    """
    try:
        priced = from_item(item)
        shares = shares_of(priced)
        for amount in (priced.cost_usd, priced.billed_usd):
            to_nano_usd(amount)
        return Run(
            run_id=int(item["run_id"]),
            run_attempt=int(item["run_attempt"]),
            repository_id=int(item["repository_id"]),
            full_name=item["repository"],
            organization=item.get("organization") or "",
            visibility=Visibility(item["visibility"]),
            workflow=item["workflow"],
            workflow_path=item.get("workflow_path") or "",
            run_number=int(item["run_number"]),
            event=item["event"],
            conclusion=item.get("conclusion") or "",
            head_branch=item.get("head_branch") or "",
            actor=item.get("actor") or "",
            completed_at=priced.completed_at,
            billable_minutes=priced.billable_minutes,
            self_hosted_minutes=priced.self_hosted_minutes,
            unknown_sku_minutes=priced.unknown_sku_minutes,
            cost_usd=priced.cost_usd,
            billed_usd=priced.billed_usd,
            delivery=UUID(item["delivery"]) if item.get("delivery") else None,
            execution_arn=item.get("execution_arn") or "",
            imported_at=imported_at,
            shares=[share.to_json() for share in shares],
            earliest_day=_earliest_day(shares, priced.completed_at),
            skus="".join(f",{sku}" for sku in sorted({share.sku for share in shares})) + ",",
            job_count=len(priced.jobs),
            jobs=json.loads(item["jobs"]),
        )
    except KeyError as exc:
        message = f"{exc.args[0]}: missing"
        raise UnreadableItem(message) from exc
    except (InvalidPayload, RunContradictsItself, AmountNotStorable, ValueError, TypeError) as exc:
        raise UnreadableItem(str(exc)) from exc


def _earliest_day(shares: Sequence[Share], completed_at: datetime) -> date:
    return min((share.day for share in shares), default=utc_day(completed_at))
