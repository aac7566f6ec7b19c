from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from ghkit.errors import UnknownSku
from ghkit.rates import PUBLISHED, Rate, RateTable, published_rates
from ghkit.skus import LARGER_LABELS, STANDARD_LABELS, SkuKind

LATEST_OLD_DAY = date(2025, 12, 31)
EARLIEST_NEW_DAY = date(2026, 1, 1)

# SKU, US dollars a minute until 2025-12-31, and from 2026-01-01: side by side as on GitHub's
# pricing page of December 2025, typed apart from the product's own table.
STANDARD = [
    ("actions_linux_slim", "0.002", "0.002"),
    ("actions_linux", "0.008", "0.006"),
    ("actions_linux_arm", "0.005", "0.005"),
    ("actions_windows", "0.016", "0.010"),
    ("actions_windows_arm", None, "0.010"),
    ("actions_macos", "0.080", "0.062"),
]
LARGER = [
    ("linux_2_core_advanced", "0.008", "0.006"),
    ("linux_4_core", "0.016", "0.012"),
    ("linux_8_core", "0.032", "0.022"),
    ("linux_16_core", "0.064", "0.042"),
    ("linux_32_core", "0.128", "0.082"),
    ("linux_64_core", "0.256", "0.162"),
    ("linux_96_core", "0.384", "0.252"),
    ("windows_4_core", "0.032", "0.022"),
    ("windows_8_core", "0.064", "0.042"),
    ("windows_16_core", "0.128", "0.082"),
    ("windows_32_core", "0.256", "0.162"),
    ("windows_64_core", "0.512", "0.322"),
    ("windows_96_core", "0.768", "0.552"),
    ("macos_l", "0.120", "0.077"),
    ("linux_2_core_arm", "0.005", "0.005"),
    ("linux_4_core_arm", "0.010", "0.008"),
    ("linux_8_core_arm", "0.020", "0.014"),
    ("linux_16_core_arm", "0.040", "0.026"),
    ("linux_32_core_arm", "0.080", "0.050"),
    ("linux_64_core_arm", "0.160", "0.098"),
    ("windows_2_core_arm", "0.010", "0.008"),
    ("windows_4_core_arm", "0.020", "0.014"),
    ("windows_8_core_arm", "0.040", "0.026"),
    ("windows_16_core_arm", "0.080", "0.050"),
    ("windows_32_core_arm", "0.160", "0.098"),
    ("windows_64_core_arm", "0.320", "0.194"),
    ("macos_xl", "0.160", "0.102"),
    ("linux_4_core_gpu", "0.070", "0.052"),
    ("windows_4_core_gpu", "0.140", "0.102"),
]


def test_the_table_holds_exactly_what_github_published():
    expected = {("self_hosted", SkuKind.SELF_HOSTED, Decimal(0), date(2019, 11, 13))}
    for kind, rows in ((SkuKind.STANDARD, STANDARD), (SkuKind.LARGER, LARGER)):
        for sku, old, new in rows:
            if old is not None:
                expected.add((sku, kind, Decimal(old), date(2019, 11, 13)))
            expected.add((sku, kind, Decimal(new), EARLIEST_NEW_DAY))

    rows = [(rate.sku, rate.kind, rate.usd_per_minute, rate.starts_on) for rate in PUBLISHED]

    assert set(rows) == expected
    assert len(rows) == len(expected)


@pytest.mark.parametrize(("sku", "old", "new"), [*STANDARD, *LARGER])
def test_a_price_changes_at_midnight_utc_of_the_new_year(sku, old, new):
    if old is not None:
        assert PUBLISHED.get(sku, LATEST_OLD_DAY).usd_per_minute == Decimal(old)
    assert PUBLISHED.get(sku, EARLIEST_NEW_DAY).usd_per_minute == Decimal(new)


