"""Figures of the costs pages, made with plotly.py; static/js/charts.js draws and colours them.

plotly is imported on first use: it takes 0.3 s, and most processes never draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from zlib import crc32

from costs.enums import Measure, SkuKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from costs.selectors import SkuSum

UNKNOWN_LABEL: Final = "unknown (not priced)"
_HEIGHT_PX: Final = 300
# On a phone each name of the legend takes a line, and the bars must not pay for it.
_LEGEND_ROOM_PX: Final = 80
_BAR_PX: Final = 26
_FRAME_PX: Final = 100
_LEGEND_PX: Final = 34
_TOKENS: Final = 7
# Of a name before its bar; a repository's has up to 140 letters, and its bar needs the room.
_NAME_CHARS: Final = 28
# The runners of nearly everybody keep their colours from page to page.
_COLORS: Final = {
    "actions_linux": "--g-chart-1",
    "actions_linux_arm": "--g-chart-2",
    "actions_windows": "--g-chart-3",
    "actions_macos": "--g-chart-4",
    "actions_linux_slim": "--g-chart-5",
    "actions_windows_arm": "--g-chart-6",
    "self_hosted": "--g-chart-8",
    "unknown": "--g-warn",
}

# A larger runner may share its colour with a standard one.
_STRIPES: Final = {"fillmode": "overlay", "fgcolor": "--g-surface", "size": 6, "solidity": 0.3}
_PATTERNS: Final = {
    SkuKind.LARGER.value: {"shape": "/"} | _STRIPES,
    SkuKind.UNKNOWN.value: {"shape": "x"} | _STRIPES,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One stacked bar.

    Attributes:
        label: What stands below it, or before it.
        sums: What it is made of.
        href: Where a click leads; the SKU that was hit is added to it.
    """

    label: str
    sums: Sequence[SkuSum]
    href: str = ""


def stacked(
    bars: Sequence[Bar],
    *,
    measure: str,
    is_horizontal: bool = False,
    has_legend: bool = True,
    period: str = "",
) -> dict[str, Any] | None:
    """Make a figure of bars stacked by SKU; None where every bar would be empty.

    Args:
        bars: In the order in which they stand, from the left or from the top.
        measure: Of `Measure`.
        is_horizontal: For bars with long names.
        has_legend: Not for a figure beside another one with the same colours.
        period: Follows a bar's label where more is known when pointed at: its month.
    """
    skus = _drawn_skus(bars, measure)
    if not skus:
        return None
    import plotly.graph_objects as go  # type: ignore[import-untyped]  # noqa: PLC0415 -- see the module

    along, across = ("x", "y") if is_horizontal else ("y", "x")
    number = f"%{{{along}:,}} min" if measure == Measure.MINUTES else f"$%{{{along}:,.3f}}"
    values = [{one.key: one.measured(measure) for one in bar.sums} for bar in bars]
    traces = [
        go.Bar(
            {
                across: [bar.label for bar in bars],
                along: [_plain(row.get((sku, kind), 0)) for row in values],
                "name": label_of(sku, kind),
                "orientation": "h" if is_horizontal else "v",
                "customdata": [bar.href for bar in bars],
                "meta": f"&{urlencode({'sku': sku})}",
                "hovertemplate": f"%{{{across}}}{period}<br>%{{fullData.name}}: {number}<extra></extra>",
            }
        )
        for sku, kind in skus
    ]
    layout = _layout(len(bars), measure, is_horizontal=is_horizontal)
    layout["showlegend"] = has_legend
    if is_horizontal:
        names = [bar.label for bar in bars]
        layout["yaxis"] |= {"tickvals": names, "ticktext": [clipped(name) for name in names]}
    if has_legend and not is_horizontal:
        layout["height"] += _LEGEND_ROOM_PX
    figure: dict[str, Any] = go.Figure(traces, layout).to_dict()
    for trace, (sku, kind) in zip(figure["data"], skus, strict=True):
        # Afterwards, because plotly.py takes our tokens for misspelt colours.
        trace["marker"] = {"color": _color(sku)}
        if kind in _PATTERNS:
            trace["marker"]["pattern"] = _PATTERNS[kind]
    return figure


def label_of(sku: str, kind: str) -> str:
    """Name a SKU for people; GitHub's own names stay as its reports have them."""
    if kind == SkuKind.UNKNOWN:
        return UNKNOWN_LABEL
    return "self-hosted" if kind == SkuKind.SELF_HOSTED else sku


def clipped(name: str) -> str:
    """Leave out the middle of a long name: its end tells it apart, its beginning says whose it is."""
    if len(name) <= _NAME_CHARS:
        return name
    kept = _NAME_CHARS - 1
    return f"{name[: kept - kept // 2]}…{name[-(kept // 2) :]}"


def short_names(names: Sequence[str]) -> list[str]:
    """Leave out the owner where all have the same one."""
    owners = {name.partition("/")[0] for name in names}
    return [name.partition("/")[2] for name in names] if len(owners) == 1 else list(names)


def _drawn_skus(bars: Sequence[Bar], measure: str) -> list[tuple[str, str]]:
    """List the SKUs that have something to draw, the largest at the root of each bar."""
    totals: dict[tuple[str, str], Decimal | int] = {}
    for bar in bars:
        for one in bar.sums:
            totals[one.key] = totals.get(one.key, 0) + one.measured(measure)
    drawn = [key for key, total in totals.items() if total]
    return sorted(drawn, key=lambda key: (key[1] == SkuKind.UNKNOWN, -totals[key], key))


def _plain(value: Decimal | int) -> float | int:
    # Plotly draws floats. The shortest one that reads back as this amount; nothing is computed of it.
    return value if isinstance(value, int) else float(value)


def _color(sku: str) -> str:
    return _COLORS.get(sku) or f"--g-chart-{crc32(sku.encode()) % _TOKENS + 1}"


def _layout(bar_count: int, measure: str, *, is_horizontal: bool) -> dict[str, Any]:
    value_axis: dict[str, Any] = {"rangemode": "tozero", "fixedrange": True}
    if measure == Measure.MINUTES:
        value_axis |= {"ticksuffix": " min", "tickformat": ",~f"}
    else:
        value_axis |= {"tickprefix": "$", "tickformat": ",~f"}
    # Upright, and left out where there is no room, rather than turned.
    name_axis: dict[str, Any] = {"type": "category", "fixedrange": True, "tickangle": 0}
    name_axis["tickfont"] = {"size": 11}
    layout: dict[str, Any] = {
        "template": "none",
        "barmode": "stack",
        "hovermode": "closest",
        "bargap": 0.25,
    }
    if is_horizontal:
        name_axis |= {"autorange": "reversed", "tickmode": "array"}
        layout |= {"xaxis": value_axis, "yaxis": name_axis}
        layout["height"] = _FRAME_PX + _BAR_PX * bar_count
        # As far below the bars whatever their number: charts.js' own place is a part of the height.
        layout["legend"] = {
            "orientation": "h",
            "x": 0,
            "y": -_LEGEND_PX / (_BAR_PX * bar_count),
            "yanchor": "top",
            "traceorder": "normal",
        }
    else:
        layout |= {"xaxis": name_axis, "yaxis": value_axis, "height": _HEIGHT_PX}
    return layout
