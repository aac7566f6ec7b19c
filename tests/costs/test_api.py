import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.forms.models import model_to_dict

from costs.models import Run
from tests.factories.costs import (
    NOON,
    ItemFactory,
    JobFactory,
    larger,
    on_unknown_runner,
    record,
    self_hosted,
    skipped,
)

pytestmark = pytest.mark.django_db

RUNS, REPOSITORIES = "/api/v1/costs/runs/", "/api/v1/costs/repositories/"
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


def get(client, url, **params):
    response = client.get(url, params)
    assert response.status_code == 200, response.content
    return response.json()


def test_a_run_has_the_documented_fields_and_money_as_text(client, ada):
    record(ItemFactory(run_id=5, all_jobs=[JobFactory(seconds=61), self_hosted(seconds=60)]))

    [run] = get(client, RUNS)["results"]

    jobs = run.pop("jobs")
    assert run == {
        "repository": "acme/widgets",
        "workflow": "CI",
        "run_id": 5,
        "run_attempt": 1,
        "conclusion": "success",
        "completed_at": "2026-11-10T12:00:00Z",
        "billable_minutes": 2,
        "self_hosted_minutes": 1,
        "unknown_sku_minutes": 0,
        "cost_usd": "0.012",
        "billed_usd": "0.012",
    }
    assert [
        (job["sku"], job["sku_kind"], job["minutes"], job["cost_usd"], job["reason"])
        for job in jobs
    ] == [
        ("actions_linux", "standard", 2, "0.012", "label ubuntu-latest, group GitHub Actions"),
        ("self_hosted", "self_hosted", 1, "0", "label self-hosted"),
    ]


def test_a_job_of_an_unknown_runner_has_no_cost_rather_than_none_at_all(client, ada):
    record(ItemFactory(all_jobs=[on_unknown_runner(seconds=600), skipped()]))

    [run] = get(client, RUNS)["results"]

    assert [(job["sku_kind"], job["cost_usd"], job["billed_usd"]) for job in run["jobs"]] == [
        ("unknown", None, None),
        ("none", "0", "0"),
    ]
    assert (run["unknown_sku_minutes"], run["cost_usd"]) == (10, "0")


def test_a_list_of_runs_has_an_end_however_many_ended_at_one_moment(client, ada):
    record(ItemFactory(run_id=1))
    [run] = Run.objects.all()
    fields = model_to_dict(run, exclude=["id", "run_id", "repository"])
    Run.objects.bulk_create(
        Run(run_id=run_id, repository_id=run.repository_id, **fields) for run_id in range(2, 1_103)
    )

    url, down = f"{RUNS}?page_size=100", []
    while url:
        page = get(client, url)
        down.append([found["run_id"] for found in page["results"]])
        last, url = page, page["next"]
    up = [down[-1]]
    while last["previous"]:
        last = get(client, last["previous"])
        up.append([found["run_id"] for found in last["results"]])

    assert [run_id for page in down for run_id in page] == list(range(1_102, 0, -1))
    assert up == down[::-1]


def test_a_repository_has_the_documented_fields(client, ada):
    record(
        ItemFactory(run_id=5, visibility="public", all_jobs=[JobFactory(seconds=600)]),
        ItemFactory(run_id=5, run_attempt=2, visibility="public", all_jobs=[larger(seconds=60)]),
    )

    assert get(client, REPOSITORIES)["results"] == [
        {
            "repository": "acme/widgets",
            "month": "2026-11",
            "runs": 1,
            "attempts": 2,
            "billable_minutes": 11,
            "cost_usd": "0.137",
            "billed_usd": "0.077",
        }
    ]


@pytest.mark.parametrize("amount_of_runs", [1, 10, 100, 1_000])
def test_money_never_has_trailing_zeros_or_an_exponent(client, ada, amount_of_runs):
    record(ItemFactory(all_jobs=[JobFactory(seconds=3_000)] * amount_of_runs))  # 0.3 each

    [month] = get(client, REPOSITORIES)["results"]

    assert month["cost_usd"] == {1: "0.3", 10: "3", 100: "30", 1_000: "300"}[amount_of_runs]


def test_runs_are_filtered_by_repository_month_and_run(client, ada):
    december = JobFactory(ends_at=DECEMBER)
    record(
        ItemFactory(run_id=1),
        ItemFactory(run_id=1, run_attempt=2, all_jobs=[december]),
        ItemFactory(run_id=2, repository_id=2, repository="acme/gears"),
    )

    def found(**params):
        return [
            (run["run_id"], run["run_attempt"]) for run in get(client, RUNS, **params)["results"]
        ]

    assert found() == [(1, 2), (2, 1), (1, 1)]
    assert found(repository="acme/gears") == [(2, 1)]
    assert found(repository="Acme/Gears") == [(2, 1)]
    assert found(repository="acme/unheard-of") == []
    assert found(month="2026-12") == [(1, 2)]
    assert found(run_id=1) == [(1, 2), (1, 1)]
    assert found(run_id=1, month="2026-11") == [(1, 1)]
    assert found(run_id=2**63 - 1) == []


