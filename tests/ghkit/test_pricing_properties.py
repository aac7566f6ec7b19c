"""What must hold for every run, however odd its jobs."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ghkit.errors import UnknownSku
from ghkit.jobs import Job
from ghkit.pricing import price_job, price_minutes, price_run
from ghkit.rates import PUBLISHED
from ghkit.skus import LARGER_LABELS, STANDARD_LABELS, SkuKind

HOSTED = sorted([*STANDARD_LABELS, *LARGER_LABELS])
SKUS = sorted(rate.sku for rate in PUBLISHED)

seconds = st.integers(min_value=0, max_value=35 * 24 * 3600)
days = st.dates(min_value=date(2018, 1, 1), max_value=date(2030, 12, 31))
moments = st.datetimes(
    min_value=datetime(2018, 1, 1),  # noqa: DTZ001 -- the zone is Hypothesis' to add
    max_value=datetime(2030, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
visibilities = st.sampled_from(["public", "private", "internal"])
labels = st.lists(st.sampled_from([*HOSTED, "self-hosted", "build-box-7"]), max_size=2).map(tuple)


@st.composite
def jobs(draw):
    started_at = draw(st.none() | moments)
    ended_at = started_at or draw(moments)
    return Job(
        id=draw(st.integers(min_value=1, max_value=2**63 - 1)),
        name=draw(st.text()),
        conclusion=draw(st.sampled_from([None, "success", "failure", "cancelled", "skipped"])),
        started_at=started_at,
        completed_at=draw(
            st.none() | st.integers(-5, 40 * 3600).map(lambda s: ended_at + timedelta(seconds=s))
        ),
        labels=draw(labels),
        runner_id=draw(st.sampled_from([None, 0, 7])),
        runner_name=draw(st.sampled_from([None, "", "GitHub Actions 7"])),
        runner_group_name=draw(st.sampled_from([None, "", "Default", "GitHub Actions"])),
    )


def hosted_job(label, duration_s, ended_at):
    return Job(
        id=1,
        name="build",
        conclusion="success",
        started_at=ended_at - timedelta(seconds=duration_s),
        completed_at=ended_at,
        labels=(label,),
        runner_name="GitHub Actions 7",
        runner_group_name="GitHub Actions",
    )


def price(some_jobs, visibility, attempt=1, began_at=None):
    return price_run(
        some_jobs,
        visibility=visibility,
        run_attempt=attempt,
        run_started_at=began_at,
        run_updated_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


@given(st.lists(jobs(), max_size=8), visibilities, st.integers(1, 50), st.none() | moments)
def test_nothing_is_ever_negative_and_no_bill_exceeds_its_list_price(
    some_jobs, visibility, attempt, began_at
):
    run = price(some_jobs, visibility, attempt, began_at)

    for each in [*run.jobs, run]:
        if each.cost_usd is not None:
            assert 0 <= each.billed_usd <= each.cost_usd
    assert all(each.minutes >= 0 and each.seconds >= 0 for each in run.jobs)


@given(st.lists(jobs(), max_size=8), visibilities, st.integers(1, 50), st.none() | moments)
def test_a_run_is_the_sum_of_its_jobs_and_no_minute_is_lost(
    some_jobs, visibility, attempt, began_at
):
    run = price(some_jobs, visibility, attempt, began_at)

    assert [each.job for each in run.jobs] == some_jobs
    assert run.cost_usd == sum(each.cost_usd or 0 for each in run.jobs)
    assert run.billed_usd == sum(each.billed_usd or 0 for each in run.jobs)
    assert run.billable_minutes + run.self_hosted_minutes + run.unknown_sku_minutes == sum(
        each.minutes for each in run.jobs
    )


@given(st.lists(jobs(), max_size=8), visibilities)
def test_money_is_unknown_exactly_where_the_sku_is(some_jobs, visibility):
    for each in price(some_jobs, visibility).jobs:
        is_unknown = each.sku_kind is SkuKind.UNKNOWN

        assert (each.cost_usd is None, each.billed_usd is None) == (is_unknown, is_unknown)


@given(st.lists(jobs(), max_size=8), st.integers(0, 8), visibilities)
def test_the_parts_of_a_split_run_cost_together_what_the_whole_costs(some_jobs, at, visibility):
    whole = price(some_jobs, visibility)
    parts = [price(some_jobs[:at], visibility), price(some_jobs[at:], visibility)]

    for total in ("cost_usd", "billed_usd", "billable_minutes", "unknown_sku_minutes"):
        assert sum(getattr(part, total) for part in parts) == getattr(whole, total)


@given(st.sampled_from(HOSTED), seconds, seconds, visibilities)
def test_a_longer_job_never_costs_less(label, one, other, visibility):
    shorter, longer = (
        price_job(
            hosted_job(label, duration, datetime(2026, 11, 2, tzinfo=UTC)), visibility=visibility
        )
        for duration in sorted([one, other])
    )

    assert shorter.minutes <= longer.minutes
    assert shorter.cost_usd <= longer.cost_usd
    assert shorter.billed_usd <= longer.billed_usd


@given(st.sampled_from(HOSTED), st.integers(min_value=1, max_value=50_000))
def test_whole_minutes_are_exact_and_a_second_more_is_a_minute_more(label, minutes):
    ended_at = datetime(2026, 11, 2, tzinfo=UTC)
    rate = price_job(hosted_job(label, 60, ended_at), visibility="private").usd_per_minute

    exact = price_job(hosted_job(label, minutes * 60, ended_at), visibility="private")
    over = price_job(hosted_job(label, minutes * 60 + 1, ended_at), visibility="private")

    assert (exact.minutes, exact.cost_usd) == (minutes, rate * minutes)
    assert (over.minutes, over.cost_usd) == (minutes + 1, rate * (minutes + 1))


@given(st.sampled_from(HOSTED), st.integers(1, 100_000), st.integers(1, 100_000))
def test_splitting_a_job_saves_nothing_and_wastes_at_most_a_minute(label, one, other):
    ended_at = datetime(2026, 11, 2, tzinfo=UTC)

    whole, first, second = (
        price_job(hosted_job(label, duration, ended_at), visibility="private")
        for duration in (one + other, one, other)
    )

    assert whole.cost_usd <= first.cost_usd + second.cost_usd
    assert first.cost_usd + second.cost_usd <= whole.cost_usd + whole.usd_per_minute


@given(st.sampled_from(SKUS), st.integers(0, 10**6), days, visibilities)
def test_priced_minutes_are_rate_times_minutes_or_refused(sku, minutes, day, visibility):
    try:
        priced = price_minutes(sku=sku, minutes=minutes, day=day, visibility=visibility)
    except UnknownSku:
        assert not any(rate.sku == sku and rate.is_in_force(day) for rate in PUBLISHED)
    else:
        assert priced.rate.is_in_force(day)
        assert priced.cost_usd == priced.rate.usd_per_minute * minutes
        assert priced.billed_usd in (Decimal(0), priced.cost_usd)


@given(st.lists(jobs(), max_size=8), visibilities, st.integers(2, 50), moments)
def test_an_attempt_never_charges_more_than_all_jobs_it_lists(
    some_jobs, visibility, attempt, began_at
):
    everything = price(some_jobs, visibility)
    attempt_only = price(some_jobs, visibility, attempt, began_at)

    assert attempt_only.cost_usd <= everything.cost_usd
    assert attempt_only.completed_at == everything.completed_at
