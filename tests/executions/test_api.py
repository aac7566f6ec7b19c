"""Executions over REST."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from executions import services
from executions.models import Execution, Retry
from tests.factories.executions import guid, mirrored, told, work_off
from tests.factories.histories import Writer, fan
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
LIST = "/api/v1/executions/"


@pytest.fixture
def failed(sfn, now):
    [row] = mirrored(sfn, told(7).ends("FAILED", END), now=now)
    return row


def url(execution, name=""):
    return f"{LIST}{execution.public_id}/{name}"


def names(response):
    return [one["name"] for one in response.json()["results"]]


@pytest.mark.parametrize("name", ["", "history/", "steps/"])
def test_anonymous_programs_are_refused_in_the_common_shape(client, failed, name):
    response = client.get(url(failed, name))

    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert set(response.json()) == {"code", "message", "fields"}
    assert client.get(LIST).status_code == HTTPStatus.UNAUTHORIZED
    assert client.post(url(failed, "retry/")).status_code == HTTPStatus.UNAUTHORIZED
    assert not Retry.objects.exists()


def test_an_execution_has_exactly_the_documented_fields(admin_client, failed, time_machine):
    time_machine.move_to(END)

    found = admin_client.get(url(failed)).json()

    assert found == {
        "id": str(failed.public_id),
        "arn": failed.arn,
        "name": f"workflow_run-{guid(7)}",
        "state_machine": "workflow-cost",
        "status": "FAILED",
        "started_at": "2026-11-23T10:00:07Z",
        "stopped_at": "2026-11-23T10:05:00Z",
        "error": "GitHubUnavailable",
        "cause": "GitHub answered 502",
        "redrive_count": 0,
        "retry": {
            "action": "redrive",
            "reason": (
                "It resumes at FetchJobs, which failed with GitHubUnavailable."
                " What succeeded before is kept and does not run again."
            ),
            "until": "2026-12-07T10:05:00Z",
        },
        "delivery": str(guid(7)),
        "subject": "octo-org/octo-repo",
        "parent_arn": None,
    }
    assert admin_client.get(LIST).json()["results"] == [found]


def test_what_is_not_there_is_null(admin_client, sfn, now):
    [row] = mirrored(sfn, told(1, input="{}"), now=now)
    Execution.objects.update(delivery=None)

    found = admin_client.get(url(row)).json()

    assert [found[key] for key in ("stopped_at", "error", "cause", "delivery", "parent_arn")] == [
        None
    ] * 5
    assert found["retry"] == {"action": "none", "reason": "It is still running.", "until": None}
    assert found["subject"] == ""


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [3, 2, 1]),
        ("status=FAILED", [2]),
        ("status=failed", [2]),
        ("state_machine=workflow-cost&status=RUNNING", [3]),
        ("state_machine=other", []),
        (f"delivery={guid(1)}", [1]),
        ("subject=octo-org/ONE", [1]),
        ("started_after=2026-11-23T10:00:02Z", [3, 2]),
        ("started_before=2026-11-23T10:00:02Z", [1]),
        ("started_before=2026-11-23T10:00:02+00:00", [1]),  # as isoformat() has it, unescaped
        ("started_before=2026-11-23T12:00:02%2B02:00", [1]),
        ("started_after=2026-11-23T10:00:01Z&started_before=2026-11-23T10:00:03Z", [2, 1]),
    ],
)
def test_filters_let_through_what_fits_all_of_them(admin_client, sfn, now, query, numbers):
    mirrored(
        sfn,
        told(1, repository="octo-org/one").ends("SUCCEEDED", END),
        told(2).ends("FAILED", END),
        told(3),
        now=now,
    )

    response = admin_client.get(f"{LIST}?{query}")

    assert names(response) == [f"workflow_run-{guid(number)}" for number in numbers]


@pytest.mark.parametrize(
    "query", ["status=WRONG", "delivery=7", "started_after=yesterday", "started_before=7"]
)
def test_a_filter_that_makes_no_sense_is_named(admin_client, query):
    response = admin_client.get(f"{LIST}?{query}")

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert list(response.json()["fields"]) == [query.partition("=")[0]]


def test_pages_are_linked_absolutely(admin_client, sfn, now):
    mirrored(sfn, *(told(n).ends("SUCCEEDED", END) for n in range(5)), now=now)

    first = admin_client.get(f"{LIST}?page_size=2")
    second = admin_client.get(first.json()["next"])
    third = admin_client.get(second.json()["next"])

    assert first.json()["previous"] is None
    assert first.json()["next"].startswith("http://testserver/api/v1/executions/?")
    assert [len(names(one)) for one in (first, second, third)] == [2, 2, 1]
    assert len({*names(first), *names(second), *names(third)}) == 5
    assert third.json()["next"] is None
    assert names(admin_client.get(third.json()["previous"])) == names(second)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_often_for_one_row_as_for_three(
    admin_client, sfn, now, count, django_assert_num_queries
):
    rows = mirrored(sfn, *(told(n).fails_in_fail_state(END) for n in range(count)), now=now)
    for row in rows:
        services.request_retry(execution=row, user=None, now=now)
    work_off(now=now)

    with django_assert_num_queries(3):  # the session, its user, the rows
        response = admin_client.get(f"{LIST}?status=FAILED")

    assert len(names(response)) == count
    assert all("started anew" in one["retry"]["reason"] for one in response.json()["results"])


def test_unknown_executions_are_not_found_in_the_common_shape(admin_client):
    for name in ("", "history/", "steps/"):
        response = admin_client.get(f"{LIST}{guid(99)}/{name}")
        assert response.status_code == HTTPStatus.NOT_FOUND
        assert response.json()["code"] == "not_found"
    assert admin_client.post(f"{LIST}{guid(99)}/retry/").status_code == HTTPStatus.NOT_FOUND


def test_steps_are_as_show_history_writes_them_and_there_at_once(admin_client, sfn, now):
    [row] = mirrored(sfn, told(7).ends("SUCCEEDED", END), now=now)

    found = admin_client.get(url(row, "steps/")).json()

    assert found == {
        "results": [
            {
                "number": 0,
                "state": "FetchJobs",
                "type": "Task",
                "path": "FetchJobs",
                "iteration": None,
                "attempt": 1,
                "status": "succeeded",
                "entered_at": "2026-11-23T10:05:00Z",
                "exited_at": "2026-11-23T10:05:00Z",
                "error": None,
                "cause": None,
                "child_execution_arn": None,
                "entered_event_id": 2,
                "exited_event_id": 4,
                "resource": "lambda:invoke",
                "tries": [],
            }
        ],
        "next": None,
        "previous": None,
    }


def test_history_has_the_raw_events_in_pages(admin_client, sfn, now):
    one = told(7).ends("FAILED", END)
    [row] = mirrored(sfn, one, now=now)

    first = admin_client.get(f"{url(row, 'history/')}?page_size=2").json()
    second = admin_client.get(first["next"]).json()
    third = admin_client.get(second["next"]).json()

    events = [*first["results"], *second["results"], *third["results"]]
    assert [(event["id"], event["type"]) for event in events] == [
        (event["id"], event["type"]) for event in one.events
    ]
    assert events[1]["stateEnteredEventDetails"]["input"] == one.input
    assert (first["previous"], third["next"]) == (None, None)
    assert admin_client.get(third["previous"]).json()["results"] == second["results"]


@pytest.mark.parametrize("query", ["after=x", "page_size=0", "page_size=100000"])
def test_a_place_that_makes_no_sense_is_refused(admin_client, failed, query):
    response = admin_client.get(f"{url(failed, 'steps/')}?{query}")

    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_a_history_that_aws_does_not_give_is_an_error_and_no_empty_list(admin_client, sfn, now):
    [row] = mirrored(sfn, told(7).ends("SUCCEEDED", END), now=now)
    sfn.faults["DescribeExecution"] = Refused("AccessDeniedException", "not allowed")

    response = admin_client.get(url(row, "steps/"))

    assert response.status_code == HTTPStatus.BAD_GATEWAY
    assert "not allowed" in response.json()["message"]


def test_retry_answers_with_the_execution_and_does_it(admin_client, admin_user, sfn, failed, now):
    response = admin_client.post(url(failed, "retry/"))
    work_off(now=now + timedelta(days=1))

    assert response.status_code == HTTPStatus.ACCEPTED
    assert response.json()["id"] == str(failed.public_id)
    assert response.json()["retry"]["reason"] == "A retry is already under way."
    assert Retry.objects.get().requested_by == admin_user
    assert sfn.executions[failed.arn].redrive_count == 1
    after = admin_client.get(url(failed)).json()
    assert (after["status"], after["redrive_count"]) == ("RUNNING", 1)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("SUCCEEDED", "It succeeded: there is nothing to retry."),
        ("RUNNING", "It is still running."),
    ],
)
def test_retry_of_what_did_not_fail_is_a_conflict_with_the_reason(
    admin_client, sfn, now, status, reason
):
    one = told(1)
    [row] = mirrored(sfn, one if status == "RUNNING" else one.ends(status, END), now=now)

    response = admin_client.post(url(row, "retry/"))

    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json() == {"code": "nothing_to_retry", "message": reason, "fields": {}}


@pytest.mark.parametrize(
    ("body", "content_type", "named"),
    [
        ('{"inputs": {}}', "application/json", ["inputs"]),
        ('{"input": {}}', "application/x-www-form-urlencoded", ["event"]),
        ("input=%7B%7D", "application/x-www-form-urlencoded", []),
        ("[]", "application/json", ["non_field_errors"]),
    ],
)
def test_an_input_that_cannot_be_read_is_not_taken_for_none(
    admin_client, failed, body, content_type, named
):
    response = admin_client.post(url(failed, "retry/"), body, content_type=content_type)

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert list(response.json()["fields"]) == named
    assert not Retry.objects.exists()


@pytest.mark.parametrize("body", ["", "{}", " "])
def test_a_retry_needs_no_body_whatever_its_type(admin_client, failed, body):
    form = "application/x-www-form-urlencoded"

    response = admin_client.post(url(failed, "retry/"), body, content_type=form)

    assert response.status_code == HTTPStatus.ACCEPTED


def test_a_second_retry_is_a_conflict(admin_client, failed):
    admin_client.post(url(failed, "retry/"))

    response = admin_client.post(url(failed, "retry/"))

    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["message"] == "A retry is already under way."
    assert Retry.objects.count() == 1


@pytest.fixture
def fanned(sfn, now):
    """A Map of four, the third of which was caught, after a task that was tried twice."""
    one = told(7)
    Writer(one).task("ReadRunEvent", "GitHubUnavailable")
    [row] = mirrored(sfn, fan(one, count=4, failed={2}), now=now)
    return row


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("state=NoteFailure", ["OnboardEach/2/NoteFailure"]),
        ("status=caught", ["OnboardEach/2/Onboard"]),
        ("iteration=3", ["OnboardEach/3/Onboard"]),
        ("within=OnboardEach/2", ["OnboardEach/2/Onboard", "OnboardEach/2/NoteFailure"]),
        ("within=OnboardEach/2&status=succeeded", ["OnboardEach/2/NoteFailure"]),
        ("state=Nowhere", []),
    ],
)
def test_steps_are_filtered(admin_client, fanned, query, paths):
    found = admin_client.get(f"{url(fanned, 'steps/')}?{query}").json()

    assert [one["path"] for one in found["results"]] == paths


def test_filtered_steps_are_paged_both_ways(admin_client, fanned):
    first = admin_client.get(f"{url(fanned, 'steps/')}?state=Onboard&page_size=3").json()
    second = admin_client.get(first["next"]).json()

    assert [one["iteration"] for one in first["results"]] == [0, 1, 2]
    assert [one["iteration"] for one in second["results"]] == [3]
    assert second["next"] is None
    assert admin_client.get(second["previous"]).json()["results"] == first["results"]


def test_a_step_tells_each_of_its_tries(admin_client, fanned):
    [step] = admin_client.get(f"{url(fanned, 'steps/')}?state=ReadRunEvent").json()["results"]

    assert [(one["status"], one["error"]) for one in step["tries"]] == [
        ("failed", "GitHubUnavailable"),
        ("succeeded", None),
    ]


@pytest.mark.parametrize(
    ("query", "types"),
    [
        (
            "type=mapstate",
            ["MapStateEntered", "MapStateStarted", "MapStateSucceeded", "MapStateExited"],
        ),
        ("state=NoteFailure", ["PassStateEntered", "PassStateExited"]),
        ("step=0&type=failed", ["TaskFailed"]),
        ("text=Directory does not know", ["TaskFailed"]),
        ("text=no such thing", []),
    ],
)
def test_events_are_filtered(admin_client, fanned, query, types):
    found = admin_client.get(f"{url(fanned, 'history/')}?{query}").json()

    assert [event["type"] for event in found["results"]] == types
    assert (found["next"], found["previous"]) == (None, None)


@pytest.mark.parametrize("query", ["status=odd", "iteration=x", "iteration=-1"])
def test_a_filter_of_steps_that_makes_no_sense_is_named(admin_client, fanned, query):
    response = admin_client.get(f"{url(fanned, 'steps/')}?{query}")

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert list(response.json()["fields"]) == [query.partition("=")[0]]
