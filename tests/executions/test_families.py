"""Failures of one kind stand together, leave when somebody takes note, and come back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions import selectors, services
from executions.families import kind_of, normalised
from executions.models import Execution, Family
from tests.factories.executions import mirrored, told, work_off
from tests.factories.step_functions import START

END = START + timedelta(minutes=5)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("cause", "family"),
    [
        (
            "GitHub answered 502 to GET /repos/acme/web/actions/runs/77",
            "GitHub answered 502 to GET /repos/<repository>/actions/runs/<number>",
        ),
        (
            "run 12345678901 of 3.5 s at 2026-11-23T10:00:00Z",
            "run <number> of <number> s at <time>",
        ),
        ("ann@acme.example is unknown", "<e-mail> is unknown"),
        ("delivery 1da0615c-25e1-408e-86e7-30022af38978 twice", "delivery <id> twice"),
        ("commit 0a1b2c3d4e5f is gone", "commit <hash> is gone"),
        ("see https://api.github.com/x?y=1, please", "see <url>, please"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:f failed", "<arn> failed"),
        ("deadbeef and decade are words", "deadbeef and decade are words"),
        ("  two\n lines ", "two lines"),
    ],
)
def test_what_differs_between_failures_of_one_kind_is_replaced(cause, family):
    assert normalised(cause) == family


@given(st.text(), st.text(max_size=40))
def test_any_cause_has_a_bounded_normal_form_that_stays_as_it_is(cause, subject):
    once = normalised(cause, subjects=[subject] if subject else [])

    assert len(once) <= 300
    assert (
        len(
            kind_of(
                state_machine="m",
                status="FAILED",
                failed_step="A/3/B",
                error="E",
                cause=cause,
                subject=subject,
            ).key
        )
        == 64
    )


def test_iterations_and_subjects_make_no_other_kind():
    def kind(number, login):
        return kind_of(
            state_machine="onboard-member",
            status="FAILED",
            failed_step=f"AddToTeams/{number}/AddToTeam",
            error="PersonUnknown",
            cause=f"the directory does not know {login}",
            subject=login,
        )

    assert kind(1, "ann") == kind(22, "bob-the-builder")
    assert kind(1, "ann").state == "AddToTeams/*/AddToTeam"
    assert kind(1, "ann").cause == "the directory does not know <subject>"


def fail(sfn, number, *, now, error="GitHubUnavailable", cause="GitHub answered 502", end=END):
    one = told(number, started_at=end - timedelta(minutes=1))
    [row] = mirrored(sfn, one.ends("FAILED", end, error=error, cause=cause), now=now)
    return row


def open_names():
    return set(Execution.objects.filter(needs_attention=True).values_list("name", flat=True))


@pytest.mark.django_db
def test_failures_of_one_kind_are_one_family(sfn, now):
    rows = [fail(sfn, 1, now=now), fail(sfn, 2, now=now), fail(sfn, 3, now=now, error="Other")]

    first, second, other = [row.family for row in rows]
    assert first == second != other
    [latest, *_] = selectors.families(handled=False, now=now)
    counted = {one.family.error: one.open for one in selectors.families(handled=False, now=now)}
    assert counted == {"GitHubUnavailable": 2, "Other": 1}
    assert sum(latest.by_day) > 0
    assert first.state == "FetchJobs"


@pytest.mark.django_db
def test_an_acknowledged_family_leaves_the_list_and_comes_back_when_it_recurs(
    sfn, now, admin_user
):
    old = fail(sfn, 1, now=now)
    services.acknowledge(family=old.family, user=admin_user, note="GitHub was away", now=now)

    assert selectors.families(handled=False, now=now) == []
    assert open_names() == set()
    assert [one.family.note for one in selectors.families(handled=True, now=now)] == [
        "GitHub was away"
    ]

    new = fail(sfn, 2, now=now + HOUR, end=now + HOUR)

    [back] = selectors.families(handled=False, now=now + HOUR)
    assert back.family == old.family
    assert back.family.recurred_at == now + HOUR
    assert back.family.note == "GitHub was away"  # what was known about it stays
    assert open_names() == {new.name}  # the old one was noted


@pytest.mark.django_db
def test_reading_a_noted_failure_again_brings_nothing_back(sfn, now):
    row = fail(sfn, 1, now=now)
    services.acknowledge(family=row.family, user=None, note="", now=now)
    services.look_at(row, now=now + HOUR)
    Execution.objects.update(work_state="waiting", not_before=now, history_wanted=True)

    work_off(now=now + HOUR)

    assert Family.objects.get().acknowledged_at == now
    assert open_names() == set()


@pytest.mark.django_db
def test_a_family_whose_failures_were_put_right_leaves_the_list_and_comes_back(sfn, now):
    row, other = fail(sfn, 1, now=now), fail(sfn, 2, now=now, error="Other")
    services.request_retry(execution=row, user=None, now=now)
    work_off(now=now)

    assert [one.family for one in selectors.families(handled=False, now=now)] == [other.family]
    assert [one.family for one in selectors.families(handled=True, now=now)] == [row.family]

    sfn.executions[row.arn].ends("FAILED", now + HOUR)
    Execution.objects.update(work_state="waiting", not_before=now)
    work_off(now=now + HOUR)

    assert len(selectors.families(handled=False, now=now)) == 2
    assert selectors.families(handled=True, now=now) == []


@pytest.mark.django_db
def test_a_family_is_acknowledged_once(sfn, now):
    row = fail(sfn, 1, now=now)
    services.acknowledge(family=row.family, user=None, note="", now=now)

    with pytest.raises(services.AlreadyAcknowledged):
        services.acknowledge(family=row.family, user=None, note="", now=now)


@pytest.mark.django_db
def test_what_was_retried_or_started_anew_needs_no_attention(sfn, now):
    retried = fail(sfn, 1, now=now)
    [replaced] = mirrored(sfn, told(2).fails_in_fail_state(END), now=now)
    assert open_names() == {retried.name, replaced.name}

    for row in (retried, replaced):
        services.request_retry(execution=row, user=None, now=now)
    work_off(now=now)

    assert open_names() == set()


@pytest.mark.django_db
def test_a_retry_that_fails_again_needs_attention_again(sfn, now):
    row = fail(sfn, 1, now=now)
    services.request_retry(execution=row, user=None, now=now)
    work_off(now=now)
    sfn.executions[row.arn].ends("FAILED", now + HOUR)
    Execution.objects.update(work_state="waiting", not_before=now)

    work_off(now=now + HOUR)

    assert open_names() == {row.name}


def test_a_failure_without_an_error_bears_the_name_of_its_status():
    kind = kind_of(
        state_machine="m", status="TIMED_OUT", failed_step="", error="", cause="", subject=""
    )

    assert kind.error == "TIMED_OUT"
