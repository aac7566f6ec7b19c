"""From an execution's end to the mirror's row."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import work
from core.work import MAX_STRIKES, WorkState
from executions.models import Execution
from executions.packing import pack_text
from executions.signals import execution_finished
from onboarding import services, tasks
from onboarding.member_items import read_item
from onboarding.models import Member, MemberImport, MemberTeam, Organization
from onboarding.services import members
from tests.factories.members import NOW, days, ended, invitation, person, record

pytestmark = pytest.mark.django_db

# The receiver reads the clock; this is later than whatever it says.
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def tell(execution):
    """Send the signal as the mirror does."""
    with transaction.atomic():
        execution_finished.send(sender=Execution, execution=execution)


def work_off(now=LATER):
    return members.import_due_members(clock=lambda: now)


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


def test_a_finished_onboarding_ends_as_a_member_with_teams_and_company_record(members_table):
    item = person(
        "octocat",
        github_id=7,
        teams={"everyone": "active", "payments": "pending"},
        promised={"everyone"},
        company={"email": "mona@acme.example", "employee_id": "E7", "desk": "B12"},
        joined_at="2026-11-25T11:59:00Z",
    )
    members_table.put(item)
    execution = ended(item)

    tell(execution)
    work_off()

    member = Member.objects.get()
    assert (member.organization_id, member.key, member.github_id) == (42, "7", 7)
    assert (member.login, member.status, member.department) == (
        "octocat",
        "active",
        "Engineering",
    )
    assert member.company == {
        "department": "Engineering",
        "name": "Octocat",
        "email": "mona@acme.example",
        "employee_id": "E7",
        "desk": "B12",
    }
    assert list(member.teams.order_by("slug").values_list("slug", "state", "is_promised")) == [
        ("everyone", "active", True),
        ("payments", "pending", False),
    ]
    assert member.joined_at == datetime(2026, 11, 25, 11, 59, tzinfo=UTC)
    row = MemberImport.objects.get()
    assert (row.work_state, row.imported_at, row.member) == (WorkState.DONE, LATER, member)


def test_the_woken_task_imports_what_is_due(members_table):
    item = person("octocat")
    members_table.put(item)
    tell(ended(item, state_machine="update-member"))

    tasks.import_members()

    assert Member.objects.get().login == "octocat"


def test_the_item_is_read_consistently_from_the_stacks_table(members_table):
    item = invitation("mona@acme.example", invitation_id=9)
    members_table.put(item)

    tell(ended(item, state_machine="update-member"))
    work_off()

    [request] = members_table.reads
    assert request["TableName"] == "the-members"
    assert request["ConsistentRead"] is True
    assert request["Key"] == {"organization_id": {"N": "42"}, "member": {"S": "invite#9"}}
    assert str(Member.objects.get()) == "mona@acme.example"


@pytest.mark.parametrize(
    "fields",
    [
        {"state_machine": "workflow-cost"},
        {"state_machine": "onboard-members"},
    ],
)
def test_ends_of_other_machines_import_nothing(fields):
    tell(ended(person("octocat"), **fields))

    assert list(MemberImport.objects.all()) == []


def failed(item):
    """An execution about somebody that failed, before or after it stored the record."""
    execution = ended(item, status="FAILED", output="")
    event = {"organization": {"id": 42}, "member": {"id": int(item["github_id"])}}
    execution.packed_input = pack_text(json.dumps(event))
    execution.save()
    return execution


def test_a_failure_after_the_record_was_stored_shows_the_member_all_the_same(members_table):
    item = person("octocat", github_id=7)
    members_table.put(item)

    tell(failed(item))
    work_off()

    assert MemberImport.objects.get().member == Member.objects.get(github_id=7)


def test_a_failure_before_anything_was_stored_is_no_problem_of_the_mirror(members_table):
    tell(failed(person("octocat", github_id=7)))
    work_off()

    assert list(Member.objects.all()) == []
    assert MemberImport.objects.get().work_state == WorkState.DONE


def test_a_failure_about_nobody_known_reads_nothing(members_table):
    tell(ended(person("octocat"), status="ABORTED", output=""))
    work_off()

    assert members_table.reads == []
    assert MemberImport.objects.get().work_state == WorkState.DONE


def test_an_execution_about_nobody_reads_nothing(members_table):
    tell(ended(person("octocat"), output='{"member": null, "stored": false}'))

    work_off()

    assert (members_table.reads, list(Member.objects.all())) == ([], [])
    assert MemberImport.objects.get().work_state == WorkState.DONE


def test_an_import_that_was_woken_late_reads_what_is_true_then(members_table):
    old = person("octocat", github_id=7, status="pending")
    members_table.put(old)
    first, second = ended(old), ended(old, state_machine="update-member")
    tell(first)
    tell(second)
    members_table.put(
        person("octocat", github_id=7, status="active", observed_at=NOW + timedelta(minutes=1))
    )

    work_off()

    assert Member.objects.get().status == "active"


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


def test_a_renamed_organisation_is_called_so_by_old_records_too(members_table):
    old = person("octocat")
    record(old)
    renamed = {"id": 42, "login": "acme"}
    output = {"member": None, "action": "renamed", "organization": renamed, "stored": False}
    execution = ended(
        {"organization_id": 42}, state_machine="update-member", output=json.dumps(output)
    )
    Execution.objects.update(started_at=NOW + days(1))

    tell(execution)
    work_off()
    record(old, person("mona"))

    assert {member.organization for member in Member.objects.all()} == {"acme"}
    assert Organization.objects.get().login == "acme"


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


def test_a_missing_item_is_waited_for_and_then_given_up_with_the_reason(members_table):
    tell(ended(person("octocat", github_id=7)))

    for hour in range(MAX_STRIKES):
        work_off(LATER + timedelta(hours=hour))

    row = MemberImport.objects.get()
    assert (row.work_state, row.last_error) == (
        WorkState.DEAD,
        "DynamoDB has no member 7 of organisation 42.",
    )


def test_a_given_up_import_is_tried_again_on_demand(members_table):
    item = person("octocat")
    tell(ended(item))
    for hour in range(MAX_STRIKES):
        work_off(LATER + timedelta(hours=hour))
    members_table.put(item)

    count = members.retry_dead_imports(now=LATER)
    work_off()

    assert (count, Member.objects.get().login) == (1, "octocat")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("", "The execution's output names no member: it has none."),
        ("[]", "The execution's output names no member"),
        ("{}", "The execution's output names no member: KeyError('member')."),
        ('{"member": {"github_id": "7"}}', "The execution's output names no member"),
        ('{"member": {"organization_id": "42"}}', "The execution's output names no member"),
    ],
)
def test_an_output_that_names_no_member_is_given_up_at_once(output, reason):
    tell(ended(person("octocat"), output=output))
    work_off()

    row = MemberImport.objects.get()
    assert row.work_state == WorkState.DEAD
    assert row.last_error.startswith(reason)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "odd"}, "'odd' is not a valid MemberStatus"),
        ({"company": "["}, ""),
        ({"company": "[]"}, "company is no object"),
        ({"team#": {"state": "active", "observed_at": "2026-11-25T12:00:00Z"}}, "a team"),
        ({"team#x": {"state": "in", "observed_at": "2026-11-25T12:00:00Z"}}, "'in' is not"),
        ({"team#x": {"state": "active"}}, "observed_at: missing"),
        ({"status_observed_at": "yesterday"}, "status_observed_at: expected an ISO 8601"),
        ({"github_id": 8}, "member '7' is neither github_id 8 nor invitation None"),
    ],
)
def test_an_item_that_makes_no_sense_is_given_up_and_shown_nowhere(members_table, fields, reason):
    item = person("octocat", github_id=7)
    members_table.put(item | fields)

    tell(ended(item))
    work_off()

    row = MemberImport.objects.get()
    assert row.work_state == WorkState.DEAD
    assert row.last_error.startswith(f"The member in DynamoDB makes no sense: {reason}")
    assert list(Member.objects.all()) == []


def test_what_a_directory_writes_at_length_is_kept_whole_beside_its_short_form():
    item = person("octocat", company={"title": "x" * 300})

    member = read_item(item, imported_at=NOW).member

    assert (len(member.title), len(member.company["title"])) == (255, 300)


def test_while_aws_refuses_an_import_waits_without_a_strike(members_table):
    item = person("octocat")
    members_table.put(item)
    members_table.refusal = (400, json.dumps({"__type": "com.amazon#AccessDeniedException"}))
    tell(ended(item))

    work_off()

    row = MemberImport.objects.get()
    assert (row.work_state, row.strikes) == (WorkState.WAITING, 0)

    members_table.refusal = None
    work_off(LATER + days(1))
    assert Member.objects.get().login == "octocat"


def test_a_worker_that_lost_its_lease_records_nothing(members_table):
    item = person("octocat")
    members_table.put(item)
    tell(ended(item))

    [row] = work.claim(MemberImport, limit=1, now=LATER, lease_s=60)
    members.request_import(execution=row.execution, now=LATER)
    with pytest.raises(work.LeaseLost):
        members.import_member(row, LATER)

    assert list(Member.objects.all()) == []
