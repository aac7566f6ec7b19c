"""The state graph on an execution's page."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse
from django.utils import timezone

from executions import services
from executions.models import Definition
from tests.executions.test_run_mirror import run_of
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def address(execution):
    return reverse("executions:detail", args=[execution.public_id])


def states(response):
    """Where each state leads, by its label; the empty text where it was not reached."""
    html = response.content.decode()
    found = re.findall(
        r'<(?:a class="graph-link" href="([^"]*)"|g class="graph-state [^"]*" role="img")'
        r' aria-label="([^"]*)"',
        html,
    )
    return {label: href for href, label in found}


def reached(response):
    return {label: href for label, href in states(response).items() if href}


def test_the_graph_says_how_far_the_execution_came_and_leads_to_its_steps(admin_client, sfn, now):
    one = told()
    one.enters("Task", "ReadRunEvent", START)
    one.add("TaskStateExited", START + SECOND, {"name": "ReadRunEvent", "output": "{}"})
    [row] = mirrored(sfn, one.ends("FAILED", END), now=now)

    response = admin_client.get(address(row))

    assert reached(response) == {
        "ReadRunEvent, Task, succeeded": f"{address(row)}#step-0",
        "FetchJobs, Task, failed": f"{address(row)}#step-1",
    }
    assert "PriceRun, Task, not reached" in states(response)
    html = response.content.decode()
    assert f"2 of {len(states(response))} states reached" in html
    assert 'id="step-1"' in html


def test_the_live_part_follows_the_execution(admin_client, sfn, now):
    one = told()
    [row] = mirrored(sfn, one, now=now)
    one.enters("Task", "ReadRunEvent", START)
    services.look_at(row, now=now)
    work_off(now=now)

    running = admin_client.get(address(row), headers={"HX-Request": "true"})
    headers = {"HX-Request": "true", "HX-PTag": running["HX-PTag"]}
    hear(one.ends("FAILED", END, state="FetchJobs").status_event(), now=now + SECOND)
    work_off(now=now + SECOND)
    ended = admin_client.get(address(row), headers=headers)

    assert list(reached(running)) == ["ReadRunEvent, Task, running"]
    assert "FetchJobs, Task, failed" in reached(ended)
    assert "<html" not in ended.content.decode()


def test_without_a_definition_there_is_no_graph_and_no_error(admin_client, sfn, now):
    sfn.faults["DescribeStateMachineForExecution"] = Refused("AccessDeniedException")
    [row] = mirrored(sfn, told().ends("FAILED", END), now=now)

    response = admin_client.get(address(row))

    assert response.status_code == HTTPStatus.OK
    assert "State graph" not in response.content.decode()
    assert 'id="step-0"' in response.content.decode()


def test_a_machine_too_large_to_draw_says_so(admin_client, sfn, now):
    sfn.revisions[0].definition = {
        "StartAt": "S0",
        "States": {f"S{number}": {"Type": "Pass", "Next": "S0"} for number in range(400)},
    }
    [row] = mirrored(sfn, told().ends("FAILED", END), now=now)

    response = admin_client.get(address(row))

    assert "too many states for one drawing" in response.content.decode()
    assert states(response) == {}


def test_a_definition_that_is_none_is_no_error(admin_client, sfn, now):
    sfn.revisions[0].definition = {"StartAt": "Nowhere"}
    [row] = mirrored(sfn, told().ends("FAILED", END), now=now)

    response = admin_client.get(address(row))

    assert response.status_code == HTTPStatus.OK
    assert "State graph" not in response.content.decode()


def test_a_step_on_a_later_page_is_linked_there(admin_client, sfn, now):
    one = told()
    for number in range(120):
        at = START + number * SECOND
        one.enters("Pass", "CountWait", at)
        one.add("PassStateExited", at, {"name": "CountWait", "output": "{}"})
    [row] = mirrored(sfn, one.ends("FAILED", END), now=now)

    response = admin_client.get(address(row))

    assert reached(response) == {
        "CountWait, Pass, succeeded, 120 visits": f"{address(row)}?after=99#step-119",
        "FetchJobs, Task, failed": f"{address(row)}?after=99#step-120",
    }
    assert 'id="step-119"' in admin_client.get(f"{address(row)}?after=99").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_as_often_for_one_step_as_for_three(
    admin_client, sfn, now, count, django_assert_num_queries
):
    one = told()
    for number in range(count - 1):
        at = START + number * SECOND
        one.enters("Pass", "CountWait", at)
        one.add("PassStateExited", at, {"name": "CountWait", "output": "{}"})
    [row] = mirrored(sfn, one.ends("FAILED", END), now=now)

    # The session, its user, the execution with its definition, a savepoint and its end, its children,
    # the visits for the graph, retries, stops, predecessor, the latest definitions; how many steps there
    # are, in and around iterations, the steps, two for their events; Maps; what it wrote and mailed.
    with django_assert_num_queries(18):
        response = admin_client.get(address(row))

    assert len(reached(response)) == min(count, 2)
    assert Definition.objects.count() == 1


def test_a_real_execution_is_drawn_from_its_start_to_its_end(admin_client, aws):
    arn = aws.start(run_of(aws))
    aws.ended(arn)
    row = services.look_up(arn, now=timezone.now())

    services.read_through(row, now=timezone.now())
    response = admin_client.get(address(row))

    row.refresh_from_db()
    assert "${" not in row.definition.body
    assert list(reached(response)) == [
        "ReadRunEvent, Task, succeeded",
        "FetchJobs, Task, succeeded",
        "IsRateLimited, Choice, succeeded",
        "PriceRun, Task, succeeded",
        "FindRun, Task, succeeded",
        "IsRunKnown, Choice, succeeded",
        "CountRunAndAttempt, Pass, succeeded",
        "StoreRun, Task, succeeded",
        "ShallNotify, Choice, succeeded",
        "ReportResult, Pass, succeeded",
    ]
    # One edge between each two, and one at either end.
    assert response.content.decode().count('class="graph-way is-taken"') == 11
