"""From an execution's end to the mirror's row."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from core import work
from core.work import MAX_STRIKES, WorkState
from executions.models import Execution
from executions.packing import pack_text
from executions.signals import execution_finished
from onboarding import tasks
from onboarding.models import Member, MemberImport, Organization
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
