"""Finding an execution by its ARN, also one that the mirror has not seen."""

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

import pytest

from executions.models import Execution
from tests.executions.pages import LIST, page, text
from tests.factories.executions import told
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)


def test_the_link_of_a_mail_leads_to_the_page(admin_client, failed):
    for arn in (failed.arn, f'{failed.arn}"'):  # a mail's closing quotation mark came along
        response = admin_client.get(f"{LIST}find/?arn={quote(arn)}")

        assert response.status_code == HTTPStatus.FOUND
        assert response["Location"] == page(failed)


def test_an_execution_that_the_mirror_has_not_seen_is_looked_up_on_demand(admin_client, sfn):
    one = sfn.add(told(7).ends("FAILED", END))

    asked = admin_client.get(f"{LIST}find/?arn={quote(one.arn)}")
    looked_up = admin_client.post(f"{LIST}find/", {"arn": one.arn})

    assert asked.status_code == HTTPStatus.NOT_FOUND
    assert "The mirror has not seen this execution yet" in text(asked)
    assert looked_up["Location"] == page(Execution.objects.get())


def test_looking_up_what_aws_does_not_know_says_so(admin_client, sfn):
    response = admin_client.post(f"{LIST}find/", {"arn": told(7).arn})

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert "AWS knows no such execution of this stack." in text(response)


def test_looking_up_while_aws_refuses_says_so(admin_client, sfn):
    sfn.faults["DescribeExecution"] = Refused("AccessDeniedException", "no such permission")

    response = admin_client.post(f"{LIST}find/", {"arn": told(7).arn})

    assert response.status_code == HTTPStatus.BAD_GATEWAY
    assert "no such permission" in text(response)


def test_find_without_an_arn_asks_for_one(admin_client):
    response = admin_client.get(f"{LIST}find/")

    assert response.status_code == HTTPStatus.OK
    assert "ARN of the execution" in text(response)


def test_the_list_leads_from_an_arn_that_it_lacks_to_the_look_up(admin_client):
    arn = "arn:aws:states:us-east-1:000000000000:execution:ghadmin-workflow-cost:a&b"

    text = admin_client.get("/executions/", {"q": arn}).content.decode()

    address = "/executions/find/?arn=arn%3Aaws%3Astates%3Aus-east-1%3A000000000000%3A"
    assert f'href="{address}execution%3Aghadmin-workflow-cost%3Aa%26b"' in text
