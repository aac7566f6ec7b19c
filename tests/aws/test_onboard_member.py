"""The state machine onboard-member, in the sandbox's Step Functions with the real Lambdas."""

import json

import pytest

from tests.factories.onboarding import People
from tests.waiting import eventually


@pytest.fixture
def people(stack):
    people = People(stack)
    people.publish("everyone", Engineering=["engineering"])
    yield people
    stack.heal()


def test_a_newcomer_is_in_the_right_teams_with_the_company_record(stack, people):
    member = people.put_person()

    ended = stack.ended(people.onboard(member))

    assert ended["status"] == "SUCCEEDED", ended
    output = ended["output"]
    assert (output["login"], output["status"], output["stored"]) == (
        *(member["login"], "active", True),
    )
    assert output["teams"] == [
        {"slug": "everyone", "state": "active"},
        {"slug": "engineering", "state": "active"},
    ]
    assert people.in_team("engineering") == {member["login"]: "active"}
    record = people.record(output)
    assert record is not None
    company = json.loads(record.pop("company"))
    moments = {record.pop(name) for name in ("joined_at", "status_observed_at")}
    assert len(moments) == 1  # joined when it was first seen
    teams = {name: record.pop(f"team#{name}") for name in ("everyone", "engineering")}
    assert [(team["state"], team["promised"]) for team in teams.values()] == [("active", True)] * 2
    del record["updated_at"], record["rules_version"], record["organization_id"]
    assert record == {
        "member": str(member["id"]),
        "github_id": member["id"],
        "login": member["login"],
        "organization": people.organization,
        "status": "active",
        "email": f"dev-{member['id']}@acme.example",
        "employee_id": f"E{member['id']}",
        "name": "Ada Byron",
        "department": "Engineering",
        "title": "Developer",
        "manager": "boss",
        "company_source": "http",
        "delivery": ended["name"].removeprefix("organization-"),
        "execution_arn": ended["executionArn"],
    }
    assert company["desk"] == "3.14"  # unknown fields are kept


def test_success_is_mailed_once_a_person_and_never_for_one_of_a_batch(stack, people):
    alone, in_batch = people.put_person(), people.put_person()

    for member, reason in ((in_batch, "batch"), (alone, "webhook")):
        assert stack.ended(people.onboard(member, reason=reason))["status"] == "SUCCEEDED"

    def bodies(login: str) -> list[str]:
        mails = [mail["body"] for mail in stack.control.get("/mails").json()]
        return [body for body in mails if login in body]

    (mail,) = eventually(lambda: bodies(alone["login"]))
    assert f"{alone['login']} (Ada Byron) is on board of {people.organization}" in mail
    assert "membership active. Teams: everyone, engineering." in mail
    assert not bodies(in_batch["login"])


def test_twice_is_once(stack, people):
    member = people.put_person()
    first = stack.ended(people.onboard(member))
    changes = people.changes_at_github()

    second = stack.ended(people.onboard(member))

    assert second["status"] == "SUCCEEDED", second
    assert people.changes_at_github() == changes
    before, after = people.record(first["output"]), people.record(second["output"])
    assert before is not None
    assert after is not None
    assert after["joined_at"] == before["joined_at"]


def test_a_renamed_person_is_the_same_person(stack, people):
    member = people.put_person()
    first = stack.ended(people.onboard(member))["output"]
    people.put_person(number=member["id"], login=f"new-{member['id']}")

    second = stack.ended(people.onboard(member))["output"]  # the event still has the old login

    assert second["member"] == first["member"]
    assert second["login"] == f"new-{member['id']}"


def test_a_maintainer_stays_one(stack, people):
    member = people.put_person()
    people.put_team("everyone", members=[member["login"]])

    stack.ended(people.onboard(member))

    written = [path for _, path in people.changes_at_github() if people.organization in path]
    assert [path for path in written if "/everyone/" in path] == []


def test_a_late_event_about_somebody_who_left_invites_nobody(stack, people):
    member = people.put_person(org_member=False)
    changes = people.changes_at_github()

    arn = people.onboard(member)
    ended = stack.ended(arn)

    assert (ended["output"]["status"], ended["output"]["stored"]) == ("removed", True)
    assert people.changes_at_github() == changes
    record = people.record(ended["output"])
    assert record is not None
    assert (record["status"], record["ended_at"]) == ("removed", record["status_observed_at"])
    assert stack.states(arn).count("ReadMembership") == 2  # it looked again


def test_a_newcomer_whom_github_shows_late_is_not_taken_for_gone(stack, people):
    member = people.put_person(org_member=False)
    arn = people.onboard(member)
    stack.wait_for_state(arn, "LetGitHubSettle")
    people.put_person(number=member["id"], login=member["login"])

    assert stack.ended(arn)["output"]["status"] == "active"


def test_by_hand_who_is_not_in_is_invited_once_and_pending(stack, people):
    member = people.put_person(org_member=False)

    first = stack.ended(people.onboard(member, reason="batch"))
    changes = people.changes_at_github()
    second = stack.ended(people.onboard(member, reason="batch"))

    assert first["status"] == "SUCCEEDED", first
    assert first["output"]["status"] == second["output"]["status"] == "pending"
    assert {team["state"] for team in first["output"]["teams"]} == {"pending"}
    assert people.changes_at_github() == changes
    record = people.record(second["output"])
    assert record is not None
    assert "joined_at" not in record
    assert record["invited_at"] < record["status_observed_at"]