def test_periods_of_a_sku_neither_overlap_nor_leave_a_gap():
    by_sku = {}
    for rate in PUBLISHED:
        by_sku.setdefault(rate.sku, []).append(rate)

    for rates in by_sku.values():
        assert [rate.ends_on for rate in rates][-1] == date.max
        assert all(earlier.ends_on == later.starts_on for earlier, later in pairwise(rates))
        assert all(rate.starts_on < rate.ends_on for rate in rates)


def test_every_rate_names_its_source():
    assert all(rate.source.startswith("GitHub ") for rate in PUBLISHED)


@pytest.mark.parametrize(
    ("labels", "kind"), [(STANDARD_LABELS, SkuKind.STANDARD), (LARGER_LABELS, SkuKind.LARGER)]
)
def test_every_documented_label_has_a_rate_of_its_kind_today(labels, kind):
    kinds = {PUBLISHED.get(sku, date(2026, 11, 23)).kind for sku in labels.values()}

    assert kinds == {kind}


@pytest.mark.parametrize(("sku", "_old", "_new"), LARGER)
def test_a_larger_runner_is_found_by_the_name_that_usage_reports_use(sku, _old, _new):
    assert PUBLISHED.get(f"actions_{sku}", EARLIEST_NEW_DAY) is PUBLISHED.get(
        sku, EARLIEST_NEW_DAY
    )


def test_the_optional_prefix_never_confuses_standard_and_larger_runners():
    standard = PUBLISHED.get("actions_windows_arm", EARLIEST_NEW_DAY)
    larger = PUBLISHED.get("actions_windows_2_core_arm", EARLIEST_NEW_DAY)

    assert (standard.sku, standard.kind, standard.usd_per_minute) == (
        "actions_windows_arm",
        SkuKind.STANDARD,
        Decimal("0.010"),
    )
    assert (larger.sku, larger.kind, larger.usd_per_minute) == (
        "windows_2_core_arm",
        SkuKind.LARGER,
        Decimal("0.008"),
    )


@pytest.mark.parametrize(
    ("sku", "day"),
    [
        ("actions_windows_arm", LATEST_OLD_DAY),
        ("actions_linux", date(2019, 11, 12)),
        ("linux", EARLIEST_NEW_DAY),
        ("linux_arm", EARLIEST_NEW_DAY),
        ("actions_actions_linux", EARLIEST_NEW_DAY),
        ("actions_unknown", EARLIEST_NEW_DAY),
        ("actions_self_hosted", EARLIEST_NEW_DAY),
        ("", EARLIEST_NEW_DAY),
    ],
)
def test_a_sku_without_a_price_that_day_is_unknown_and_never_zero(sku, day):
    with pytest.raises(UnknownSku) as caught:
        PUBLISHED.get(sku, day)

    assert (caught.value.sku, caught.value.day) == (sku, day)


def test_a_period_is_half_open():
    rate = Rate(
        "box", SkuKind.LARGER, Decimal("0.1"), date(2026, 3, 1), date(2026, 4, 1), "a test"
    )

    assert [
        rate.is_in_force(day)
        for day in (
            date(2026, 2, 28),
            date(2026, 3, 1),
            date(2026, 3, 31),
            date(2026, 4, 1),
        )
    ] == [False, True, True, False]
    assert list(RateTable([rate])) == [rate]


def test_the_announced_charge_for_self_hosted_minutes_is_off_unless_asked_for():
    today = date(2026, 11, 23)
    charged_from = date(2027, 3, 1)
    what_if = published_rates(platform_charge_starts_on=charged_from)

    assert PUBLISHED.get("self_hosted", today).usd_per_minute == 0
    assert PUBLISHED.get("self_hosted", charged_from).usd_per_minute == 0
    eve = charged_from - timedelta(days=1)
    assert what_if.get("self_hosted", eve).usd_per_minute == 0
    assert what_if.get("self_hosted", charged_from).usd_per_minute == Decimal("0.002")
