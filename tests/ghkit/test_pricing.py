from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from ghkit.errors import UnknownSku
from ghkit.jobs import Job
from ghkit.pricing import (
    Anomaly,
    PricedJob,
    PricedRun,
    billed_minutes,
    price_job,
    price_minutes,
    price_run,
)
from ghkit.skus import SkuKind

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def job(*labels, seconds=61, started_at=NOON, conclusion="success", **changes):
    fields = {
        "id": 1,
        "name": "build",
        "conclusion": conclusion,
        "started_at": started_at,
        "completed_at": started_at and started_at + timedelta(seconds=seconds),
        "labels": labels or ("ubuntu-latest",),
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
    }
    return Job(**(fields | changes))


def skipped(at):
    return job(seconds=0, started_at=at, conclusion="skipped", runner_id=0, runner_name="")


def price(*jobs, attempt=1, began_at=NOON, updated_at=NOON, visibility="private"):
    return price_run(
        jobs,
        visibility=visibility,
        run_attempt=attempt,
        run_started_at=began_at,
        run_updated_at=updated_at,
    )


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        (-1, 0),
        (0, 1),
        (0.5, 1),
        (1, 1),
        (59, 1),
        (60, 1),
        (60.001, 2),
        (61, 2),
        (119, 2),
        (120, 2),
        (121, 3),
        (21_600, 360),
    ],
)
def test_minutes_are_rounded_up_and_a_job_that_ran_takes_one_at_least(seconds, minutes):
    assert billed_minutes(timedelta(seconds=seconds)) == minutes


def test_a_priced_job_says_how_its_price_came_about():
    linux = job(seconds=61)

    assert price_job(linux, visibility="private") == PricedJob(
        job=linux,
        sku="actions_linux",
        sku_kind=SkuKind.STANDARD,
        reason="label ubuntu-latest, group GitHub Actions",
        seconds=61,
        minutes=2,
        usd_per_minute=Decimal("0.006"),
        cost_usd=Decimal("0.012"),
        billed_usd=Decimal("0.012"),
        price_period=date(2026, 1, 1),
        anomaly=None,
    )


def test_a_priced_run_is_its_jobs_and_their_sums():
    jobs = [
        job(seconds=61),
        job("macos-15-xlarge", seconds=60),
        job("self-hosted", seconds=600),
        job("build-box-7", seconds=1),
        skipped(NOON),
    ]

    run = price(*jobs, visibility="public")

    assert run == PricedRun(
        completed_at=NOON + timedelta(seconds=600),
        billable_minutes=3,
        self_hosted_minutes=10,
        unknown_sku_minutes=1,
        cost_usd=Decimal("0.114"),
        billed_usd=Decimal("0.102"),
        jobs=tuple(price_job(each, visibility="public") for each in jobs),
    )


@pytest.mark.parametrize("visibility", ["private", "internal"])
def test_standard_runners_are_billed_outside_public_repositories(visibility):
    run = price(job(seconds=60), visibility=visibility)

    assert (run.cost_usd, run.billed_usd) == (Decimal("0.006"), Decimal("0.006"))


def test_a_run_without_jobs_costs_nothing_and_ended_when_github_updated_it():
    run = price(updated_at=NOON + timedelta(hours=1))

    assert run == PricedRun(NOON + timedelta(hours=1), 0, 0, 0, Decimal(0), Decimal(0), jobs=())


@pytest.mark.parametrize("conclusion", ["success", "failure", "timed_out", "neutral", None])
def test_a_job_costs_its_time_however_it_ended(conclusion):
    assert price(job(seconds=60, conclusion=conclusion)).cost_usd == Decimal("0.006")


