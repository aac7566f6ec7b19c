"""What a state machine gets of a webhook."""

import copy
import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit import projections
from ghkit.errors import InvalidPayload

FIXTURES = Path(__file__).parent.parent / "fixtures" / "github"
GUID = UUID("72d3162e-cc78-11e3-81ab-4c9367dc0958")
EXAMPLES = ["completed", "completed_queued", "completed_with_pull_requests"]


def example(name="completed"):
    return json.loads((FIXTURES / f"workflow_run__{name}.json").read_text())


def project(payload):
    return projections.workflow_run_completed(payload, delivery=GUID)


def changed(path, value):
    payload = example()
    *parents, key = path.split(".")
    target = payload
    for parent in parents:
        target = target[parent]
    target[key] = value
    return payload


def without(path):
    payload = example()
    *parents, key = path.split(".")
    target = payload
    for parent in parents:
        target = target[parent]
    target.pop(key, None)
    return payload


def test_a_run_is_projected_to_what_its_cost_needs():
    assert project(example()) == {
        "delivery": str(GUID),
        "event": "workflow_run",
        "action": "completed",
        "installation_id": None,
        "organization": "octo-org",
        "repository": {
            "id": 300029405,
            "owner": "octo-org",
            "name": "octo-repo",
            "full_name": "octo-org/octo-repo",
            "private": False,
            "visibility": "public",
        },
        "run": {
            "id": 289782451,
            "run_attempt": 1,
            "run_number": 163,
            "name": "test",  # the workflow's, since the run's own name is empty
            "path": ".github/workflows/test.yml",
            "event": "repository_dispatch",
            "conclusion": "success",
            "head_branch": "master",
            "actor": "Codertocat",
            "created_at": "2020-10-05T16:33:24Z",
            "run_started_at": "2020-10-05T16:33:49Z",
            "updated_at": "2020-10-05T16:33:49Z",
        },
    }


def test_a_completed_event_may_carry_a_run_that_is_still_queued():
    projected = project(example("completed_queued"))

    assert projected["run"]["conclusion"] is None
    assert projected["run"]["actor"] is None  # GitHub left it out
    assert projected["run"]["path"] == ".github/workflows/syntax.yml"  # the workflow's
    assert projected["repository"]["visibility"] == "private"  # known from `private` alone


