"""A priced run as the texts that DynamoDB stores, and back.

Numbers travel as text, for a JSON number may become a float on its way through Step Functions;
the jobs are one JSON text, for they are only ever read together.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from ghkit.errors import InvalidPayload
from ghkit.jobs import parse_job
from ghkit.pricing import Anomaly, PricedJob, PricedRun
from ghkit.skus import SkuKind
from ghkit.timestamps import parse_timestamp, timestamp_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
R = TypeVar("R")


class PricedRunItem(TypedDict):
    """What one attempt cost, every number as canonical decimal text ("0.012", "0")."""

    completed_at: str
    billable_minutes: str
    self_hosted_minutes: str
    unknown_sku_minutes: str
    cost_usd: str
    billed_usd: str
    jobs: str


def decimal_text(value: Decimal) -> str:
    """Write an amount without exponent and without trailing zeros, losing no digit."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_item(run: PricedRun) -> PricedRunItem:
    """Write a priced run as texts; `from_item` reads them back unchanged."""
    jobs = [_job_to_json(job) for job in run.jobs]
    return {
        "completed_at": timestamp_text(run.completed_at),
        "billable_minutes": str(run.billable_minutes),
        "self_hosted_minutes": str(run.self_hosted_minutes),
        "unknown_sku_minutes": str(run.unknown_sku_minutes),
        "cost_usd": decimal_text(run.cost_usd),
        "billed_usd": decimal_text(run.billed_usd),
        # Compact, since 256 jobs must fit Step Functions' 256 KiB more than once; escaped to
        # ASCII, so that no name of a job can break an encoding on the way.
        "jobs": json.dumps(jobs, separators=(",", ":")),
    }


def from_item(item: Mapping[str, str]) -> PricedRun:
    """Read a priced run from what `to_item` wrote; other keys of the item are ignored.

    Raises:
        InvalidPayload: Something else wrote the item.
    """
    try:
        jobs = json.loads(item["jobs"])
        return PricedRun(
            completed_at=parse_timestamp(item["completed_at"], field="completed_at"),
            billable_minutes=int(item["billable_minutes"]),
            self_hosted_minutes=int(item["self_hosted_minutes"]),
            unknown_sku_minutes=int(item["unknown_sku_minutes"]),
            cost_usd=Decimal(item["cost_usd"]),
            billed_usd=Decimal(item["billed_usd"]),
            jobs=tuple(_job_from_json(raw, f"jobs[{index}]") for index, raw in enumerate(jobs)),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as exc:
        raise InvalidPayload("run item", f"not as it is written ({exc!r})") from exc


def _job_to_json(priced: PricedJob) -> dict[str, Any]:
    job = priced.job
    return {
        "id": job.id,
        "name": job.name,
        "conclusion": job.conclusion,
        "started_at": _maybe(timestamp_text, job.started_at),
        "completed_at": _maybe(timestamp_text, job.completed_at),
        "labels": job.labels,
        "runner_id": job.runner_id,
        "runner_name": job.runner_name,
        "runner_group_name": job.runner_group_name,
        "sku": priced.sku,
        "sku_kind": priced.sku_kind,
        "reason": priced.reason,
        "minutes": priced.minutes,
        "seconds": priced.seconds,
        "usd_per_minute": _maybe(decimal_text, priced.usd_per_minute),
        "cost_usd": _maybe(decimal_text, priced.cost_usd),
        "billed_usd": _maybe(decimal_text, priced.billed_usd),
        "price_period": _maybe(date.isoformat, priced.price_period),
        "anomaly": priced.anomaly,
    }


def _job_from_json(raw: Mapping[str, Any], field: str) -> PricedJob:
    return PricedJob(
        job=parse_job(raw, field=field),
        sku=raw["sku"],
        sku_kind=SkuKind(raw["sku_kind"]),
        reason=raw["reason"],
        seconds=raw["seconds"],
        minutes=raw["minutes"],
        usd_per_minute=_maybe(Decimal, raw["usd_per_minute"]),
        cost_usd=_maybe(Decimal, raw["cost_usd"]),
        billed_usd=_maybe(Decimal, raw["billed_usd"]),
        price_period=_maybe(date.fromisoformat, raw["price_period"]),
        anomaly=_maybe(Anomaly, raw["anomaly"]),
    )


def _maybe(convert: Callable[[T], R], value: T | None) -> R | None:
    return None if value is None else convert(value)