def test_pending_becomes_active_when_the_person_accepts(stack, people):
    member = people.put_person(org_member=False)
    stack.ended(people.onboard(member, reason="batch"))
    people.put_person(number=member["id"], login=member["login"])

    ended = stack.ended(people.onboard(member))

    assert ended["output"]["status"] == "active"
    assert {team["state"] for team in ended["output"]["teams"]} == {"active"}
    record = people.record(ended["output"])
    assert record is not None
    assert record["team#everyone"]["state"] == "active"
    assert record["joined_at"] == record["status_observed_at"]


def test_an_unknown_person_fails_visibly_and_a_redrive_goes_on_there(stack, people):
    member = people.put_person(company=None)
    arn = people.onboard(member)
    failed = stack.ended(arn)

    assert (failed["status"], failed["error"]) == ("FAILED", "PersonUnknown")
    assert f"does not know {member['login']}" in failed["cause"]
    assert people.in_team("everyone") == {}

    people.put_person(number=member["id"], login=member["login"])
    stack.redrive(arn)
    ended = stack.ended(arn)

    assert ended["status"] == "SUCCEEDED", ended
    assert stack.states(arn).count("ReadMembership") == 1
    assert people.in_team("everyone") == {member["login"]: "active"}


def test_a_directory_that_fails_for_a_while_is_not_worth_a_failure(stack, people):
    member = people.put_person()
    stack.fail(f"/people/{member['login']}$", service="directory", status=503, times=4)

    assert stack.ended(people.onboard(member))["status"] == "SUCCEEDED"


def test_a_team_that_is_gone_fails_by_name_and_starting_anew_reads_new_rules(stack, people):
    member = people.put_person()
    people.publish("everyone", Engineering=["gone"])

    failed = stack.ended(people.onboard(member))

    assert (failed["status"], failed["error"]) == ("FAILED", "TeamMissing")
    assert f"{people.organization} has no team gone" in failed["cause"]

    people.publish("everyone")
    assert stack.ended(people.onboard(member))["status"] == "SUCCEEDED"


@pytest.mark.parametrize("is_visible", [True, False])
def test_a_team_of_an_identity_provider_is_left_alone_and_told(stack, people, is_visible):
    people.put_team("engineering", idp_synced=True, mapping_visible=is_visible)
    member = people.put_person()

    ended = stack.ended(people.onboard(member))

    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"]["teams"][1] == {"slug": "engineering", "state": "synced"}
    assert people.in_team("engineering") == {}
    record = people.record(ended["output"])
    assert record is not None
    assert (record["team#engineering"]["state"], record["team#engineering"]["promised"]) == (
        "synced",
        True,
    )


@pytest.mark.parametrize(
    ("path", "wait"),
    [
        ("/orgs/{org}/memberships/", "WaitForRateLimit"),
        ("/teams/everyone/memberships/", "WaitForTeamRateLimit"),
    ],
)
def test_a_rate_limit_is_waited_out(stack, people, path, wait):
    member = people.put_person()
    where = path.format(org=people.organization)
    stack.fail(where, status=403, headers={"retry-after": "20"}, times=2)

    arn = people.onboard(member)
    ended = stack.ended(arn)

    assert ended["status"] == "SUCCEEDED", ended
    assert stack.states(arn).count(wait) == 2


def test_an_observation_that_is_older_changes_no_status(stack, people):
    """GitHub's own event about the team is often faster than the machine that caused it."""
    member = people.put_person()
    first = stack.ended(people.onboard(member))["output"]
    future = "2999-01-01T00:00:00.000000Z"
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["MembersTable"],
        Key={
            "organization_id": {"N": first["member"]["organization_id"]},
            "member": {"S": first["member"]["github_id"]},
        },
        UpdateExpression="SET #s = :p, status_observed_at = :f, #t.observed_at = :f, "
        "#t.#state = :p, #t.promised = :no, #n = :no_name",
        ExpressionAttributeNames={
            "#s": "status",
            "#t": "team#everyone",
            "#state": "state",
            "#n": "name",
        },
        ExpressionAttributeValues={
            ":p": {"S": "pending"},
            ":f": {"S": future},
            ":no": {"BOOL": False},
            ":no_name": {"S": ""},
        },
    )

    ended = stack.ended(people.onboard(member))

    assert ended["status"] == "SUCCEEDED", ended
    record = people.record(ended["output"])
    assert record is not None
    assert (record["status"], record["status_observed_at"]) == ("pending", future)
    assert record["team#everyone"] == {"state": "pending", "observed_at": future, "promised": True}
    assert record["name"] == "Ada Byron"  # what the company says is news all the same


def test_the_daily_limit_of_invitations_fails_by_name_and_is_redriven_tomorrow(stack, people):
    member = people.put_person(org_member=False)
    stack.control.put("/limits", json={"github": True, "invitations_a_day": 0}).raise_for_status()
    try:
        arn = people.onboard(member, reason="batch")
        failed = stack.ended(arn)
    finally:
        stack.control.put("/limits", json={"github": False}).raise_for_status()

    assert (failed["status"], failed["error"]) == ("FAILED", "InvitationLimitReached"), failed
    stack.redrive(arn)
    assert stack.ended(arn)["output"]["status"] == "pending"


def test_an_organisation_without_the_app_fails_by_name(stack, people):
    member = people.put_person()
    stranger = {"login": f"nobody-{stack.number()}", "id": None}

    ended = stack.ended(people.onboard(member, organization=stranger))

    assert (ended["status"], ended["error"]) == ("FAILED", "InstallationMissing")


def test_an_input_of_another_kind_fails_at_once_by_the_name_of_its_field(stack, people):
    ended = stack.ended(people.onboard({"id": "x", "login": "octocat"}))

    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidPayload")
    assert "member.id: expected a whole number, got a text" in ended["cause"]
