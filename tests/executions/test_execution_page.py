"""An execution's page in full: tries, redrives, iterations, children, deeds, events, export."""

import io
import json
import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from executions import services
from executions.models import Execution
from executions.views.events import EVENTS_SHOWN
from tests.executions.test_views import HTMX, page, poll_of, text
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.histories import PARENT, Writer, child_of, fan
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
MAIL = {"TopicArn": "arn:aws:sns:us-east-1:1:mails", "Subject": "It is known", "Message": "USD 2"}
RUN = {
    "TransactItems": [
        {"Put": {"TableName": "runs", "Item": {"run_id": {"N": "71"}, "run_attempt": {"N": "1"}}}},
        {"Update": {"TableName": "repositories", "Key": {"repository_id": {"N": "5"}}}},
    ]
}
MEMBER = {"TableName": "members", "Key": {"organization_id": {"N": "42"}, "member": {"S": "7"}}}


def read(sfn, one, now):
    """The row of an execution whose history was looked at."""
    [row] = mirrored(sfn, one, now=now)
    services.look_at(row, now=now)
    work_off(now=now)
    return Execution.objects.get(pk=row.pk)


def step_page(row, number, more=""):
    return reverse("executions:step", args=[row.public_id, number]) + more


@pytest.fixture
def parent(sfn, now):
    """A Map of 120, of which 3 failed and were caught and 1 runs, and some of its children."""
    one = told()
    arn = one.arn.replace(one.name, f"{one.name[:40]}-child-{{}}")
    fan(one, count=120, failed={3, 77, 119}, running={5}, child=arn.format)
    sfn.revisions[0].definition = PARENT
    row = read(sfn, one, now)
    ends = {3: "FAILED", 77: "FAILED", 4: "SUCCEEDED", 5: None}
    mirrored(sfn, *(child_of(one, index, ends=end) for index, end in ends.items()), now=now)
    return row


def test_each_try_is_drawn_and_told_with_the_wait_between(admin_client, sfn, now):
    one = told()
    writer = Writer(one)
    writer.task("ReadRunEvent", "GitHubUnavailable", "States.Timeout", pause=4)
    row = read(sfn, writer.ends("SUCCEEDED", output="{}"), now)

    response = admin_client.get(page(row))

    html = response.content.decode()
    kinds = re.findall(r'class="timeline-bar timeline-(\w+)"', html)
    assert kinds == ["failed", "pause", "failed", "pause", "succeeded"]
    assert "<title>Waited 4 s</title>" in html
    assert "3 tries, 12 s between them" in text(response)
    assert "waiting for the next try" in text(response)


def test_redrives_stand_in_the_picture_and_between_the_steps(admin_client, sfn, now):
    one = told(started_at=now - timedelta(days=5))
    writer = Writer(one, one.started_at)
    writer.fails("ReadRunEvent", "GitHubUnavailable")
    writer.at += timedelta(days=2)
    one.redriven(writer.at)
    call = {"resource": "invoke", "resourceType": "lambda"}
    writer.add("TaskScheduled", call)
    writer.add("TaskSucceeded", call)
    writer.add("TaskStateExited", {"name": "ReadRunEvent", "output": "{}"})
    writer.fails("FetchJobs", "GitHubUnavailable")
    writer.at += timedelta(days=2)
    one.redriven(writer.at)
    writer.add("TaskScheduled", call)
    writer.again_fails("GitHubUnavailable")
    row = read(sfn, one, now)

    response = admin_client.get(page(row))

    html, shown = response.content.decode(), text(response)
    assert html.count('class="timeline-mark is-redrive"') == 2 * 2
    assert re.search(
        r"ReadRunEvent Task resumed .* Resumed \(1\) .* FetchJobs Task resumed", shown
    )
    assert "Resumed (2)" in shown
    assert "Nothing ran for 2 d 0 h: drawn short" in shown


def test_a_step_says_what_it_made_of_its_input(admin_client, sfn, now):
    one = told()
    writer = Writer(one)
    writer.task("ReadRunEvent", given='{"a": 1, "b": 2}', gave='{"a": 7, "c": null}')
    row = read(sfn, writer.ends("SUCCEEDED", output="{}"), now)

    on_page, alone = text(admin_client.get(page(row))), text(admin_client.get(step_page(row, 0)))

    said = "changed $.a 1 7 removed $.b 2 added $.c null"
    assert f"What it changed: 1 added, 1 removed, 1 changed {said}" in on_page
    assert said in alone


