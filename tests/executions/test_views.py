"""The pages: filled, empty, failing, refused; with htmx and without."""

import re
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from executions import services
from executions.models import Execution, Retry
from tests.factories.executions import guid, hear, mirrored, told, work_off
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
LIST = "/executions/"
HTMX = {"HX-Request": "true"}


def page(execution, name="detail"):
    return reverse(f"executions:{name}", args=[execution.public_id])


def text(response):
    """What a person reads, in one line."""
    html = re.sub(
        r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\N{EN DASH}", "-").split())


def poll_of(response, element):
    """When the live part asks again; None when it does not."""
    found = re.search(rf'<div\s+id="{element}"([^>]*)>', response.content.decode())
    trigger = re.search(r'hx-trigger="([^"]*)"', found[1])
    return trigger and trigger[1]


@pytest.fixture
def failed(sfn, now):
    cause = '{"errorMessage": "GET /jobs answered 502", "errorType": "GitHubUnavailable"}'
    [row] = mirrored(sfn, told(7).ends("FAILED", END, cause=cause), now=now)
    return row


@pytest.mark.parametrize("name", ["list", "find"])
def test_anonymous_people_are_asked_to_sign_in(client, name):
    response = client.get(reverse(f"executions:{name}"))

    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", ["detail", "events", "retry"])
def test_anonymous_people_see_and_change_nothing_of_an_execution(client, failed, name):
    response = (
        client.post(page(failed, name)) if name == "retry" else client.get(page(failed, name))
    )

    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"].startswith("/sign-in/")
    assert not Retry.objects.exists()


def test_an_empty_list_says_what_will_stand_there(admin_client):
    response = admin_client.get(LIST)

    assert response.status_code == HTTPStatus.OK
    assert "Nothing has run yet" in text(response)


def test_the_list_shows_each_execution_with_what_a_retry_would_do(admin_client, sfn, now):
    mirrored(
        sfn,
        told(1, repository="octo-org/good").ends("SUCCEEDED", END),
        told(2, repository="octo-org/bad").ends("FAILED", END),
        told(3, repository="octo-org/refused").fails_in_fail_state(END),
        now=now,
    )

    shown = text(admin_client.get(LIST))

    assert re.search(r"octo-org/refused .* Failed Refused .* Start anew octo-org/bad", shown)
    assert re.search(r"octo-org/bad .* Failed GitHubUnavailable .* Resume where it failed", shown)
    assert re.search(r"octo-org/good .* Succeeded", shown)
    assert "3 of 3" in shown


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=FAILED", {2}),
        ("status=failed", {2}),
        ("state_machine=workflow-cost", {1, 2, 3}),
        ("state_machine=onboard-member", set()),
        ("subject=Octo-Org/One", {1}),
        (f"delivery={guid(3)}", {3}),
        ("q=octo-org/one", {1}),
        (f"q={guid(2)}", {2}),
        (f"q=workflow_run-{guid(2)}", {2}),
        ("q=nothing", set()),
        ("status=RUNNING&q=octo-org/one", set()),
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

    assert response.status_code == HTTPStatus.OK
    shown = {
        number
        for number in (1, 2, 3)
        if f"workflow_run-{guid(number)}<" in response.content.decode()
    }
    assert shown == numbers
    assert ("No execution matches" in text(response)) == (not numbers)


def test_a_filter_by_arn_finds_one(admin_client, failed):
    response = admin_client.get(f"{LIST}?q={quote(failed.arn)}")

    assert failed.name in text(response)


@pytest.mark.parametrize("query", ["status=WRONG", "delivery=7", f"subject={'x' * 300}"])
def test_a_filter_that_makes_no_sense_is_named(admin_client, failed, query):
    response = admin_client.get(f"{LIST}?{query}")

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert query.partition("=")[0] in text(response)
    assert failed.name in text(response)


def test_the_list_is_cut_into_pages_that_keep_the_filter(admin_client, sfn, now):
    mirrored(sfn, *(told(n).ends("SUCCEEDED", END) for n in range(60)), now=now)

    first = admin_client.get(f"{LIST}?status=SUCCEEDED")
    older = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace(
        "&amp;", "&"
    )
    second = admin_client.get(older)

    assert "50 of 60" in text(first)
    assert "status=SUCCEEDED" in older
    assert "10 of 60" in text(second)
    assert poll_of(second, "executions") is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_often_for_one_row_as_for_three(
    admin_client, sfn, now, count, django_assert_num_queries
):
    rows = mirrored(sfn, *(told(n).fails_in_fail_state(END) for n in range(count)), now=now)
    for row in rows:
        services.request_retry(execution=row, user=None, now=now)
    work_off(now=now)
    Execution.objects.filter(name__endswith="-2").update(started_at=START - timedelta(days=9))
    admin_client.get(LIST)  # what is cached for all

    # The session, its user, the rows (all of them, so that none counts them), how fresh it is.
    with django_assert_num_queries(4):
        response = admin_client.get(LIST)

    assert response.status_code == HTTPStatus.OK


def test_the_day_is_drawn_and_told_in_words(admin_client, sfn):
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    mirrored(
        sfn,
        told(1, started_at=hour).ends("FAILED", now),
        told(2, started_at=hour - timedelta(hours=3)).ends("SUCCEEDED", now),
        told(3, started_at=hour - timedelta(hours=30)).ends("SUCCEEDED", now),
        now=now,
    )

    html = admin_client.get(LIST).content.decode()

    assert "1 succeeded" in html
    assert f"<title>{hour:%H}:00 UTC: 1 failed</title>" in html
    assert f"<title>{hour - timedelta(hours=3):%H}:00 UTC: 1 succeeded</title>" in html
    assert html.count('class="day-ok"') == 1


def test_the_first_page_asks_again_sooner_while_something_runs(admin_client, sfn, now):
    one = told(1)
    mirrored(sfn, one, now=now)
    running = poll_of(admin_client.get(LIST), "executions")
    hear(one.ends("SUCCEEDED", END).status_event(), now=now)

    ended = poll_of(admin_client.get(LIST), "executions")

    assert (running, ended) == ("every 2s", "every 10s")


def test_a_list_that_did_not_change_is_not_sent_again(admin_client, sfn, now):
    one = told(1)
    mirrored(sfn, one, now=now)
    tag = admin_client.get(LIST)["HX-PTag"]

    same = admin_client.get(LIST, headers={**HTMX, "HX-PTag": tag})
    hear(one.ends("SUCCEEDED", END).status_event(), now=now)
    other = admin_client.get(LIST, headers={**HTMX, "HX-PTag": tag})

    assert (same.status_code, same.content) == (HTTPStatus.NOT_MODIFIED, b"")
    assert other.status_code == HTTPStatus.OK
    assert other["HX-PTag"] != tag
    assert b"<html" not in other.content


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


def test_raw_events_that_were_not_read_yet_say_so(admin_client, sfn, now):
    [row] = mirrored(sfn, told(1).ends("SUCCEEDED", END), now=now)

    assert "has not been read yet" in text(admin_client.get(page(row, "events")))


def test_one_click_retries_without_javascript(admin_client, sfn, failed):
    response = admin_client.post(page(failed, "retry"), follow=True)
    under_way = text(response)
    work_off(now=timezone.now())
    resumed = admin_client.get(page(failed))

    assert response.redirect_chain == [(page(failed), 302)]
    assert "A retry is already under way." in under_way
    assert "asked for by admin" in under_way
    assert poll_of(response, "execution") == "every 2s"
    assert "AWS resumed the execution." in text(resumed)
    assert "Running" in text(resumed)
    assert poll_of(resumed, "execution") == "every 2s"
    assert sfn.executions[failed.arn].redrive_count == 1


def test_one_click_retries_in_place_with_javascript(admin_client, failed):
    response = admin_client.post(page(failed, "retry"), headers=HTMX)

    assert response.status_code == HTTPStatus.OK
    assert b"<html" not in response.content
    assert "A retry is already under way." in text(response)
    assert f'hx-get="{page(failed)}"' in response.content.decode()


def test_a_second_click_is_told_why_nothing_happened(admin_client, failed):
    admin_client.post(page(failed, "retry"))

    plain = admin_client.post(page(failed, "retry"), follow=True)
    in_place = admin_client.post(page(failed, "retry"), headers=HTMX)

    assert "A retry is already under way." in text(plain)
    assert in_place.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "A retry is already under way." in text(in_place)
    assert Retry.objects.count() == 1


def test_the_page_leads_on_to_the_execution_that_was_started_anew(admin_client, sfn, now):
    [old] = mirrored(sfn, told(7).fails_in_fail_state(END), now=now)
    admin_client.post(page(old, "retry"))
    work_off(now=timezone.now())
    new = Execution.objects.get(name=f"{old.name}-2")

    from_old, from_new = admin_client.get(page(old)), admin_client.get(page(new))

    assert f"Follow {new.name}" in text(from_old)
    assert page(new) in from_old.content.decode()
    assert "Started anew in place of" in text(from_new)
    assert page(old) in from_new.content.decode()


def test_a_retry_wants_a_token_against_forgery(failed, admin_user):
    from django.test import Client  # noqa: PLC0415 -- the one client here that checks it

    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.post(page(failed, "retry")).status_code == HTTPStatus.FORBIDDEN
    assert not Retry.objects.exists()


def test_the_link_of_a_mail_leads_to_the_page(admin_client, failed):
    response = admin_client.get(f"{LIST}find/?arn={quote(failed.arn)}")

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


@pytest.mark.parametrize("name", ["list", "detail", "events", "find"])
def test_pages_obey_the_policy_that_forbids_inline_style_and_script(admin_client, failed, name):
    url = page(failed, name) if name in ("detail", "events") else reverse(f"executions:{name}")

    html = admin_client.get(url).content.decode()

    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
