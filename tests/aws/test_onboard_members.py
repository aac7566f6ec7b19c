"""A batch of people through the stack: each by an execution of their own, and one mail for all."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Stack
from tests.waiting import eventually


@pytest.fixture
def organization(stack: Stack) -> dict[str, Any]:
    """An organisation of the test's own, with the App installed, one team and a rule for all."""
    number = stack.number()
    organization = {"login": f"org-{number}", "id": None}
    stack.control.put(
        "/teams", json={"slug": "everyone", "org": organization["login"]}
    ).raise_for_status()
    stack.control.put("/rules", json={"default": ["everyone"]}).raise_for_status()
    return organization


@pytest.fixture
def new_person(stack: Stack, organization: dict[str, Any]):
    """Make a member of the organisation, with or without a company record."""

    def make(row: int, *, known: bool = True) -> dict[str, Any]:
        number = stack.number()
        login = f"person-{number}"
        company = {
            "email": f"{login}@example.com",
            "employee_id": str(number),
            "name": login.title(),
            "department": "Engineering",
            "title": "Engineer",
            "manager": "",
        }
        person = {"login": login, "id": number, "org": organization["login"], "org_member": True}
        answer = stack.control.put(
            "/people", json=person | {"company": company if known else None}
        )
        answer.raise_for_status()
        return {"row": row, "id": number, "login": login}

    return make


def start(stack: Stack, organization: dict[str, Any], users: list[dict[str, Any]]) -> str:
    batch = str(uuid4())
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["OnboardMembersStateMachineArn"],
        name=f"by-hand-{batch}-1",
        input=json.dumps(
            {
                "batch": batch,
                "organization": organization,
                "installation_id": None,
                "requested_by": "ada",
                "users": users,
            }
        ),
    )
    return str(started["executionArn"])


def children_of(stack: Stack, arn: str) -> list[dict[str, Any]]:
    """The executions that it started, by row."""
    sfn = stack.client("stepfunctions")
    pages = sfn.get_paginator("list_executions").paginate(
        stateMachineArn=stack.outputs["OnboardMemberStateMachineArn"]
    )
    found = [
        sfn.describe_execution(executionArn=one["executionArn"])
        for page in pages
        for one in page["executions"]
    ]
    children = [child | {"input": json.loads(child["input"])} for child in found]
    ours = [
        child
        for child in children
        if child["input"].get("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID") == arn
    ]
    return sorted(ours, key=lambda child: child["input"]["row"])


def mails_about(stack: Stack, arn: str) -> list[dict[str, Any]]:
    return [mail for mail in stack.control.get("/mails").json() if arn in mail["body"]]


def test_everybody_of_a_batch_is_onboarded_by_an_execution_of_their_own(
    stack, organization, new_person
):
    people = [new_person(row) for row in (1, 2, 3)]

    arn = start(stack, organization, people)

    ended = stack.ended(arn)
    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"] == {
        "batch": json.loads(ended["input"])["batch"],
        "total": 3,
        "succeeded": 3,
        "failed": 0,
        "rows": [
            {"row": person["row"], "login": person["login"], "status": "succeeded"}
            for person in people
        ],
    }
    children = children_of(stack, arn)
    assert [child["input"]["member"]["login"] for child in children] == [
        person["login"] for person in people
    ]
    assert {child["input"]["reason"] for child in children} == {"batch"}
    members = stack.control.get(
        "/teams/everyone/members", params={"org": organization["login"]}
    ).json()
    assert {member["login"] for member in members} == {person["login"] for person in people}
    [mail] = eventually(lambda: mails_about(stack, arn))
    assert "3 of 3 people were onboarded, 0 were not." in mail["body"]
    assert not any(mails_about(stack, child["executionArn"]) for child in children)


def test_one_person_who_fails_stops_nobody_and_is_done_by_a_redrive(
    stack, organization, new_person
):
    people = [new_person(1), new_person(2, known=False), new_person(3)]

    arn = start(stack, organization, people)

    ended = stack.ended(arn)
    assert [row["status"] for row in ended["output"]["rows"]] == [
        "succeeded",
        "failed",
        "succeeded",
    ]
    failed = children_of(stack, arn)[1]
    assert (failed["status"], failed["error"]) == ("FAILED", "PersonUnknown")
    [mail] = eventually(lambda: mails_about(stack, arn))
    assert "2 of 3 people were onboarded, 1 were not." in mail["body"]
    person = people[1]
    record = {"login": person["login"], "id": person["id"], "company": {"name": "Late"}}
    stack.control.put("/people", json=record).raise_for_status()
    stack.redrive(failed["executionArn"])
    assert stack.ended(failed["executionArn"])["status"] == "SUCCEEDED"


def test_stopping_a_batch_stops_whoever_is_under_way(stack, organization, new_person):
    people = [new_person(1), new_person(2)]
    stack.fail(f"/orgs/{organization['login']}/memberships/", delay_s=3)
    try:
        arn = start(stack, organization, people)
        stack.wait_for_state(arn, "OnboardMember", times=2)
        stack.client("stepfunctions").stop_execution(executionArn=arn)
    finally:
        stack.heal()

    assert [child["status"] for child in children_of(stack, arn)] == ["ABORTED", "ABORTED"]


def test_a_batch_without_people_is_done_at_once(stack, organization):
    ended = stack.ended(start(stack, organization, []))

    assert (ended["output"]["total"], ended["output"]["rows"]) == (0, [])


def test_the_answer_for_the_longest_batch_fits_into_256_kib():
    """A thousand people with the longest login that GitHub allows."""
    rows = [{"row": 1000, "login": "x" * 39, "status": "succeeded"}] * 1000
    users = [{"row": 1000, "id": 2**53, "login": "x" * 39}] * 1000

    assert len(json.dumps({"rows": rows})) < 256 * 1024 / 2
    assert len(json.dumps({"users": users, "organization": {"login": "x" * 39}})) < 256 * 1024 / 2
