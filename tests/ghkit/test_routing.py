"""The table of what starts what."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit import projections, routing

GUID = UUID("72d3162e-cc78-11e3-81ab-4c9367dc0958")


def test_a_completed_run_starts_the_machine_that_works_out_its_cost():
    route = routing.find_route("workflow_run", "completed")

    assert route is not None
    assert (route.state_machine, route.project) == (
        "workflow-cost",
        projections.workflow_run_completed,
    )


@pytest.mark.parametrize(
    ("event", "action", "state_machine"),
    [
        ("organization", "member_added", "onboard-member"),
        ("organization", "member_removed", "update-member"),
        ("organization", "member_invited", "update-member"),
        ("organization", "renamed", "update-member"),
        ("membership", "added", "update-member"),
        ("membership", "removed", "update-member"),
    ],
)
def test_people_who_come_go_or_change_teams_start_their_machine(event, action, state_machine):
    route = routing.find_route(event, action)

    assert route is not None
    assert route.state_machine == state_machine


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ("organization", "deleted"),
        ("membership", "edited"),
        ("member", "added"),
        ("team", "deleted"),
        ("workflow_run", "requested"),
        ("workflow_run", "in_progress"),
        ("workflow_run", None),
        ("workflow_job", "completed"),
        ("star", "created"),
        ("ping", None),
        ("", None),
    ],
)
def test_nothing_else_starts_anything(event, action):
    assert routing.find_route(event, action) is None


@pytest.mark.parametrize(
    ("event", "action", "reason"),
    [
        ("workflow_run", "requested", "workflow_run.requested: only completed runs have a cost"),
        (
            "workflow_run",
            "in_progress",
            "workflow_run.in_progress: only completed runs have a cost",
        ),
        ("workflow_run", None, "workflow_run without an action: only completed runs have a cost"),
        (
            "organization",
            "deleted",
            "organization.deleted: only people who join, leave or are invited, and a new name count",
        ),
        ("member", "added", "no workflow uses 'member'"),
        ("star", "created", "no workflow uses 'star'"),
        ("ping", None, "no workflow uses 'ping'"),
    ],
)
def test_an_ignored_event_is_told_why_in_a_sentence(event, action, reason):
    assert routing.ignored_reason(event, action) == reason


@given(event=st.text() | st.just("workflow_run"), action=st.none() | st.text())
def test_a_reason_is_short_whatever_the_event_is_called(event, action):
    assert len(routing.ignored_reason(event, action)) <= 200


def test_each_event_and_action_stands_in_the_table_once():
    keys = [(route.event, route.action) for route in routing.ROUTES]

    assert len(keys) == len(set(keys))


def test_an_execution_is_named_after_its_delivery():
    assert routing.execution_name("workflow_run", GUID) == f"workflow_run-{GUID}"
    assert routing.execution_name("workflow_run", GUID, start=2) == f"workflow_run-{GUID}-2"


@given(
    event=st.from_regex(r"[a-z_]{1,40}", fullmatch=True),
    guid=st.uuids(),
    start=st.integers(min_value=1, max_value=99),
)
def test_a_name_tells_its_delivery_and_fits_into_step_functions(event, guid, start):
    name = routing.execution_name(event, guid, start=start)

    assert routing.delivery_guid(name) == guid
    assert len(name) <= routing.EXECUTION_NAME_MAX_CHARS


@pytest.mark.parametrize(
    "name",
    [
        "",
        "by-hand",
        str(GUID),
        f"workflow_run-{GUID}-",
        f"workflow_run-{GUID}-0",
        f"workflow_run-{GUID}-x",
        f"workflow_run-{GUID}\n",
        f"workflow_run-{GUID}0",
        f"workflow_run-{str(GUID).replace('-', '')}",
        f"workflow_run-{str(GUID).upper()}",
    ],
)
def test_a_name_of_another_kind_tells_no_delivery(name):
    assert routing.delivery_guid(name) is None


def test_no_event_both_starts_something_and_is_kept_alone():
    started = {(route.event, route.action) for route in routing.ROUTES}
    kept = {(record.event, action) for record in routing.RECORDS for action in record.actions}

    assert started & kept == set()


@pytest.mark.parametrize(
    ("event", "action", "is_kept"),
    [
        ("installation", "suspend", True),
        ("installation_repositories", "added", True),
        ("installation", "brand_new", False),
        ("installation", None, False),
        ("ping", None, False),
    ],
)
def test_what_tells_of_installations_is_kept(event, action, is_kept):
    assert (routing.find_record(event, action) is not None) is is_kept
