"""The rollups computed from nothing but items, by other code than the product's."""

import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from costs.models import RepositoryDaySku, RepositoryMonth, RepositoryMonthSku

MINUTES = {
    "standard": "billable_minutes",
    "larger": "billable_minutes",
    "self_hosted": "self_hosted_minutes",
    "unknown": "unknown_sku_minutes",
}


def from_scratch(items):
    """Every rollup row that these items amount to, by table."""
    days = defaultdict(lambda: defaultdict(Decimal))
    months = defaultdict(lambda: defaultdict(Decimal))
    totals = defaultdict(lambda: defaultdict(Decimal))
    runs = defaultdict(set)
    for item in items:
        ended = datetime.fromisoformat(item["completed_at"])
        month = totals[item["repository_id"], ended.strftime("%Y-%m")]
        month["attempts"] += 1
        runs[item["repository_id"], ended.strftime("%Y-%m")].add(item["run_id"])
        for job in json.loads(item["jobs"]):
            kind = job["sku_kind"]
            if kind == "none":
                continue
            day = datetime.fromisoformat(job["completed_at"]).strftime("%Y-%m-%d")
            sku = "unknown" if kind == "unknown" else job["sku"]
            total = totals[item["repository_id"], day[:7]]
            for row in (
                days[item["repository_id"], day, sku, kind],
                months[item["repository_id"], day[:7], sku, kind],
                total,
            ):
                row["jobs"] += 1
                row["cost_usd"] += Decimal(job["cost_usd"] or 0)
                row["billed_usd"] += Decimal(job["billed_usd"] or 0)
                row[MINUTES[kind] if row is total else "minutes"] += job["minutes"]
    for key, run_ids in runs.items():
        totals[key]["runs"] = len(run_ids)
    return {
        RepositoryDaySku: _rows(days, RepositoryDaySku),
        RepositoryMonthSku: _rows(months, RepositoryMonthSku),
        RepositoryMonth: _rows(totals, RepositoryMonth),
    }


def in_database():
    """Every rollup row that the database holds, by table."""
    return {
        RepositoryDaySku: {
            (row.repository_id, f"{row.day}", row.sku, row.sku_kind): _sums(row)
            for row in RepositoryDaySku.objects.all()
        },
        RepositoryMonthSku: {
            (row.repository_id, f"{row.month:%Y-%m}", row.sku, row.sku_kind): _sums(row)
            for row in RepositoryMonthSku.objects.all()
        },
        RepositoryMonth: {
            (row.repository_id, f"{row.month:%Y-%m}"): _sums(row)
            for row in RepositoryMonth.objects.all()
        },
    }


def _rows(found, model):
    return {key: {name: row[name] for name in model.sum_fields} for key, row in found.items()}


def _sums(row):
    return {name: getattr(row, name) for name in row.sum_fields}