def test_long_data_stands_on_the_steps_own_page(admin_client, sfn, now):
    long = json.dumps({"text": "long " * 2_000})
    one = told()
    writer = Writer(one)
    writer.task("ReadRunEvent", given=long, gave="{}")
    row = read(sfn, writer.ends("SUCCEEDED", output="{}"), now)

    on_page, alone = admin_client.get(page(row)), admin_client.get(step_page(row, 0))

    assert "long long" not in text(on_page)
    assert "Input, 9.8 KB" in text(on_page)
    assert "long long" in text(alone)


def test_what_was_written_and_mailed_is_told_with_links(admin_client, sfn, now):
    one = told()
    writer = Writer(one)
    calls = (
        ("StoreRun", "aws-sdk:dynamodb", "transactWriteItems", RUN),
        ("StoreMember", "dynamodb", "updateItem", MEMBER),
        ("StoreMember", "dynamodb", "updateItem", MEMBER),
        ("NotifyDone", "sns", "publish", MAIL),
        ("FindRun", "dynamodb", "getItem", MEMBER),
    )
    for state, kind, call, given in calls:
        writer.task(state, kind=kind, resource=call, parameters=json.dumps(given))
    row = read(sfn, writer.ends("SUCCEEDED", output="{}"), now)

    response = admin_client.get(page(row))

    shown = text(response)
    did = shown[shown.index("What it did") : shown.index("Execution mirror")]
    assert "Put run_id 71 , run_attempt 1 in runs by StoreRun" in did
    assert "Update repository_id 5 in repositories by StoreRun" in did
    assert "Update organization_id 42 , member 7 in members , 2 times by StoreMember" in did
    assert "Mailed “It is known” to the topic mails by NotifyDone USD 2" in did
    assert "FindRun" not in did
    assert 'href="/costs/runs/71/"' in response.content.decode()
    assert 'href="/members/42/7/"' in response.content.decode()


def test_what_failed_has_written_nothing(admin_client, sfn, now):
    one = told()
    call = {"resource": "updateItem", "resourceType": "dynamodb"}
    writer = Writer(one)
    writer.add("TaskStateEntered", {"name": "StoreMember", "input": "{}"})
    writer.add("TaskScheduled", call | {"parameters": json.dumps(MEMBER)})
    writer.again_fails("DynamoDB.ConditionalCheckFailedException")

    response = admin_client.get(page(read(sfn, one, now)))

    assert "What it did" not in text(response)


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


def test_a_later_page_of_steps_asks_for_itself(admin_client, sfn, now):
    one = told()
    writer = Writer(one)
    for number in range(105):
        writer.task(f"State{number}")
    row = read(sfn, one, now)

    response = admin_client.get(f"{page(row)}?after=99")

    assert poll_of(response, "execution") == "every 2s"
    assert f'hx-get="{page(row)}?after=99"' in response.content.decode()
    assert f'hx-post="{page(row, "stop")}?after=99"' in response.content.decode()


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


def test_a_history_that_lacks_its_end_says_so(admin_client, sfn, now):
    one = told()
    row = read(sfn, one, now)
    one.status, one.stopped_at = "ABORTED", now  # no event tells of it
    hear(one.status_event(), now=now)
    work_off(now=now + timedelta(minutes=5))
    work_off(now=now + timedelta(minutes=9))

    shown = text(admin_client.get(page(row)))

    assert "AWS's history did not reach the end of the execution" in shown.replace("&#x27;", "'")


def test_an_input_that_eventbridge_dropped_is_owned_up_to(admin_client, sfn, now):
    [row] = mirrored(sfn, told().ends("FAILED", START), now=now)
    Execution.objects.filter(pk=row.pk).update(packed_input=None)

    shown = text(admin_client.get(page(row)))

    assert "Its input is not known here: EventBridge leaves out what is larger" in shown


def test_stopping_is_a_quiet_line_while_it_runs_and_gone_when_it_has_ended(admin_client, sfn, now):
    one = told()
    row = read(sfn, one, now)

    running = text(admin_client.get(page(row)))
    hear(one.ends("SUCCEEDED", START).status_event(), now=timezone.now())
    ended = text(admin_client.get(page(row)))

    assert "Stop this execution" in running
    assert "Stop this execution" not in ended
