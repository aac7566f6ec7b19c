import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.costs.pages import drawn, exact_amounts, figure, get, text
from tests.factories.costs import (
    ItemFactory,
    JobFactory,
    larger,
    on_unknown_runner,
    record,
    self_hosted,
)

pytestmark = pytest.mark.django_db

DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
OVERVIEW, REPOSITORY = "/costs/", "/costs/acme/widgets/"


def test_a_run_stands_on_the_page_with_its_exact_cost(client, ada):
    record(ItemFactory(all_jobs=[JobFactory(seconds=61)]))

    page = get(client, OVERVIEW)

    assert "acme/widgets" in text(page)
    assert set(exact_amounts(page)) == {"0.012"}
    assert "$0.012" in text(page)


def test_the_chart_shows_what_the_api_says(client, ada):
    record(
        *(
            ItemFactory(
                repository_id=number % 4,
                repository=f"acme/{number % 4}",
                all_jobs=[JobFactory(seconds=97 * number + 1), larger(seconds=61), self_hosted()],
            )
            for number in range(20)
        )
    )

    bars, skus = drawn(get(client, OVERVIEW), "repositories-figure")
    months, _ = drawn(get(client, OVERVIEW), "months-figure")

    rows = client.get("/api/v1/costs/repositories/").json()["results"]
    runs = client.get("/api/v1/costs/runs/").json()["results"]
    assert bars == {row["repository"][5:]: Decimal(row["cost_usd"]) for row in rows}
    total = sum(Decimal(run["cost_usd"]) for run in runs)
    assert sum(skus.values()) == months["Nov"] == total
    by_sku = {}
    for job in (job for run in runs for job in run["jobs"]):
        by_sku[job["sku"]] = by_sku.get(job["sku"], 0) + Decimal(job["cost_usd"])
    assert skus == {sku: cost for sku, cost in by_sku.items() if cost}


def test_the_table_is_the_charts_text_form(client, ada):
    record(
        ItemFactory(all_jobs=[JobFactory(seconds=120), larger(seconds=60)]),
        ItemFactory(repository_id=2, repository="acme/gears", all_jobs=[self_hosted(seconds=600)]),
    )

    page = text(get(client, OVERVIEW))

    # Repository, runs, attempts, list, billed, then each SKU with its minutes.
    assert "acme/widgets 1 1 $0.089 $0.089 $0.077 1 min $0.012 2 min" in page
    assert "acme/gears 1 1 $0.000 $0.000 $0.000 10 min" in page
    assert "All 2 2 2 $0.089 $0.089 $0.077 1 min $0.012 2 min $0.000 10 min" in page


def test_runs_and_attempts_are_counted_by_repository(client, ada):
    record(ItemFactory(run_id=1), ItemFactory(run_id=1, run_attempt=2), ItemFactory(run_id=2))

    assert "acme/widgets 2 3 " in text(get(client, OVERVIEW))


def test_an_unknown_sku_is_said_to_be_unknown_and_never_free(client, ada):
    record(ItemFactory(all_jobs=[on_unknown_runner(seconds=600)]))

    page = text(get(client, OVERVIEW))

    assert "not priced 10 min" in page
    assert "10 min ran on machines that no rule recognises" in page
    assert "no minute had a price" in page  # instead of an empty chart


def test_a_public_repository_has_a_list_cost_and_nothing_billed(client, ada):
    record(ItemFactory(visibility="public", all_jobs=[JobFactory(seconds=61)]))

    page = get(client, OVERVIEW, measure="billed")

    assert "acme/widgets public 1 1 $0.012 $0.000" in text(page)
    assert "nothing was billed" in text(page)
    assert figure(page, "repositories-figure") is None


@pytest.mark.parametrize(
    ("measure", "total"),
    [("", "0.162"), ("list", "0.162"), ("billed", "0.102"), ("minutes", "11")],
)
def test_charts_are_by_list_cost_billed_cost_or_minutes(client, ada, measure, total):
    larger_runner = JobFactory(labels=["macos-15-xlarge"], seconds=30)  # $0.102, public or not
    record(ItemFactory(visibility="public", all_jobs=[JobFactory(seconds=600), larger_runner]))

    bars, _ = drawn(get(client, OVERVIEW, measure=measure), "repositories-figure")

    assert bars == {"widgets": Decimal(total)}


def test_twenty_repositories_are_drawn_and_the_others_are_one_bar(client, ada):
    record(
        *(
            ItemFactory(
                repository_id=number,
                repository=f"acme/r{number:02}",
                all_jobs=[JobFactory(seconds=60 * (number + 1))],
            )
            for number in range(25)
        )
    )

    bars, _ = drawn(get(client, OVERVIEW), "repositories-figure")

    assert list(bars) == [f"r{number:02}" for number in range(24, 4, -1)] + ["5 others"]
    assert bars["5 others"] == sum(range(1, 6)) * Decimal("0.006")


