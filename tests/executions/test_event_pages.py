"""The raw events of an execution, and its history as a file."""

import io
import json
import re
from datetime import timedelta

import pytest
from django.core.management import call_command

from executions.views.events import EVENTS_SHOWN
from tests.executions.pages import HTMX, page, read, step_page, text
from tests.factories.executions import mirrored, told
from tests.factories.histories import Writer
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)


def test_raw_events_are_shown_in_pages(admin_client, sfn, now):
    one = told(1)
    for number in range(40):
        one.enters("Pass", f"State{number}", END)
        one.add("PassStateExited", END, {"name": f"State{number}", "output": "{}"})
    [row] = mirrored(sfn, one.ends("FAILED", END), now=now)

    first = admin_client.get(page(row, "events"))
    second = admin_client.get(f"{page(row, 'events')}?after=50", headers=HTMX)

    assert "1-50 of 85" in text(first)
    assert "ExecutionStarted" in text(first)
    assert "51-85 of 85" in text(second)
    assert "ExecutionFailed" in text(second)
    assert b"<html" not in second.content


def test_each_event_tells_its_time_to_the_millisecond(admin_client, sfn, now):
    one = told(1)
    one.enters("Pass", "Wave", one.started_at + timedelta(milliseconds=1_234))
    [row] = mirrored(sfn, one.ends("FAILED", END), now=now)

    shown = text(admin_client.get(page(row, "events")))

    assert "PassStateEntered +1.234 s 23 Nov 2026, 10:00:02.234 UTC" in shown


def test_raw_events_that_were_not_read_yet_say_so(admin_client, sfn, now):
    [row] = mirrored(sfn, told(1).ends("SUCCEEDED", END), now=now)

    assert "has not been read yet" in text(admin_client.get(page(row, "events")))


def events_of(response):
    return [int(one) for one in re.findall(r'id="event-(\d+)"', response.content.decode())]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=failed", [5]),
        ("type=TASKSTATE", [2, 9, 10, 14]),
        ("state=fetchjobs", [10, 11, 12, 13, 14]),
        ("state=FetchJobs&type=Scheduled", [11]),
        ("step=0", [2, 3, 4, 5, 6, 7, 8, 9]),
        ("q=OCTO", [10]),
        ('q="who": "Octo"', [10]),
        ("q=nothing", []),
        ("step=77", []),
        ("step=x", [*range(1, 15)]),
    ],
)
def test_events_are_found_by_type_state_step_and_text(admin_client, sfn, now, query, found):
    one = told(repository="some/thing")
    writer = Writer(one)
    writer.task("ReadRunEvent", "Busy")
    writer.task("FetchJobs", given='{"who": "Octo"}')
    row = read(sfn, one, now)

    response = admin_client.get(f"{page(row, 'events')}?{query}")

    assert events_of(response) == found
    assert ("No event is like that" in text(response)) == (not found)


@pytest.mark.parametrize("count", [1, 3])
def test_the_events_ask_as_often_for_one_step_as_for_three(
    admin_client, sfn, now, count, django_assert_num_queries
):
    one = told()
    writer = Writer(one)
    for number in range(count):
        writer.task(f"State{number}")
    row = read(sfn, one, now)

    # The session, its user, the execution, the pages of events, their steps, the names of the states.
    with django_assert_num_queries(6):
        response = admin_client.get(page(row, "events"))

    assert response.content.decode().count('<option value="State') == count


def test_found_events_are_paged_and_lead_to_their_step(admin_client, sfn, now):
    one = told()
    writer = Writer(one)
    for _ in range(EVENTS_SHOWN + 3):
        writer.task("ReadRunEvent")
    row = read(sfn, one, now)

    first = admin_client.get(f"{page(row, 'events')}?type=Scheduled", headers=HTMX)
    older = re.search(r'rel="next"\s+href="([^"]+)"', first.content.decode())[1]
    second = admin_client.get(older.replace("&amp;", "&"), headers=HTMX)

    assert len(events_of(first)) == EVENTS_SHOWN
    assert len(events_of(second)) == 3
    assert set(events_of(first)).isdisjoint(events_of(second))
    assert f'href="{step_page(row, 52)}"' in second.content.decode()


def exported(admin_client, row):
    response = admin_client.get(page(row, "history-export"))
    return response, b"".join(response.streaming_content).decode()


def test_an_exported_history_is_read_back_as_it_was(admin_client, sfn, now, tmp_path, parent):
    response, body = exported(admin_client, parent)
    file = tmp_path / "export.json"
    file.write_text(body, "utf-8")
    out = io.StringIO()

    call_command("show_history", str(file), "--json", stdout=out)

    folded = json.loads(out.getvalue())
    steps = admin_client.get(f"/api/v1/executions/{parent.public_id}/steps/?page_size=1000").json()
    assert response["Content-Disposition"].startswith('attachment; filename="workflow_run-')
    assert folded["name"] == parent.name
    assert len(folded["steps"]) == len(steps["results"]) == 124
    same = ("state", "path", "iteration", "attempt", "status", "error", "child_execution_arn")
    assert [[one[key] for key in same] for one in folded["steps"]] == [
        [one[key] for key in same] for one in steps["results"]
    ]


def test_an_export_reads_what_nobody_has_looked_at(admin_client, sfn, now):
    [row] = mirrored(sfn, told().ends("SUCCEEDED", START), now=now)

    _, body = exported(admin_client, row)

    assert [event["type"] for event in json.loads(body)["events"]][-1] == "ExecutionSucceeded"


def test_an_export_that_aws_does_not_give_says_why(admin_client, sfn, now):
    [row] = mirrored(sfn, told().ends("SUCCEEDED", START), now=now)
    sfn.faults["DescribeExecution"] = Refused("AccessDeniedException", "no such permission")

    response = admin_client.get(page(row, "history-export"), follow=True)

    assert "Its history could not be read from AWS: " in text(response)
    assert "no such permission" in text(response)
