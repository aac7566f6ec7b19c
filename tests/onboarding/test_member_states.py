"""What pages call a member, told of one row and asked of many."""

from datetime import timedelta

import pytest

from onboarding.enums import InvitationEnd, MemberState, MemberStatus
from onboarding.models import Member
from tests.factories.members import NOW

EXPIRIES = {
    "never": None,
    "past": NOW - timedelta(seconds=1),
    "now": NOW,
    "ahead": NOW + timedelta(seconds=1),
}


@pytest.mark.django_db
@pytest.mark.parametrize("expiry", EXPIRIES)
@pytest.mark.parametrize("end", InvitationEnd)
@pytest.mark.parametrize("status", MemberStatus)
def test_a_filter_finds_exactly_who_is_called_so(status, end, expiry):
    member = Member.objects.create(
        organization_id=42,
        key="7",
        github_id=7,
        login="octocat",
        status=status,
        status_observed_at=NOW,
        invitation_end=end,
        invitation_expires_at=EXPIRIES[expiry],
        updated_at=NOW,
        imported_at=NOW,
        sort_key="octocat",
    )

    found_in = [
        state for state in MemberState if Member.objects.all().in_state(state, now=NOW).exists()
    ]

    assert found_in == [member.state_at(NOW)]


@pytest.mark.parametrize(
    ("status", "end", "expiry", "expected"),
    [
        ("active", "expired", "past", "active"),
        ("removed", "", "past", "removed"),
        ("pending", "", "never", "pending"),
        ("pending", "", "ahead", "pending"),
        ("pending", "", "now", "expired"),
        ("pending", "failed", "ahead", "expired"),
        ("invited", "cancelled", "past", "cancelled"),
        ("invited", "", "past", "expired"),
    ],
)
def test_an_invitation_expires_by_the_clock_and_by_githubs_word(status, end, expiry, expected):
    member = Member(status=status, invitation_end=end, invitation_expires_at=EXPIRIES[expiry])

    assert member.state_at(NOW) == expected