@pytest.mark.parametrize(
    ("completed_at", "rate"),
    [
        (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), "0.008"),
        (datetime(2026, 1, 1, tzinfo=UTC), "0.006"),
        # The same two instants on a clock in New York.
        (datetime(2025, 12, 31, 18, 59, 59, tzinfo=timezone(timedelta(hours=-5))), "0.008"),
        (datetime(2025, 12, 31, 19, tzinfo=timezone(timedelta(hours=-5))), "0.006"),
    ],
)
def test_the_utc_day_on_which_a_job_ends_selects_its_rate(completed_at, rate):
    started_at = completed_at - timedelta(seconds=30)

    [priced] = price(job(started_at=started_at, completed_at=completed_at)).jobs

    assert priced.usd_per_minute == Decimal(rate)


def test_jobs_of_one_run_follow_each_its_own_day():
    run = price(
        job(seconds=60, started_at=datetime(2025, 12, 31, 23, tzinfo=UTC)),
        job(seconds=60, started_at=datetime(2026, 1, 1, 1, tzinfo=UTC)),
    )

    assert [each.price_period for each in run.jobs] == [date(2019, 11, 13), date(2026, 1, 1)]
    assert run.cost_usd == Decimal("0.014")


def test_a_known_sku_without_a_price_that_day_is_unknown_and_says_so():
    run = price(job("windows-11-arm", started_at=datetime(2025, 11, 2, tzinfo=UTC), seconds=90))
    [priced] = run.jobs

    assert (priced.sku, priced.sku_kind) == ("actions_windows_arm", SkuKind.UNKNOWN)
    assert (priced.cost_usd, priced.billed_usd, priced.price_period) == (None, None, None)
    assert priced.reason == (
        "label windows-11-arm, group GitHub Actions:"
        " no price is known for actions_windows_arm on 2025-11-02"
    )
    assert (run.unknown_sku_minutes, run.billable_minutes, run.cost_usd) == (2, 0, Decimal(0))


@pytest.mark.parametrize(
    "incomplete", [job(completed_at=None), job(started_at=None, completed_at=NOON)]
)
def test_a_job_with_a_runner_but_without_its_times_has_an_unknown_cost(incomplete):
    run = price(incomplete)
    [priced] = run.jobs

    assert (priced.sku_kind, priced.anomaly) == (SkuKind.UNKNOWN, Anomaly.TIMES_MISSING)
    assert (priced.cost_usd, priced.minutes) == (None, 0)
    assert run.cost_usd == 0


def test_a_job_that_ran_for_less_than_a_second_costs_a_minute_and_is_no_anomaly():
    [priced] = price(job(seconds=0)).jobs

    assert (priced.seconds, priced.minutes, priced.anomaly) == (0, 1, None)
    assert priced.cost_usd == Decimal("0.006")


def test_a_backwards_job_of_an_unknown_sku_keeps_its_unknown_cost():
    [priced] = price(job("build-box-7", seconds=-5)).jobs

    assert (priced.sku_kind, priced.anomaly) == (SkuKind.UNKNOWN, Anomaly.ENDED_BEFORE_STARTED)
    assert (priced.minutes, priced.cost_usd) == (0, None)


def test_a_skipped_job_that_ends_before_it_starts_is_no_anomaly():
    backwards = job(seconds=-5, conclusion="skipped", runner_id=0, runner_name="")

    [priced] = price(backwards).jobs

    assert (priced.sku_kind, priced.anomaly, priced.cost_usd) == (
        SkuKind.NONE,
        None,
        Decimal(0),
    )


def test_a_sku_without_a_price_cannot_be_priced():
    with pytest.raises(UnknownSku, match="no price is known for build-box-7 on 2026-11-02"):
        price_minutes(sku="build-box-7", minutes=10, day=date(2026, 11, 2), visibility="private")


# A later attempt may list jobs that did not run again; they were charged where they ran.

RERUN_AT = NOON + timedelta(hours=1)
AFTER_RERUN = RERUN_AT + timedelta(seconds=4)