def test_a_bar_of_others_that_would_dwarf_all_is_told_instead(client, ada):
    record(
        *(
            ItemFactory(repository_id=number, repository=f"acme/r{number:03}")
            for number in range(100)
        )
    )

    page = get(client, OVERVIEW)

    bars, _ = drawn(page, "repositories-figure")
    assert len(bars) == 20
    assert "The 80 others come to $0.960; the table below has all of them." in text(page)


def test_many_repositories_are_paged_through_the_largest_first(client, ada):
    record(
        *(
            ItemFactory(
                repository_id=number,
                repository=f"acme/r{number:03}",
                all_jobs=[JobFactory(seconds=60 * (number + 1))],
            )
            for number in range(120)
        )
    )

    seen, url = [], OVERVIEW
    while url:
        page = client.get(url).content.decode()
        seen += re.findall(r'<th scope="row">\s*<span\s*>\s*<a href="[^"]*">(acme/[^<]*)<', page)
        link = re.search(r'rel="next" href="([^"]*page=[^"]*)"', page)
        url = link[1].replace("&amp;", "&") if link else None

    assert seen == [f"acme/r{number:03}" for number in range(119, -1, -1)]
    assert "101\N{EN DASH}120 of 120" in text(get(client, OVERVIEW, page=3))
    assert "101\N{EN DASH}120 of 120" in text(get(client, OVERVIEW, page=99))


def test_the_table_is_searched_by_part_of_a_name(client, ada):
    record(ItemFactory(), ItemFactory(repository_id=2, repository="acme/gears"))

    page = text(get(client, OVERVIEW, q="GEAR"))

    assert "1\N{EN DASH}1 of 1" in page
    assert "acme/widgets" not in page
    assert "No repository matches" in text(get(client, OVERVIEW, q="nobody"))


def test_without_a_month_the_latest_known_one_is_shown(client, ada):
    record(ItemFactory(all_jobs=[JobFactory(ends_at=datetime(2020, 3, 5, tzinfo=UTC))]))

    assert "March 2020, all repositories" in text(get(client, OVERVIEW))


def test_the_months_around_are_a_click_away(client, ada):
    record(ItemFactory(), ItemFactory(all_jobs=[JobFactory(ends_at=DECEMBER)]))

    november = get(client, OVERVIEW, month="2026-11", measure="minutes").content.decode()

    assert 'rel="next" href="/costs/?month=2026-12&amp;measure=minutes"' in november
    assert "No earlier month" in november
    october = text(get(client, OVERVIEW, month="2026-10"))
    assert "Nothing ran in this month" in october
    assert "Show the latest month" in october


def test_an_empty_dashboard_says_what_will_stand_here(client, ada):
    assert "No run has been seen yet" in text(get(client, OVERVIEW))


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"month": "2026-13"}, "A month is written as YYYY-MM, for example 2026-01."),
        ({"measure": "money"}, "A chart is by list, billed or minutes."),
        ({"page": "0"}, "Ensure this value is greater than or equal to 1."),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(client, ada, params, problem):
    record(ItemFactory())

    page = text(get(client, OVERVIEW, 400, **params))

    assert problem in page
    assert "acme/widgets" in page


def test_bars_lead_to_the_runs_behind_them(client, ada):
    record(ItemFactory(all_jobs=[larger()]))

    [trace] = figure(get(client, OVERVIEW), "repositories-figure")["data"]
    [link] = trace["customdata"]
    behind = get(client, link + trace["meta"])

    assert link == "/costs/acme/widgets/?month=2026-11"
    assert "CI #12" in text(behind)
    assert "Runs on macos_l" in text(behind)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("url", "queries"), [(OVERVIEW, 12), (REPOSITORY, 11), ("/costs/runs/1/", 4)]
)
def test_a_page_takes_as_many_queries_for_three_rows_as_for_one(
    client, ada, rows, url, queries, django_assert_max_num_queries
):
    record(
        *(
            ItemFactory(
                run_id=number + 1 if url != "/costs/runs/1/" else 1,
                run_attempt=1 if url != "/costs/runs/1/" else number + 1,
                repository_id=number if url == OVERVIEW else 1001,
                repository=f"acme/{number}" if url == OVERVIEW else "acme/widgets",
                all_jobs=[JobFactory() for _ in range(rows)],
            )
            for number in range(rows)
        )
    )

    with django_assert_max_num_queries(queries) as found:
        get(client, url)

    assert len(found) == queries


@pytest.mark.parametrize("url", [OVERVIEW, REPOSITORY, "/costs/runs/1/"])
def test_a_stranger_is_asked_to_sign_in(client, url):
    record(ItemFactory(run_id=1))

    response = client.get(url)

    assert response.status_code == 302
    assert response.headers["Location"] == f"/sign-in/?next={url}"
