"""A Map on its execution's page: iterations, and the executions that they started."""

import re
from http import HTTPStatus

import pytest
from django.urls import reverse

from executions.models import Execution
from tests.executions.pages import HTMX, page, read, step_page, text
from tests.factories.executions import hear, mirrored, told
from tests.factories.histories import PARENT, child_of, fan

pytestmark = pytest.mark.django_db


def test_a_map_is_summed_up_and_its_steps_do_not_flood_the_list(admin_client, parent):
    response = admin_client.get(page(parent))

    shown = text(response)
    assert (
        "Iterations of OnboardEach All 120 · 3 not well 116 succeeded 1 running 3 caught" in shown
    )
    assert "1-1 of 1, in order of entry · 123 more in iterations" in shown
    urgent = re.findall(r"/iterations/(\d+)/", response.content.decode())
    assert urgent == ["3", "77", "119", "5"]
    assert (
        'aria-label="OnboardEach, Map, running, iterations: 1 running and 3 failed and caught'
        in (response.content.decode())
    )


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", [*range(50)]),
        ("?from=100", [*range(100, 120)]),
        ("?from=999", [*range(50)]),
        ("?iterations=failed", [3, 77, 119]),
        ("?iterations=caught", [3, 77, 119]),
        ("?iterations=running", [5]),
        ("?iterations=timed_out", []),
        ("?iterations=nonsense", [*range(50)]),
    ],
)
def test_iterations_are_filtered_and_paged(admin_client, parent, query, shown):
    response = admin_client.get(step_page(parent, 0, query))

    links = re.findall(r'<a href="[^"]*/iterations/(\d+)/"', response.content.decode())
    assert [int(index) for index in links] == shown


def test_an_iteration_shows_its_child_as_the_mirror_has_it_now(admin_client, parent):
    rows = text(admin_client.get(step_page(parent, 0, "?iterations=failed")))

    assert "#3 Caught NoteFailure PersonUnknown" in rows
    assert re.search(r"#3 .* person-3 Failed GitHubUnavailable #77 .* person-77 Failed", rows)
    assert "#119" in rows
    assert "an execution that the mirror has not heard of" in rows


def test_an_iteration_is_looked_into(admin_client, parent):
    url = reverse("executions:iteration", args=[parent.public_id, 0, 77])

    shown = text(admin_client.get(url))

    assert "1-2 of 2, in order of entry" in shown
    assert "Onboard Task · OnboardEach/77/Onboard Caught" in shown
    assert "person-77" in shown
    assert "person-76" not in shown


@pytest.mark.parametrize(("index", "around"), [(0, [1]), (77, [76, 78]), (119, [118])])
def test_an_iteration_leads_to_those_beside_it_and_to_none_that_is_not_there(
    admin_client, parent, index, around
):
    url = reverse("executions:iteration", args=[parent.public_id, 0, index])

    html = admin_client.get(url).content.decode()

    links = re.findall(r'rel="(?:prev|next)" href="[^"]*/iterations/(\d+)/"', html)
    assert [int(link) for link in links] == around


@pytest.mark.parametrize(
    "place", ["steps/999/", "steps/0/iterations/120/", "steps/1/iterations/0/"]
)
def test_what_is_not_there_is_not_found(admin_client, parent, place):
    assert admin_client.get(f"{page(parent)}{place}").status_code == HTTPStatus.NOT_FOUND


def test_children_stand_with_their_own_status_and_a_way_to_retry_them(admin_client, parent):
    response = admin_client.get(page(parent))

    html, shown = response.content.decode(), text(response)
    assert "Executions that it started All 4 , as the mirror has them now" in shown
    assert "1 succeeded 1 running 2 failed" in shown
    assert "2 failed and nobody has put them right. Retry what failed" in shown
    retry = re.search(r'href="(/executions/retries/new/\?[^"]+)"', html)[1].replace("&amp;", "&")
    assert retry.endswith("&attention=needed")
    assert admin_client.get(retry).status_code == HTTPStatus.OK


def test_a_child_leads_to_its_parent_and_says_how_that_stands(admin_client, parent):
    child = Execution.objects.get(name__endswith="-child-3")

    response = admin_client.get(page(child))

    assert f"Started by {parent.name} Running" in text(response)
    assert f'href="{page(parent)}"' in response.content.decode()


@pytest.mark.parametrize(
    ("ending", "status"), [(None, "Running"), ("ExecutionAborted", "Aborted")]
)
def test_an_iteration_between_two_states_stands_as_its_map(admin_client, sfn, now, ending, status):
    one = told()
    fan(one, count=2, failed={1}, running={0})
    at = one.events[-1]["timestamp"]
    # Its error was caught, and what follows has not begun.
    one.events = [
        event
        for event in one.events
        if event["type"] not in ("PassStateEntered", "PassStateExited", "MapIterationSucceeded")
    ]
    if ending:
        one.add(ending, at, {})
        one.events[-1]["id"] = 99
        one.status, one.stopped_at = "ABORTED", at
    sfn.revisions[0].definition = PARENT
    row = read(sfn, one, now)

    shown = text(admin_client.get(step_page(row, 0)))

    assert re.search(rf"#0 {status} Onboard .* #1 {status} Onboard PersonUnknown", shown)


def test_a_childs_end_changes_the_page_of_its_parent(admin_client, sfn, parent, now):
    tag = admin_client.get(page(parent))["HX-PTag"]
    same = admin_client.get(page(parent), headers={**HTMX, "HX-PTag": tag})
    child = next(one for one in sfn.executions.values() if one.name.endswith("-child-5"))

    hear(child.ends("SUCCEEDED", now).status_event(), now=now)
    other = admin_client.get(page(parent), headers={**HTMX, "HX-PTag": tag})

    assert same.status_code == HTTPStatus.NOT_MODIFIED
    assert other.status_code == HTTPStatus.OK


@pytest.mark.parametrize("count", [2, 40])
@pytest.mark.parametrize(("place", "queries"), [("", 21), ("steps/0/", 12)])
def test_a_map_of_many_asks_as_often_as_one_of_few(
    admin_client, sfn, now, count, place, queries, django_assert_num_queries
):
    one = told()
    arn = one.arn.replace(one.name, f"{one.name[:40]}-child-{{}}")
    sfn.revisions[0].definition = PARENT
    row = read(sfn, fan(one, count=count, failed={1}, child=arn.format), now)
    mirrored(sfn, *(child_of(one, index, ends="FAILED") for index in range(count)), now=now)
    admin_client.get(page(row))  # what is cached for all

    with django_assert_num_queries(queries):
        admin_client.get(f"{page(row)}{place}")
