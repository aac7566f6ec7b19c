import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit.errors import InvalidPayload
from ghkit.jobs import Job
from ghkit.pricing import price_run
from ghkit.run_items import decimal_text, from_item, to_item

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def job(seconds, **changes):
    fields = {
        "id": 36728232182,
        "name": "build",
        "conclusion": "success",
        "started_at": NOON,
        "completed_at": NOON + timedelta(seconds=seconds),
        "labels": ("ubuntu-latest",),
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
    }
    return Job(**(fields | changes))


def price(*jobs, attempt=1, began_at=NOON):
    return price_run(
        jobs,
        visibility="public",
        run_attempt=attempt,
        run_started_at=began_at,
        run_updated_at=NOON,
    )


def test_an_item_is_all_texts_with_numbers_as_dynamodb_stores_them():
    item = to_item(price(job(61), job(60, labels=("macos-15-xlarge",)), job(1, labels=("box",))))

    assert {key: value for key, value in item.items() if key != "jobs"} == {
        "completed_at": "2026-11-02T12:01:01Z",
        "billable_minutes": "3",
        "self_hosted_minutes": "0",
        "unknown_sku_minutes": "1",
        "cost_usd": "0.114",
        "billed_usd": "0.102",
    }


def test_a_job_is_written_with_all_that_a_page_shows():
    [written] = json.loads(to_item(price(job(61)))["jobs"])

    assert written == {
        "id": 36728232182,
        "name": "build",
        "conclusion": "success",
        "started_at": "2026-11-02T12:00:00Z",
        "completed_at": "2026-11-02T12:01:01Z",
        "labels": ["ubuntu-latest"],
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
        "sku": "actions_linux",
        "sku_kind": "standard",
        "reason": "label ubuntu-latest, group GitHub Actions",
        "minutes": 2,
        "seconds": 61,
        "usd_per_minute": "0.006",
        "cost_usd": "0.012",
        "billed_usd": "0",
        "price_period": "2026-01-01",
        "anomaly": None,
    }


def test_what_is_unknown_is_written_as_null_and_what_is_free_as_zero():
    unknown, none = json.loads(
        to_item(price(job(1, labels=("box",)), job(0, conclusion="skipped")))["jobs"]
    )

    money = ("usd_per_minute", "cost_usd", "billed_usd", "price_period")
    assert [unknown[key] for key in money] == [None, None, None, None]
    assert [none[key] for key in money] == [None, "0", "0", None]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("0.000", "0"),
        ("0E+3", "0"),
        ("0.012", "0.012"),
        ("0.100", "0.1"),
        ("38.00", "38"),
        ("100", "100"),
        ("1E+2", "100"),
        ("1E-9", "0.000000001"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ],
)
def test_decimal_text_is_canonical_and_loses_no_digit(value, text):
    assert decimal_text(Decimal(value)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0))
def test_decimal_text_reads_back_as_the_same_amount(value):
    text = decimal_text(value)

    assert Decimal(text) == value
    assert decimal_text(Decimal(text)) == text
    assert "E" not in text


names = st.text()
moments = st.none() | st.datetimes(
    min_value=datetime(2018, 1, 1),  # noqa: DTZ001 -- the zone is Hypothesis' to add
    timezones=st.just(UTC),
)
jobs = st.builds(
    Job,
    id=st.integers(min_value=1, max_value=2**63 - 1),
    name=names,
    conclusion=st.sampled_from([None, "success", "failure", "cancelled", "skipped"]),
    started_at=moments,
    completed_at=moments,
    labels=st.lists(
        st.sampled_from(["ubuntu-latest", "windows-11-arm", "self-hosted"]) | names, max_size=2
    ).map(tuple),
    runner_id=st.sampled_from([None, 0, 7]),
    runner_name=st.none() | names,
    runner_group_name=st.sampled_from([None, "GitHub Actions"]) | names,
)


@given(st.lists(jobs, max_size=6), st.integers(1, 3), moments)
def test_an_item_reads_back_as_the_run_it_was_written_from(some_jobs, attempt, began_at):
    run = price(*some_jobs, attempt=attempt, began_at=began_at)

    item = to_item(run)

    assert from_item(item) == run
    assert to_item(from_item(item)) == item


def test_an_item_may_hold_other_attributes_too():
    item = to_item(price(job(61)))

    assert from_item(item | {"run_id": "42", "repository": "octo/hello"}) == from_item(item)


def test_a_run_of_256_jobs_with_long_names_fits_the_payload_of_step_functions_escaped_twice():
    run = price(*(job(61, id=10**11 + n, name=f"matrix ({n}, " + "x" * 80) for n in range(256)))

    payload = json.dumps({"run": json.dumps(to_item(run))})

    assert len(payload.encode()) < 256 * 1024


@pytest.mark.parametrize(
    "damage",
    [
        {"cost_usd": "much"},
        {"billable_minutes": "1.5"},
        {"jobs": "not JSON"},
        {"jobs": "7"},
        {"jobs": '[{"id": 1, "name": "build", "labels": []}]'},
        {"jobs": "[null]"},
        {"completed_at": "yesterday"},
    ],
    ids=str,
)
def test_an_item_that_we_did_not_write_is_refused(damage):
    item = to_item(price(job(61)))

    with pytest.raises(InvalidPayload):
        from_item(item | damage)


def test_an_item_that_lacks_an_attribute_is_refused_by_its_name():
    item = dict(to_item(price(job(61))))
    del item["billed_usd"]

    with pytest.raises(InvalidPayload, match="billed_usd"):
        from_item(item)
