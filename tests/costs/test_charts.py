import json
import zlib
from decimal import Decimal

import pytest
from plotly.graph_objects import Figure

from costs import charts
from costs.charts import Bar, stacked
from costs.enums import Measure, SkuKind
from costs.selectors import SkuSum

ZERO = Decimal(0)


def linux(minutes, cost="0", billed=None):
    billed = cost if billed is None else billed
    return SkuSum("actions_linux", "standard", 1, minutes, Decimal(cost), Decimal(billed))


def unknown(minutes):
    return SkuSum("unknown", "unknown", 1, minutes, None, None)


def test_each_sku_is_a_layer_and_each_bar_a_place_in_it():
    windows = SkuSum("actions_windows", "standard", 1, 1, Decimal("0.01"), Decimal("0.01"))

    figure = stacked(
        [Bar("api", [linux(2, "0.012"), windows]), Bar("web", [linux(1, "0.006")])],
        measure=Measure.LIST,
    )

    assert figure["layout"]["barmode"] == "stack"
    assert [(trace["name"], trace["x"], trace["y"]) for trace in figure["data"]] == [
        ("actions_linux", ["api", "web"], [0.012, 0.006]),
        ("actions_windows", ["api", "web"], [0.01, 0]),
    ]


@pytest.mark.parametrize(
    ("measure", "values"),
    [(Measure.LIST, [0.06]), (Measure.BILLED, [0.012]), (Measure.MINUTES, [10])],
)
def test_a_figure_draws_what_it_is_asked_for(measure, values):
    figure = stacked([Bar("api", [linux(10, "0.06", "0.012")])], measure=measure)

    assert [trace["y"] for trace in figure["data"]] == [values]


def test_an_unknown_sku_is_drawn_in_minutes_and_never_in_money():
    bars = [Bar("api", [linux(1, "0.006"), unknown(30)])]

    in_money = stacked(bars, measure=Measure.LIST)
    in_minutes = stacked(bars, measure=Measure.MINUTES)

    assert [trace["name"] for trace in in_money["data"]] == ["actions_linux"]
    assert [trace["name"] for trace in in_minutes["data"]] == [
        "actions_linux",
        "unknown (not priced)",
    ]


def test_a_figure_of_nothing_is_none():
    assert stacked([], measure=Measure.LIST) is None
    assert stacked([Bar("api", [unknown(5)])], measure=Measure.LIST) is None
    assert stacked([Bar("api", [linux(5, "0.03", "0")])], measure=Measure.BILLED) is None


def test_each_bar_leads_to_its_runs_and_each_layer_adds_its_sku():
    figure = stacked(
        [Bar("api", [linux(1, "1")], "/costs/acme/api/?month=2026-11")], measure=Measure.LIST
    )

    [trace] = figure["data"]
    assert trace["customdata"] == ["/costs/acme/api/?month=2026-11"]
    assert trace["meta"] == "&sku=actions_linux"


def test_bars_with_long_names_lie_the_largest_on_top():
    figure = stacked(
        [Bar("api", [linux(1, "2")]), Bar("web", [linux(1, "1")])],
        measure=Measure.LIST,
        is_horizontal=True,
    )

    [trace] = figure["data"]
    assert (trace["orientation"], trace["x"], trace["y"]) == ("h", [2.0, 1.0], ["api", "web"])
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"


def test_a_long_name_is_clipped_beside_its_bar_and_whole_when_pointed_at():
    names = [f"acme/{'platform-' * 10}api", f"acme/{'platform-' * 10}web"]

    figure = stacked(
        [Bar(name, [linux(1, "1")]) for name in names], measure=Measure.LIST, is_horizontal=True
    )

    assert figure["data"][0]["y"] == names
    assert figure["layout"]["yaxis"]["tickvals"] == names
    ticks = figure["layout"]["yaxis"]["ticktext"]
    assert [len(tick) for tick in ticks] == [28, 28]
    assert [tick[:5] + tick[-3:] for tick in ticks] == ["acme/api", "acme/web"]


def test_a_figure_is_plotlys_own_but_for_the_names_of_our_colours():
    figure = stacked([Bar("api", [linux(1, "1"), unknown(3)])], measure=Measure.MINUTES)

    assert [trace["marker"].pop("color") for trace in figure["data"]] == [
        "--g-chart-1",
        "--g-warn",
    ]
    for trace in figure["data"]:
        trace["marker"].get("pattern", {}).pop("fgcolor", None)
    Figure(figure)  # raises on anything that plotly does not know
    assert len(json.dumps(figure["layout"]["template"])) < 100  # plotly's own is 6 kB


def test_a_sku_has_the_same_colour_on_every_page():
    gpu = SkuSum("linux_4_core_gpu", "larger", 1, 1, Decimal(1), Decimal(1))

    alone = stacked([Bar("api", [gpu])], measure=Measure.LIST)
    among = stacked([Bar("api", [linux(1, "5"), gpu])], measure=Measure.LIST)

    assert alone["data"][0]["marker"] == among["data"][1]["marker"]


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        (SkuKind.UNKNOWN, "unknown (not priced)"),
        (SkuKind.SELF_HOSTED, "self-hosted"),
        (SkuKind.STANDARD, "actions_linux"),
    ],
)
def test_skus_are_named_as_github_names_them(kind, label):
    assert charts.label_of("actions_linux", kind) == label


def test_the_owner_is_left_out_where_all_have_the_same():
    assert charts.short_names(["acme/api", "acme/web"]) == ["api", "web"]
    assert charts.short_names(["acme/api", "globex/api"]) == ["acme/api", "globex/api"]
    assert charts.short_names([]) == []


def test_a_year_of_twenty_layers_is_small_when_compressed():
    bars = [
        Bar(
            f"2026-{day // 31 + 1:02}-{day % 31 + 1:02}",
            [
                SkuSum(f"linux_{sku}", "larger", 1, 7, Decimal(day * 37 % 101 * sku) / 1000, ZERO)
                for sku in range(1, 21)
            ],
            f"/costs/acme/api/?month=2026-01&day={day}",
        )
        for day in range(365)
    ]

    figure = json.dumps(stacked(bars, measure=Measure.LIST), separators=(",", ":"))

    assert len(zlib.compress(figure.encode(), 6)) <= 20_000
