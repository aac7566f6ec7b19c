"""Prometheus metrics, counted from the database at each look: right for any number of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from core import work
from executions.models import Execution
from executions.selectors import mirror_lag_s
from webhooks.selectors import count_by_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from prometheus_client.core import Metric


def render(*, now: datetime) -> bytes:
    """Return all metrics in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(now))
    return generate_latest(registry)


class _Collector:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield _gauge(
            "ghadmin_deliveries", "Deliveries that GitHub sent.", "status", count_by_status()
        )
        executions = Execution.objects.order_by("status").values_list("status")
        yield _gauge(
            "ghadmin_executions",
            "Executions in the mirror.",
            "status",
            dict(executions.annotate(Count("pk"))),
        )
        backlogs = {
            model._meta.label_lower: work.backlog(model, now=self._now) for model in work.kinds()
        }
        yield _gauge(
            "ghadmin_work_waiting",
            "Rows of work that nobody holds, due or not.",
            "kind",
            {kind: backlog.waiting for kind, backlog in backlogs.items()},
        )
        yield _gauge(
            "ghadmin_work_leased",
            "Rows of work that a worker holds.",
            "kind",
            {kind: backlog.leased for kind, backlog in backlogs.items()},
        )
        yield _gauge(
            "ghadmin_work_due",
            "Rows of work that a worker should have by now.",
            "kind",
            {kind: backlog.due for kind, backlog in backlogs.items()},
        )
        yield _gauge(
            "ghadmin_work_oldest_due_seconds",
            "How long the oldest due row has been due; 0 when none is.",
            "kind",
            {kind: self._age_s(backlog.oldest_due_at) for kind, backlog in backlogs.items()},
        )
        lag_s = mirror_lag_s(now=self._now)
        if lag_s is not None:
            yield GaugeMetricFamily(
                "ghadmin_mirror_lag_seconds", "Age of what the mirror shows.", value=lag_s
            )

    def _age_s(self, since: datetime | None) -> float:
        return 0.0 if since is None else max(0.0, (self._now - since).total_seconds())


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
