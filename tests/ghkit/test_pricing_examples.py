"""Worked examples: what whole runs cost, each marked by where its figure comes from.

"documented" follows from an example or a rule in GitHub's documentation, "derived" from the
rules as this project reads them, "observed" from another's figures for a real run. Unless told
otherwise: a private repository, in November 2026.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ghkit.jobs import Job
from ghkit.pricing import Anomaly, price_minutes, price_run
from ghkit.rates import published_rates
from ghkit.skus import SkuKind

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def job(label, seconds, *, started_at=NOON, conclusion="success", group="GitHub Actions"):
    return Job(
        id=1,
        name="build",
        conclusion=conclusion,
        started_at=started_at,
        completed_at=started_at + timedelta(seconds=seconds),
        labels=(label,),
        runner_id=7,
        runner_name="GitHub Actions 7",
        runner_group_name=group,
    )


def without_runner(conclusion, seconds):
    return Job(
        id=2,
        name="deploy",
        conclusion=conclusion,
        started_at=NOON,
        completed_at=NOON + timedelta(seconds=seconds),
        labels=("ubuntu-latest",),
        runner_id=0,
        runner_name="",
        runner_group_name="",
    )


def price(*jobs, visibility="private", attempt=1, began_at=NOON, **options):
    return price_run(
        jobs,
        visibility=visibility,
        run_attempt=attempt,
        run_started_at=began_at,
        run_updated_at=NOON,
        **options,
    )


NEW_YEARS_EVE = datetime(2025, 12, 31, 23, 59, 30, tzinfo=UTC)
DECEMBER = datetime(2025, 12, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("jobs", "cost_usd"),
    [
        pytest.param([job("ubuntu-latest", 61)], "0.012", id="1-derived-linux-61s"),
        pytest.param([job("ubuntu-latest", 60)], "0.006", id="2-derived-linux-60s"),
        pytest.param([job("ubuntu-latest", 1)], "0.006", id="3-derived-linux-1s"),
        pytest.param([job("windows-latest", 600)], "0.100", id="4-derived-windows-600s"),
        pytest.param([job("macos-15", 181)], "0.248", id="5-derived-macos-181s"),
        pytest.param([job("ubuntu-slim", 59)], "0.002", id="6-derived-slim-59s"),
        pytest.param(
            [job("ubuntu-latest", 130), job("windows-latest", 130), job("macos-latest", 130)],
            "0.234",
            id="7-derived-matrix-of-three-systems",
        ),
        pytest.param(
            [job("ubuntu-latest", 20)] * 9, "0.054", id="8-derived-nine-jobs-rounded-each"
        ),
        pytest.param([without_runner("cancelled", 900)], "0", id="13-derived-cancelled-in-queue"),
        pytest.param(
            [job("ubuntu-latest", 30, conclusion="cancelled")],
            "0.006",
            id="14-derived-cancelled-after-30s",
        ),
        pytest.param([without_runner("skipped", 0)], "0", id="15-derived-skipped"),
        pytest.param(
            [job("macos-15-large", 300)], "0.385", id="22-derived-larger-macos-intel-300s"
        ),
        pytest.param(
            [job("macos-15-xlarge", 300)], "0.510", id="22-derived-larger-macos-arm-300s"
        ),
        pytest.param(
            [job("ubuntu-latest", 6 * 3600, conclusion="failure")],
            "2.160",
            id="23-derived-killed-at-the-6h-limit",
        ),
        pytest.param([job("windows-11-arm", 600)], "0.100", id="24-derived-standard-windows-arm"),
        pytest.param(
            [job("ubuntu-latest", 330, started_at=NEW_YEARS_EVE)],
            "0.036",
            id="25-derived-across-the-change-of-prices-by-end",
        ),
        pytest.param(
            [job("macos-13", 181, started_at=DECEMBER)], "0.320", id="26-derived-macos-in-2025"
        ),
        pytest.param(
            [job("ubuntu-latest", 30), job("ubuntu-latest", 30)],
            "0.012",
            id="27-documented-reusable-workflow-billed-to-its-private-caller",
        ),
    ],
)
def test_a_run_costs_the_sum_of_its_rounded_jobs(jobs, cost_usd):
    run = price(*jobs)

    assert run.cost_usd == Decimal(cost_usd)
    assert run.billed_usd == Decimal(cost_usd)


@pytest.mark.parametrize(
    "listed_again",
    [
        pytest.param([], id="9-derived-attempt-lists-what-ran"),
        pytest.param([job("ubuntu-latest", 270)], id="9-derived-attempt-lists-all-jobs-again"),
    ],
)
def test_each_attempt_pays_for_what_ran_in_it(listed_again):
    rerun_at = NOON + timedelta(hours=1)

    earlier = price(job("ubuntu-latest", 270), job("ubuntu-latest", 70, conclusion="failure"))
    later = price(
        *listed_again,
        job("ubuntu-latest", 185, started_at=rerun_at + timedelta(seconds=9)),
        attempt=2,
        began_at=rerun_at,
    )

    assert (earlier.billable_minutes, later.billable_minutes) == (7, 4)
    assert earlier.cost_usd + later.cost_usd == Decimal("0.066")


@pytest.mark.parametrize(
    ("jobs", "cost_usd"),
    [
        pytest.param([job("ubuntu-latest", 600)], "0.060", id="10-documented-free-in-public"),
        pytest.param(
            [
                *(job("ubuntu-slim", s) for s in (9, 29, 24, 14)),
                *(job("ubuntu-latest", s) for s in (187, 59)),
            ],
            "0.038",
            id="28-observed-run-36728232182-of-vaadin-flow",
        ),
    ],
)
def test_standard_runners_in_a_public_repository_have_a_list_price_and_no_bill(jobs, cost_usd):
    run = price(*jobs, visibility="public")

    assert (run.cost_usd, run.billed_usd) == (Decimal(cost_usd), Decimal(0))


@pytest.mark.parametrize(
    ("sku", "minutes", "day", "visibility", "billed_usd"),
    [
        pytest.param(
            "linux_4_core",
            10,
            date(2026, 11, 2),
            "public",
            "0.120",
            id="11-documented-larger-in-public",
        ),
        pytest.param(
            "actions_windows_8_core",
            8,
            date(2026, 11, 2),
            "private",
            "0.336",
            id="20-derived-windows-8-core-421s",
        ),
        pytest.param(
            "linux_4_core_gpu",
            12,
            date(2026, 11, 2),
            "private",
            "0.624",
            id="21-derived-gpu-720s",
        ),
        pytest.param(
            "windows_2_core_arm",
            10,
            date(2026, 11, 2),
            "private",
            "0.080",
            id="24-derived-larger-windows-arm-600s",
        ),
    ],
)
def test_a_larger_runner_is_billed_by_its_sku_everywhere(
    sku, minutes, day, visibility, billed_usd
):
    priced = price_minutes(sku=sku, minutes=minutes, day=day, visibility=visibility)

    assert priced.rate.kind is SkuKind.LARGER
    assert priced.cost_usd == priced.billed_usd == Decimal(billed_usd)


@pytest.mark.parametrize(
    ("day", "cost_usd"),
    [
        pytest.param(date(2026, 11, 2), "38.00", id="18-documented-prices-of-2026"),
        pytest.param(date(2025, 11, 2), "56.00", id="19-documented-prices-of-2025"),
    ],
)
def test_minutes_beyond_the_quota_cost_what_githubs_own_example_says(day, cost_usd):
    linux = price_minutes(sku="actions_linux", minutes=3000, day=day, visibility="private")
    windows = price_minutes(sku="actions_windows", minutes=2000, day=day, visibility="private")

    assert linux.cost_usd + windows.cost_usd == Decimal(cost_usd)


@pytest.mark.parametrize(
    ("rates", "visibility", "cost_usd", "billed_usd"),
    [
        pytest.param(published_rates(), "private", "0", "0", id="12-documented-free"),
        pytest.param(
            published_rates(platform_charge_starts_on=date(2026, 3, 1)),
            "private",
            "0.180",
            "0.180",
            id="12-derived-what-if-the-announced-charge-came",
        ),
        pytest.param(
            published_rates(platform_charge_starts_on=date(2026, 3, 1)),
            "public",
            "0.180",
            "0",
            id="12-derived-what-if-leaves-public-repositories-out",
        ),
    ],
)
def test_self_hosted_minutes_are_counted_apart(rates, visibility, cost_usd, billed_usd):
    run = price(job("self-hosted", 5400, group="Default"), visibility=visibility, rates=rates)

    assert (run.self_hosted_minutes, run.billable_minutes) == (90, 0)
    assert (run.cost_usd, run.billed_usd) == (Decimal(cost_usd), Decimal(billed_usd))


def test_29_derived_an_unknown_label_has_no_price_and_its_minutes_are_counted_apart():
    run = price(job("build-box-7", 600), job("ubuntu-latest", 60))
    [unknown, known] = run.jobs

    assert (unknown.sku_kind, unknown.sku) == (SkuKind.UNKNOWN, None)
    assert (unknown.usd_per_minute, unknown.cost_usd, unknown.billed_usd) == (None, None, None)
    assert (run.unknown_sku_minutes, run.billable_minutes) == (10, 1)
    assert run.cost_usd == known.cost_usd == Decimal("0.006")


def test_30_derived_a_job_that_ends_before_it_starts_is_flagged_and_costs_nothing():
    run = price(job("ubuntu-latest", -1))
    [backwards] = run.jobs

    assert backwards.anomaly is Anomaly.ENDED_BEFORE_STARTED
    assert (backwards.seconds, backwards.minutes, backwards.cost_usd) == (0, 0, Decimal(0))
    assert run.cost_usd == 0
