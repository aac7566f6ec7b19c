"""An execution's page: steps, tries, redrives, data, deeds, and what is missing."""

import json
import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse
from django.utils import timezone

from executions.models import Execution, Retry
from tests.executions.pages import HTMX, LIST, page, poll_of, read, step_page, text
from tests.factories.executions import guid, hear, mirrored, told, work_off
from tests.factories.histories import Writer
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
MAIL = {"TopicArn": "arn:aws:sns:us-east-1:1:mails", "Subject": "It is known", "Message": "USD 2"}
RUN = {
    "TransactItems": [
        {"Put": {"TableName": "runs", "Item": {"run_id": {"N": "71"}, "run_attempt": {"N": "1"}}}},
        {"Update": {"TableName": "repositories", "Key": {"repository_id": {"N": "5"}}}},
    ]
}
MEMBER = {"TableName": "members", "Key": {"organization_id": {"N": "42"}, "member": {"S": "7"}}}


@pytest.mark.parametrize("name", ["detail", "events", "retry"])
def test_anonymous_people_see_and_change_nothing_of_an_execution(client, failed, name):
    response = (
        client.post(page(failed, name)) if name == "retry" else client.get(page(failed, name))
    )

    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"].startswith("/sign-in/")
    assert not Retry.objects.exists()


def test_a_failure_explains_itself_and_offers_one_button(admin_client, failed):
    response = admin_client.get(page(failed))

    shown = text(response)
    assert "GitHubUnavailable GitHub did not answer" in shown
    assert "GET /jobs answered 502" in shown
    assert "It resumes at FetchJobs, which failed with GitHubUnavailable." in shown
    assert response.content.decode().count("Resume where it failed</button>") == 1
    assert f"/deliveries/{failed.delivery}/" in response.content.decode()
    assert poll_of(response, "execution") is None


def test_the_steps_stand_with_their_input_and_output(admin_client, sfn, now):
    one = told(1).ends("SUCCEEDED", END, output='{"jobs": 3}', state="PriceRun")
    [row] = mirrored(sfn, one, now=now)
    admin_client.get(page(row))
    work_off(now=timezone.now())

    html = admin_client.get(page(row)).content.decode()

    assert "PriceRun" in html
    assert "timeline-succeeded" in html
    assert html.count("octo-org/octo-repo") > 1
    assert '<span class="j-key">&quot;jobs&quot;</span>' in html


def test_a_history_that_nobody_looked_at_is_being_read_and_then_stands_there(
    admin_client, sfn, now
):
    [row] = mirrored(sfn, told(1).ends("SUCCEEDED", END), now=now)

    first = admin_client.get(page(row))
    work_off(now=timezone.now())
    second = admin_client.get(page(row))

    assert "Reading its history from AWS" in text(first)
    assert poll_of(first, "execution") == "every 2s"
    assert "FetchJobs" in text(second)
    assert poll_of(second, "execution") is None


def test_a_page_that_did_not_change_is_not_sent_again(admin_client, sfn, now):
    one = told(1)
    [row] = mirrored(sfn, one, now=now)
    admin_client.get(page(row))
    work_off(now=timezone.now())
    tag = admin_client.get(page(row))["HX-PTag"]

    same = admin_client.get(page(row), headers={**HTMX, "HX-PTag": tag})
    hear(one.ends("SUCCEEDED", END).status_event(), now=timezone.now())
    other = admin_client.get(page(row), headers={**HTMX, "HX-PTag": tag})

    assert same.status_code == HTTPStatus.NOT_MODIFIED
    assert other.status_code == HTTPStatus.OK
    assert b"<html" not in other.content


def test_a_failing_aws_is_told_on_the_page(admin_client, sfn, now):
    [row] = mirrored(sfn, told(1).ends("SUCCEEDED", END), now=now)
    sfn.faults["DescribeExecution"] = Refused("AccessDeniedException", "no such permission")
    admin_client.get(page(row))
    work_off(now=timezone.now())

    shown = text(admin_client.get(page(row)))

    assert "AWS could not be asked just now" in shown
    assert "no such permission" in shown


def test_what_aws_has_forgotten_is_not_waited_for(admin_client, sfn, now):
    [row] = mirrored(sfn, told(1), now=now)
    sfn.executions.clear()
    admin_client.get(page(row))
    work_off(now=timezone.now())
    row.refresh_from_db()

    response = admin_client.get(page(row))

    assert "AWS no longer knows this execution" in text(response)


def test_an_unknown_execution_is_not_found(admin_client):
    assert admin_client.get(f"{LIST}{guid(99)}/").status_code == HTTPStatus.NOT_FOUND
    assert admin_client.get(f"{LIST}{guid(99)}/events/").status_code == HTTPStatus.NOT_FOUND
    assert admin_client.post(f"{LIST}{guid(99)}/retry/").status_code == HTTPStatus.NOT_FOUND


def test_many_steps_are_cut_into_pages(admin_client, sfn, now):
    one = told(1)
    for number in range(230):
        one.enters("Pass", f"State{number}", END)
        one.add("PassStateExited", END, {"name": f"State{number}", "output": "{}"})
    [row] = mirrored(sfn, one.ends("FAILED", END), now=now)

    first, second, third = (
        text(admin_client.get(f"{page(row)}{query}")) for query in ("", "?after=99", "?after=199")
    )

    assert "1-100 of 231" in first
    assert "101-200 of 231" in second
    assert "201-231 of 231" in third
    assert "State100" not in first
    assert "State100" in second
    assert "State230" not in second
    assert "FetchJobs Task" in third


@pytest.mark.parametrize("query", ["?after=999", "?after=-1", "?after=x", "?after=é"])
def test_a_place_beyond_the_steps_is_the_first_page(admin_client, failed, query):
    assert "1-1 of 1" in text(admin_client.get(f"{page(failed)}{query}"))


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


@pytest.mark.parametrize("name", ["list", "detail", "events", "find"])
def test_pages_obey_the_policy_that_forbids_inline_style_and_script(admin_client, failed, name):
    url = page(failed, name) if name in ("detail", "events") else reverse(f"executions:{name}")

    html = admin_client.get(url).content.decode()

    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