@pytest.mark.parametrize("seconds", [270, 3600], ids=["ended-long-ago", "ended-as-it-began"])
def test_a_job_that_did_not_run_again_is_listed_but_not_charged_again(seconds):
    listed_again, ran = job(seconds=seconds), job(seconds=60, started_at=AFTER_RERUN)

    run = price(listed_again, ran, attempt=2, began_at=RERUN_AT)

    assert run.jobs[0] == PricedJob(
        job=listed_again,
        sku=None,
        sku_kind=SkuKind.NONE,
        reason="ran before this attempt began, so it belongs to an earlier one",
        anomaly=Anomaly.RAN_IN_EARLIER_ATTEMPT,
    )
    assert (run.billable_minutes, run.cost_usd) == (1, Decimal("0.006"))


def test_a_self_hosted_or_unknown_job_that_did_not_run_again_counts_no_minutes_again():
    ran = job(seconds=60, started_at=AFTER_RERUN)

    run = price(job("self-hosted"), job("build-box-7"), ran, attempt=2, began_at=RERUN_AT)

    assert (run.self_hosted_minutes, run.unknown_sku_minutes) == (0, 0)


def test_a_skipped_job_listed_again_stays_merely_skipped():
    ran = job(seconds=60, started_at=AFTER_RERUN)

    run = price(skipped(NOON), ran, attempt=2, began_at=RERUN_AT)

    assert [(each.reason, each.anomaly) for each in run.jobs] == [
        ("skipped", None),
        ("label ubuntu-latest, group GitHub Actions", None),
    ]


@pytest.mark.parametrize(
    "ran_too",
    [
        pytest.param(
            job(started_at=RERUN_AT - timedelta(seconds=5), seconds=5),
            id="clocks-disagree-by-seconds",
        ),
        pytest.param(
            job(started_at=RERUN_AT - timedelta(seconds=60), seconds=61),
            id="still-ran-when-the-attempt-began",
        ),
        pytest.param(job(started_at=RERUN_AT, seconds=60), id="started-with-the-attempt"),
    ],
)
def test_a_job_that_may_have_run_in_the_attempt_is_charged(ran_too):
    ran = job(seconds=60, started_at=AFTER_RERUN)

    run = price(ran_too, ran, attempt=2, began_at=RERUN_AT)

    assert [each.anomaly for each in run.jobs] == [None, None]
    assert [each.cost_usd > 0 for each in run.jobs] == [True, True]


def test_a_job_without_times_is_not_taken_for_one_of_an_earlier_attempt():
    ran = job(seconds=60, started_at=AFTER_RERUN)

    run = price(
        job(completed_at=None),
        job(started_at=None, completed_at=NOON),
        ran,
        attempt=2,
        began_at=RERUN_AT,
    )

    assert [each.anomaly for each in run.jobs] == [
        Anomaly.TIMES_MISSING,
        Anomaly.TIMES_MISSING,
        None,
    ]


@pytest.mark.parametrize(
    ("attempt", "began_at"),
    [
        pytest.param(1, RERUN_AT, id="first-attempt"),
        pytest.param(2, None, id="beginning-unknown"),
        pytest.param(2, RERUN_AT, id="beginning-after-every-job-is-wrong"),
    ],
)
def test_without_a_beginning_to_trust_every_job_is_charged(attempt, began_at):
    run = price(job(seconds=270), job(seconds=70), attempt=attempt, began_at=began_at)

    assert (run.billable_minutes, run.cost_usd) == (7, Decimal("0.042"))


def test_a_first_attempt_has_no_earlier_one_whatever_its_times_say():
    run = price(job(seconds=60), job(seconds=60, started_at=AFTER_RERUN), began_at=RERUN_AT)

    assert (run.billable_minutes, run.cost_usd) == (2, Decimal("0.012"))


def test_an_attempt_whose_only_new_job_never_ran_charges_nothing_again():
    run = price(job(seconds=270), skipped(AFTER_RERUN), attempt=2, began_at=RERUN_AT)

    assert (run.billable_minutes, run.cost_usd) == (0, Decimal(0))