@pytest.mark.parametrize(
    ("payload", "field", "value"),
    [
        (changed("workflow", None), "run.name", ""),
        (changed("workflow_run.head_branch", None), "run.head_branch", None),
        (changed("workflow_run.actor", None), "run.actor", None),
        (without("workflow_run.run_started_at"), "run.run_started_at", "2020-10-05T16:33:24Z"),
        (changed("organization", None), "organization", None),
        (without("organization"), "organization", None),
        (changed("installation", {"id": 4242, "created_at": 1601915604}), "installation_id", 4242),
        (changed("installation", None), "installation_id", None),
        (changed("repository.visibility", "internal"), "repository.visibility", "internal"),
        (changed("repository.visibility", "secret"), "repository.visibility", "public"),
        (
            changed("workflow_run.updated_at", "2020-10-05T12:33:49-04:00"),
            "run.updated_at",
            "2020-10-05T16:33:49Z",
        ),
        (changed("workflow_run.head_branch", "a\0b\ud800c"), "run.head_branch", "a�b�c"),
    ],
)
def test_githubs_oddities_are_tolerated(payload, field, value):
    found = project(payload)
    for key in field.split("."):
        found = found[key]

    assert found == value


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        ([], "payload: expected an object, got a list"),
        (changed("action", "requested"), "action: expected 'completed'"),
        (changed("workflow_run", None), "workflow_run: expected an object, got nothing"),
        (without("workflow_run.id"), "workflow_run.id: expected a whole number, got nothing"),
        (changed("workflow_run.id", "7"), "workflow_run.id: expected a whole number, got a text"),
        (
            changed("workflow_run.id", 7.0),
            "workflow_run.id: expected a whole number, got a number",
        ),
        (
            changed("workflow_run.id", True),
            "workflow_run.id: expected a whole number, got true or false",
        ),
        (
            changed("workflow_run.id", 2**53),
            "workflow_run.id: expected a number from 1 to 9007199254740991",
        ),
        (
            changed("workflow_run.run_attempt", 0),
            "workflow_run.run_attempt: expected a number from 1 to 9007199254740991",
        ),
        (
            changed("workflow_run.updated_at", None),
            "workflow_run.updated_at: expected a timestamp, got NoneType",
        ),
        (changed("repository", {}), "repository.id: expected a whole number, got nothing"),
        (changed("repository.full_name", "../.."), "repository.full_name: expected 'owner/name'"),
        (changed("repository.full_name", "a/.."), "repository.full_name: expected 'owner/name'"),
        (changed("repository.full_name", "a/b/c"), "repository.full_name: expected 'owner/name'"),
        (
            changed("repository.private", "no"),
            "repository.private: expected true or false, got a text",
        ),
        (
            changed("installation", {"id": "x"}),
            "installation.id: expected a whole number, got a text",
        ),
    ],
)
def test_a_body_that_cannot_be_that_event_is_refused_by_the_name_of_its_field(payload, complaint):
    with pytest.raises(InvalidPayload) as refusal:
        project(payload)

    assert str(refusal.value) == complaint


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_delivery_gives_the_same_text(name):
    shuffled = dict(reversed(list(example(name).items())))

    assert json.dumps(project(example(name))) == json.dumps(project(shuffled))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_projection_is_read_back_unchanged(name):
    projected = project(example(name))

    assert projections.read_workflow_run_completed(json.loads(json.dumps(projected))) == projected


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("event", "push", "event: expected 'workflow_run'"),
        ("action", "requested", "action: expected 'completed'"),
        ("installation_id", "x", "input.installation_id: expected a whole number, got a text"),
        ("repository.id", None, "repository.id: expected a whole number, got nothing"),
        ("run.run_attempt", "1", "run.run_attempt: expected a whole number, got a text"),
        ("run.updated_at", "yesterday", "run.updated_at: expected an ISO 8601 timestamp"),
    ],
)
def test_an_input_written_by_hand_is_checked_like_a_body(path, value, complaint):
    written = copy.deepcopy(project(example()))
    *parents, key = path.split(".")
    target = written
    for parent in parents:
        target = target[parent]
    target[key] = value

    with pytest.raises(InvalidPayload) as refusal:
        projections.read_workflow_run_completed(written)

    assert str(refusal.value) == complaint


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
texts = st.text(st.characters(exclude_categories=()), max_size=400) | st.just("😀" * 10_000)
fields = st.sampled_from(
    [
        *(f"workflow_run.{name}" for name in ("id", "name", "path", "event", "conclusion")),
        *(f"workflow_run.{name}" for name in ("head_branch", "actor", "created_at", "run_number")),
        *(f"repository.{name}" for name in ("id", "full_name", "private", "visibility")),
        *("workflow_run", "repository", "organization", "installation", "workflow", "action"),
        *("organization.login", "workflow.name", "workflow_run.actor.login"),
    ]
)


@given(changes=st.dictionaries(fields, json_values | texts, max_size=6))
def test_whatever_github_sends_gives_a_small_input_or_names_the_culprit(changes):
    payload = example()
    for path, value in changes.items():
        *parents, key = path.split(".")
        target = payload
        for parent in parents:
            target = target.get(parent) if isinstance(target, dict) else None
        if isinstance(target, dict):
            target[key] = value

    try:
        projected = project(payload)
    except InvalidPayload:
        return
    text = json.dumps(projected)
    assert len(text) <= projections.INPUT_MAX_BYTES
    assert projections.read_workflow_run_completed(json.loads(text)) == projected


def test_the_largest_input_stays_within_its_bound():
    payload = example()
    longest = "😀" * 100_000
    for name in ("name", "path", "event", "conclusion", "head_branch"):
        payload["workflow_run"][name] = longest
    payload["workflow_run"]["actor"] = {"login": longest}
    payload["organization"]["login"] = longest
    payload["repository"]["full_name"] = f"{'o' * 100}/{'r' * 100}"
    for name in ("id", "run_attempt", "run_number"):
        payload["workflow_run"][name] = 2**53 - 1

    size = len(json.dumps(project(payload)))

    assert 20_000 < size <= projections.INPUT_MAX_BYTES
