import pytest

from core.work import WorkState
from costs.models import RunImport
from executions.models import Execution
from tests.costs.pages import get, text
from tests.factories.costs import (
    NOON,
    ItemFactory,
    record,
)

pytestmark = pytest.mark.django_db

OVERVIEW = "/costs/"


def ended(name, **fields):
    execution = Execution.objects.create(
        arn=name,
        name=name,
        state_machine="workflow-cost",
        status="SUCCEEDED",
        started_at=NOON,
        stopped_at=NOON,
        updated_at=NOON,
        work_state=WorkState.DONE,
    )
    return RunImport.objects.create(execution=execution, **fields)


def test_the_pages_say_what_is_not_counted_yet(client, ada):
    record(ItemFactory())
    ended("a", not_before=NOON, last_error="AWS could not be reached")

    page = text(get(client, OVERVIEW))

    assert "1 result still to be read from DynamoDB" in page
    assert "AWS could not be reached" in page


def test_the_pages_name_what_could_not_be_counted_and_why(client, ada):
    row = ended("workflow_run-1", work_state=WorkState.DEAD, last_error="DynamoDB has no run 5.")

    page = get(client, OVERVIEW)

    assert "1 result could not be read from DynamoDB" in text(page)
    assert "workflow_run-1 : DynamoDB has no run 5." in text(page)
    assert f"/executions/{row.execution.public_id}/" in page.content.decode()


def test_what_could_not_be_counted_is_read_again_on_a_click(client, ada):
    row = ended("workflow_run-1", work_state=WorkState.DEAD, last_error="DynamoDB has no run 5.")

    response = client.post("/costs/imports/retry/", follow=True)

    row.refresh_from_db()
    assert row.work_state == WorkState.WAITING
    assert "1 result is read again." in text(response)


def test_looking_reads_nothing_again(client, ada):
    row = ended("workflow_run-1", work_state=WorkState.DEAD, last_error="DynamoDB has no run 5.")

    assert client.get("/costs/imports/retry/").status_code == 405

    row.refresh_from_db()
    assert row.work_state == WorkState.DEAD


def test_a_stranger_has_nothing_read_again(client):
    row = ended("workflow_run-1", work_state=WorkState.DEAD, last_error="DynamoDB has no run 5.")

    response = client.post("/costs/imports/retry/")

    row.refresh_from_db()
    assert response.status_code == 302
    assert row.work_state == WorkState.DEAD
