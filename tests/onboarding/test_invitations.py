"""Comparing GitHub's invitations with the records."""

from datetime import UTC, datetime, timedelta

import pytest

from core.work import WorkState
from ghkit.github import organizations
from onboarding import services, tasks
from onboarding.enums import MemberState
from onboarding.models import Member, Organization
from onboarding.services import invitations
from tests.factories.members import NOW, days, invitation, person, record, stamp

pytestmark = pytest.mark.django_db

EXPIRED = "Invitation expired. User did not accept this invite for 7 days"


TOMORROW = NOW + days(1)


def check(now=TOMORROW):
    Organization.objects.update(not_before=now)
    services.check_due_invitations(clock=lambda: now)
    return Organization.objects.get()


def states(now=TOMORROW):
    return {str(member): member.state_at(now) for member in Member.objects.all()}


def test_an_open_invitation_gets_githubs_own_dates(people_github, members_table):
    record(person("octocat", status="pending"))
    people_github.invite(5, login="octocat", created_at="2026-11-24T09:00:00Z")

    organization = check()

    member = Member.objects.get()
    assert (member.invitation_id, member.inviter) == (5, "olga")
    assert member.invitation_expires_at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert (organization.found, organization.checked_at) == ({}, NOW + days(1))


@pytest.mark.parametrize(
    ("reason", "kind"), [(EXPIRED, "expired"), ("No more seats are available", "failed")]
)
def test_a_failed_invitation_is_marked_with_githubs_reason_and_named(
    people_github, members_table, reason, kind
):
    record(person("octocat", status="pending", invited_at="2026-11-20T09:00:00Z"))
    people_github.invite(
        5,
        login="octocat",
        created_at="2026-11-20T09:00:00Z",
        failed_at="2026-11-25T10:00:00Z",
        failed_reason=reason,
    )

    organization = check()

    assert organization.found == {kind: ["octocat"]}
    assert states() == {"octocat": MemberState.EXPIRED}
    assert Member.objects.get().invitation_reason == reason


def test_what_failed_before_the_present_invitation_says_nothing_of_it(
    people_github, members_table
):
    record(person("octocat", status="pending", invited_at="2026-11-24T09:00:00Z", invitation_id=6))
    people_github.invite(
        5,
        login="octocat",
        created_at="2026-11-10T09:00:00Z",
        failed_at="2026-11-17T10:00:00Z",
        failed_reason=EXPIRED,
    )
    people_github.members["octocat"] = "pending"

    organization = check()

    assert (organization.found, states()) == ({}, {"octocat": MemberState.PENDING})


def test_who_is_neither_invited_nor_a_member_was_cancelled(people_github, members_table):
    record(person("octocat", status="pending", invited_at=stamp(NOW)))

    organization = check()

    assert organization.found == {"cancelled": ["octocat"]}
    assert states() == {"octocat": MemberState.CANCELLED}


def test_who_accepted_without_an_event_is_onboarded_as_by_that_event_once(
    people_github, members_table
):
    record(person("octocat", github_id=7, status="pending", invited_at=stamp(NOW)))
    people_github.members["octocat"] = "active"

    organization = check()
    check(NOW + days(2))

    assert organization.found == {"accepted": ["octocat"]}
    [(machine, event)] = members_table.started.values()
    assert machine == "onboard-member"
    assert (event["reason"], event["member"]) == ("webhook", {"id": 7, "login": "octocat"})


def test_an_accepted_address_is_found_by_the_companys_record(people_github, members_table):
    record(
        invitation("mona@acme.example"),
        invitation("nobody@acme.example"),
        person("mona", company={"email": "Mona@acme.example"}),
    )

    organization = check()

    assert organization.found == {
        "accepted": ["mona@acme.example"],
        "cancelled": ["nobody@acme.example"],
    }
    assert states()["mona@acme.example"] == MemberState.ACCEPTED
    assert states()["nobody@acme.example"] == MemberState.CANCELLED


def test_whoever_arrives_has_the_invitation_to_the_companys_address_compared_soon(
    people_github, members_table
):
    record(invitation("mona@acme.example"), invitation("nobody@acme.example"))
    people_github.invite(5, email="mona@acme.example")
    people_github.invite(6, email="nobody@acme.example")
    check()
    later = Organization.objects.get().not_before

    record(person("octocat", company={"email": "else@acme.example"}))
    assert Organization.objects.get().not_before == later

    record(person("mona", company={"email": "Mona@acme.example"}))
    assert Organization.objects.get().not_before == NOW + invitations.SOON


def test_an_open_invitation_without_a_record_is_named_once(people_github, members_table):
    record(person("octocat"))
    people_github.invite(5, email="new@acme.example")

    first = check()
    second = check(NOW + days(2))

    assert first.found == second.found == {"unrecorded": ["new@acme.example"]}
    assert second.found_at == NOW + days(1)


def test_whoever_has_left_and_is_invited_again_unheard_is_named(people_github, members_table):
    record(person("octocat", status="removed"), person("mona"))
    people_github.invite(5, login="octocat")

    assert check().found == {"unrecorded": ["octocat"]}


def test_what_was_found_is_not_found_again_and_stays_to_be_read(people_github, members_table):
    record(person("octocat", status="pending", invited_at=stamp(NOW)))

    check()
    organization = check(NOW + days(2))

    assert organization.found == {"cancelled": ["octocat"]}
    assert (organization.found_at, organization.checked_at) == (NOW + days(1), NOW + days(2))


def test_a_check_is_due_again_after_the_set_minutes(people_github, members_table, settings):
    settings.INVITATION_CHECK_MINUTES = 7
    record(person("octocat"))

    organization = check()

    assert organization.work_state == WorkState.WAITING
    assert organization.not_before == NOW + days(1) + timedelta(minutes=7)


def test_a_check_can_be_asked_for_and_the_woken_task_does_it(people_github, members_table):
    record(person("octocat"))
    check()

    services.check_now(now=NOW)
    tasks.check_invitations()

    assert Organization.objects.get().checked_at > NOW + days(-1)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((502, {}, {"message": "Bad gateway"}), "GitHub answered 502"),
        ((403, {}, {"message": "Resource not accessible"}), "GitHub answered 403"),
        ((429, {"Retry-After": "120"}, {}), "rate limit"),
    ],
)
def test_while_github_refuses_a_check_says_so_and_goes_on_by_itself(
    people_github, members_table, refusal, words
):
    record(person("octocat", status="pending", invited_at=stamp(NOW)))
    people_github.refusal = refusal

    organization = check()

    assert organization.work_state == WorkState.WAITING
    assert words in organization.last_error
    assert (organization.strikes, organization.checked_at) == (0, None)
    assert states() == {"octocat": MemberState.PENDING}

    people_github.refusal = None
    assert check(NOW + days(2)).last_error == ""


def test_without_a_github_app_a_check_says_what_to_set(settings, members_table):
    settings.GITHUB_APP_ID = settings.GITHUB_APP_PRIVATE_KEY = ""
    record(person("octocat"))

    assert "GitHub cannot be asked" in check().last_error


def test_what_was_recorded_meanwhile_stands(people_github, members_table, monkeypatch):
    record(person("octocat", github_id=7, status="pending", invited_at=stamp(NOW)))
    ask = organizations.get_membership

    def ask_while_an_import_ends(*arguments, **named):
        record(person("octocat", github_id=7, observed_at=NOW + timedelta(hours=1)))
        return ask(*arguments, **named)

    monkeypatch.setattr(organizations, "get_membership", ask_while_an_import_ends)

    organization = check()

    assert (organization.found, states()) == ({}, {"octocat": MemberState.ACTIVE})
