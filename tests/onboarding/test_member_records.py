"""What a record of DynamoDB becomes in the mirror, in whatever order it is read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onboarding import services
from onboarding.member_items import read_item
from onboarding.models import Member, MemberTeam, Organization
from tests.factories.members import NOW, days, invitation, person, record

pytestmark = pytest.mark.django_db


def mirrored():
    """All that the mirror holds, but for when it was read."""
    rows = Member.objects.order_by("organization_id", "key").values()
    return [
        {name: value for name, value in row.items() if name not in ("id", "imported_at")}
        | {
            "teams": list(
                MemberTeam.objects.filter(member_id=row["id"])
                .order_by("slug")
                .values_list("slug", "state", "is_promised", "observed_at")
            )
        }
        for row in rows
    ]


PENDING = person(
    "octocat",
    github_id=7,
    status="pending",
    teams={"everyone": "pending"},
    invited_at="2026-11-25T12:00:00Z",
    invitation_id=5,
)
# As the state machines leave an item: they add to it and change it, and never take away.
ACTIVE = PENDING | person(
    "octocat",
    github_id=7,
    observed_at=NOW + timedelta(minutes=1),
    teams={"everyone": "active", "payments": "active"},
    company={"department": "Sales"},
)
REMOVED = ACTIVE | person(
    "mona",
    github_id=7,
    status="removed",
    observed_at=NOW + timedelta(minutes=2),
    teams={"everyone": "removed"},
    ended_at="2026-11-25T12:02:00Z",
)
VERSIONS = [PENDING, ACTIVE, REMOVED]


# The last version was read at some time; all others in any order and number before and after it.
@given(
    early=st.lists(st.sampled_from(VERSIONS), max_size=4),
    late=st.lists(st.sampled_from(VERSIONS), max_size=3),
)
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_late_and_repeated_reads_change_nothing(early, late):
    Member.objects.all().delete()
    record(REMOVED)
    expected = mirrored()
    Member.objects.all().delete()

    for item in [*early, REMOVED, *late]:
        record(item)

    assert mirrored() == expected


def test_rebuilding_twice_changes_nothing_and_leaves_out_what_makes_no_sense():
    items = [person("octocat"), invitation("mona@acme.example"), person("x") | {"status": "odd"}]

    first = services.rebuild(items=iter(items), now=NOW)
    before = list(Member.objects.order_by("pk").values())
    second = services.rebuild(items=iter(items), now=NOW + days(1))

    assert (first, second) == (2, 2)
    assert list(Member.objects.order_by("pk").values()) == before


def test_a_rename_changes_the_login_and_nobody_else_appears():
    record(person("octocat", github_id=7))

    record(person("mona", github_id=7, observed_at=NOW + days(1)))

    member = Member.objects.get()
    assert (member.login, member.sort_key) == ("mona", "mona")
    assert "octocat" not in member.search_text.splitlines()


def test_an_invitation_lasts_seven_days_from_when_it_was_sent():
    [member] = record(invitation("mona@acme.example", invited_at="2026-11-20T09:30:00Z"))

    assert member.invitation_expires_at == datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


def test_who_left_and_is_invited_anew_does_not_have_the_old_invitation():
    old = {"invited_at": "2026-11-01T09:30:00Z", "ended_at": "2026-11-20T09:30:00Z"}

    [member] = record(person("octocat", status="pending", **old))

    assert member.invitation_expires_at is None


def test_what_a_check_found_of_an_invitation_outlives_a_repeated_read_of_its_record():
    item = person("octocat", status="pending", invited_at="2026-11-20T09:30:00Z")
    [member] = record(item)
    Member.objects.filter(pk=member.pk).update(invitation_end="failed", invitation_reason="Seats")

    [member] = record(item)

    assert (member.invitation_end, member.invitation_reason) == ("failed", "Seats")


@pytest.mark.parametrize(
    ("later", "end"),
    [
        ({"status": "active"}, ""),
        ({"status": "removed"}, ""),
        ({"status": "pending", "invited_at": "2026-11-25T10:00:00Z"}, ""),
        ({"status": "pending"}, "failed"),
    ],
)
def test_a_new_invitation_or_an_answer_forgets_how_the_last_one_ended(later, end):
    item = person("octocat", github_id=7, status="pending", invited_at="2026-11-10T09:30:00Z")
    [member] = record(item)
    Member.objects.filter(pk=member.pk).update(invitation_end="failed", invitation_reason="Seats")

    [member] = record(person("octocat", github_id=7, observed_at=NOW + days(1), **later))

    assert member.invitation_end == end
    assert (member.invitation_reason == "") is (end == "")


def test_an_organisation_that_appears_has_its_invitations_watched_from_then_on():
    record(person("octocat"))
    record(person("mona"))

    [organization] = Organization.objects.all()
    assert (organization.pk, organization.login) == (42, "sandbox-org")
    assert organization.not_before <= NOW + timedelta(minutes=1)


def test_what_a_directory_writes_at_length_is_kept_whole_beside_its_short_form():
    item = person("octocat", company={"title": "x" * 300})

    member = read_item(item, imported_at=NOW).member

    assert (len(member.title), len(member.company["title"])) == (255, 300)
