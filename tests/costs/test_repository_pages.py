import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.costs.pages import drawn, get, text
from tests.factories.costs import (
    NOON,
    ItemFactory,
    JobFactory,
    larger,
    on_unknown_runner,
    record,
    skipped,
)

pytestmark = pytest.mark.django_db

DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
REPOSITORY = "/costs/acme/widgets/"


# One repository


def test_a_repositorys_page_shows_its_days_its_months_and_its_runs(client, ada):
    record(
        ItemFactory(run_id=1, all_jobs=[JobFactory(seconds=61)]),
        ItemFactory(run_id=2, all_jobs=[JobFactory(ends_at=NOON + timedelta(days=2), seconds=1)]),
        ItemFactory(repository_id=2, repository="acme/gears", all_jobs=[JobFactory(seconds=900)]),
    )

    page = get(client, REPOSITORY)

    days, _ = drawn(page, "days-figure")
    assert {day: cost for day, cost in days.items() if cost} == {
        "10": Decimal("0.012"),
        "12": Decimal("0.006"),
    }
    assert len(days) == 30
    months, _ = drawn(page, "months-figure")
    assert months["Nov"] == Decimal("0.018")
    assert "/costs/runs/1/?attempt=1" in page.content.decode()
    assert "/costs/runs/2/?attempt=1" in page.content.decode()


def test_the_runs_of_a_bar_add_up_to_it(client, ada):
    record(
        *(
            ItemFactory(all_jobs=[JobFactory(seconds=61 * number + 1), larger(seconds=number)])
            for number in range(20)
        )
    )

    for sku in ("actions_linux", "macos_l"):
        page = get(client, REPOSITORY, sku=sku)
        _, skus = drawn(page, "months-figure")
        rows = page.content.decode().split('aria-labelledby="runs"')[-1]
        amounts = re.findall(
            r'data-label="List cost">\s*<span\s*>\s*<data class="money" value="([^"]*)"', rows
        )
        assert len(amounts) == 20
        assert sum(map(Decimal, amounts)) == skus[sku]


def test_a_day_leads_to_its_runs(client, ada):
    record(ItemFactory(run_id=1), ItemFactory(run_id=2, all_jobs=[JobFactory(ends_at=DECEMBER)]))

    page = get(client, REPOSITORY, day="2026-12-01").content.decode()

    assert "/costs/runs/2/" in page
    assert "/costs/runs/1/" not in page


def test_a_repository_is_found_in_any_case(client, ada):
    record(ItemFactory())

    assert "CI #12" in text(get(client, "/costs/Acme/WIDGETS/"))


def test_a_repository_that_never_ran_is_not_found(client, ada):
    get(client, "/costs/acme/unheard-of/", 404)


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"month": "x"}, "A month is written as YYYY-MM"),
        ({"day": "2026-02-30"}, "A day is written as YYYY-MM-DD"),
    ],
)
def test_a_repositorys_filter_that_makes_no_sense_is_named(client, ada, params, problem):
    record(ItemFactory())

    assert problem in text(get(client, REPOSITORY, 400, **params))


# One run


def test_a_run_shows_its_attempts_and_the_jobs_of_the_latest(client, ada):
    record(
        ItemFactory(run_id=5, all_jobs=[JobFactory(name="unit", seconds=270)]),
        ItemFactory(run_id=5, run_attempt=2, all_jobs=[JobFactory(name="lint", seconds=185)]),
    )

    page = text(get(client, "/costs/runs/5/"))

    assert "2 attempts" in page
    assert "Jobs of attempt 2" in page
    assert "lint" in page
    assert "unit" not in page
    assert "unit" in text(get(client, "/costs/runs/5/", attempt=1))


def test_each_job_says_its_sku_why_how_long_at_which_rate_and_what_it_cost(client, ada):
    record(ItemFactory(run_id=5, visibility="public", all_jobs=[JobFactory(seconds=61)]))

    page = text(get(client, "/costs/runs/5/"))

    assert (
        "Success actions_linux label ubuntu-latest, group GitHub Actions 1 min 01 s 2 min"
        " $0.006 since 1 Jan 2026 $0.012 $0.000"
    ) in page


def test_what_was_never_priced_or_never_ran_says_so(client, ada):
    backwards = JobFactory(seconds=-5)
    record(ItemFactory(run_id=5, all_jobs=[on_unknown_runner(), skipped(), backwards]))

    page = text(get(client, "/costs/runs/5/"))

    assert "unknown (not priced) label build-box-7" in page
    assert "not priced not priced" in page
    assert "none skipped" in page
    assert "It ended before it started, so no minutes are charged." in page


def test_a_run_links_to_its_execution_and_its_delivery(client, ada):
    item = ItemFactory(run_id=5)
    record(item)

    page = get(client, "/costs/runs/5/").content.decode()

    assert "/executions/find/?arn=arn%3Aaws%3Astates%3A" in page
    assert f"/deliveries/{item['delivery']}/" in page


@pytest.mark.parametrize(
    "url", ["/costs/runs/6/", f"/costs/runs/{2**70}/", "/costs/runs/5/?attempt=9"]
)
def test_a_run_that_was_never_seen_is_not_found(client, ada, url):
    record(ItemFactory(run_id=5))

    get(client, url, 404)
