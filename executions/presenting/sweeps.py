"""Sweeps as a picture: how much each found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from executions.pictures import BAR_HEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from executions.models import SweepReport

_STEP = 4
_PLACES = 100


@dataclass(frozen=True, slots=True)
class SweepBar:
    """What one sweep found; one that found nothing is a line at the bottom."""

    x: int
    y: str
    height: str
    tone: str
    title: str


def sweep_bars(reports: Sequence[SweepReport]) -> list[SweepBar]:
    """Draw a bar a sweep, the oldest on the left.

    Args:
        reports: The latest first.
    """
    most = max((report.found for report in reports), default=0)
    bars = []
    for place, report in enumerate(reversed(reports), start=_PLACES - len(reports)):
        height = 1.5 + (BAR_HEIGHT - 1.5) * report.found / most if report.found else 1.5
        title = (
            f"{report.swept_at:%d %b %H:%M} UTC: {report.missing:,} missing,"
            f" {report.different:,} different, {report.silent:,} ended unheard"
        )
        tone = "bad" if report.problems else "run" if report.found else "ok"
        bars.append(
            SweepBar(place * _STEP, f"{BAR_HEIGHT - height:.2f}", f"{height:.2f}", tone, title)
        )
    return bars