def test_a_renamed_repository_is_found_by_its_new_name_with_all_its_runs(client, ada):
    later = JobFactory(ends_at=DECEMBER)
    record(
        ItemFactory(repository="acme/old"), ItemFactory(repository="acme/new", all_jobs=[later])
    )

    runs = get(client, RUNS, repository="acme/new")["results"]

    assert [run["repository"] for run in runs] == ["acme/new", "acme/new"]
    assert get(client, RUNS, repository="acme/old")["results"] == []
    assert len(get(client, REPOSITORIES, repository="acme/new")["results"]) == 2


def test_repositories_are_filtered_by_month_and_name(client, ada):
    record(
        ItemFactory(),
        ItemFactory(all_jobs=[JobFactory(ends_at=DECEMBER)]),
        ItemFactory(repository_id=2, repository="acme/gears"),
    )

    def found(**params):
        rows = get(client, REPOSITORIES, **params)["results"]
        return sorted((row["repository"], row["month"]) for row in rows)

    assert found(month="2026-11") == [("acme/gears", "2026-11"), ("acme/widgets", "2026-11")]
    assert found(repository="acme/widgets") == [
        ("acme/widgets", "2026-11"),
        ("acme/widgets", "2026-12"),
    ]
    assert found(month="2027-01") == []


@pytest.mark.parametrize("url", [RUNS, REPOSITORIES])
@pytest.mark.parametrize("month", ["2026-13", "november", "2026-11-01"])
def test_what_is_no_month_is_refused_by_name(client, ada, url, month):
    response = client.get(url, {"month": month})

    assert response.status_code == 400
    assert response.json() == {
        "code": "invalid",
        "message": "Some fields are not valid.",
        "fields": {"month": ["A month is written as YYYY-MM, for example 2026-01."]},
    }


@pytest.mark.parametrize("run_id", ["x", "-1", f"{2**63}", "1.5"])
def test_what_is_no_run_id_is_refused_by_name(client, ada, run_id):
    response = client.get(RUNS, {"run_id": run_id})

    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["run_id"]


@pytest.mark.parametrize("url", [RUNS, REPOSITORIES])
def test_a_stranger_learns_nothing(client, url):
    record(ItemFactory())

    response = client.get(url)

    assert response.status_code == 401
    assert "widgets" not in response.content.decode()


@pytest.mark.parametrize("url", [RUNS, REPOSITORIES])
def test_nothing_can_be_written(client, ada, url):
    assert client.post(url, {}).status_code in (403, 405)
    assert client.delete(url).status_code in (403, 405)


@pytest.mark.parametrize("url", [RUNS, REPOSITORIES])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_takes_as_many_queries_for_three_rows_as_for_one(
    client, ada, url, rows, django_assert_num_queries
):
    record(
        *(ItemFactory(repository_id=number, repository=f"acme/{number}") for number in range(rows))
    )

    with django_assert_num_queries(3):  # session, account, page
        assert len(get(client, url)["results"]) == rows


def test_pages_follow_each_other_without_gap_or_repetition_even_within_one_second(client, ada):
    items = [ItemFactory(run_id=number) for number in range(130)]
    record(*items)

    seen, url = [], RUNS
    while url:
        page = get(client, url)
        seen += [run["run_id"] for run in page["results"]]
        url = page["next"]

    assert seen == sorted(range(130), reverse=True)


def test_repositories_add_up_to_the_runs(client, ada):
    record(
        *(
            ItemFactory(
                repository_id=number % 3,
                repository=f"acme/{number % 3}",
                all_jobs=[JobFactory(seconds=100 * number), larger(seconds=7), self_hosted()],
            )
            for number in range(20)
        )
    )

    runs = get(client, RUNS)["results"]
    months = get(client, REPOSITORIES)["results"]

    for name in ("cost_usd", "billed_usd", "billable_minutes"):
        for month in months:
            own = [run for run in runs if run["repository"] == month["repository"]]
            assert Decimal(month[name]) == sum(Decimal(run[name]) for run in own)
    assert sum(month["runs"] for month in months) == len(runs)


def test_what_ends_at_midnight_belongs_to_the_month_that_begins(client, ada):
    before = JobFactory(ends_at=DECEMBER - timedelta(seconds=1))
    record(ItemFactory(run_id=1, all_jobs=[before, JobFactory(ends_at=DECEMBER)]))

    assert get(client, RUNS, month="2026-11")["results"] == []
    [run] = get(client, RUNS, month="2026-12")["results"]
    assert run["billable_minutes"] == 4
    months = {
        row["month"]: (row["runs"], row["billable_minutes"])
        for row in get(client, REPOSITORIES)["results"]
    }
    assert months == {"2026-11": (0, 2), "2026-12": (1, 2)}


def test_the_jobs_are_those_of_the_item(client, ada):
    item = ItemFactory(all_jobs=[JobFactory(), larger(), skipped()])
    record(item, now=NOON)

    [run] = get(client, RUNS)["results"]

    assert run["jobs"] == json.loads(item["jobs"])
