"""What onboard-member and update-member get of a webhook."""

import copy
import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit import projections, routing
from ghkit.errors import InvalidPayload

FIXTURES = Path(__file__).parent.parent / "fixtures" / "github"
GUID = UUID("72d3162e-cc78-11e3-81ab-4c9367dc0958")
EXAMPLES = sorted(
    path.stem
    for pattern in ("*organization__*.json", "*membership__*.json")
    for path in FIXTURES.glob(pattern)
)
OCTOCODERS = {"login": "Octocoders", "id": 38302899}
HACKTOCAT = {"login": "hacktocat", "id": 39652351}
CODERTOCAT = {"login": "Codertocat", "id": 21031067}


def example(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def project(payload, *, event=None):
    event = event or ("membership" if "team" in payload else "organization")
    return routing.find_route(event, payload["action"]).project(payload, delivery=GUID)


def read_back(projected):
    if "reason" in projected:
        return projections.read_member_onboarding(projected)
    return projections.read_membership_change(projected)


def changed(payload, path, value):
    payload = copy.deepcopy(payload)
    *parents, key = path.split(".")
    target = payload
    for parent in parents:
        target = target[parent]
    target[key] = value
    return payload


@pytest.mark.parametrize("suffix", ["", "_without_installation"])
def test_a_newcomer_is_onboarded_whatever_state_the_event_tells(suffix):
    assert project(example(f"organization__member_added{suffix}")) == {
        "delivery": str(GUID),
        "reason": "webhook",
        "organization": OCTOCODERS,
        "member": HACKTOCAT,
        "installation_id": None if suffix else 1,
        "requested_by": None,
        "batch": None,
        "row": None,
    }


def test_an_invitation_of_an_account_names_person_and_invitation():
    projected = project(example("organization__member_invited"))

    assert (projected["member"], projected["team"]) == (HACKTOCAT, None)
    assert projected["invitation"] == {
        "id": 39652351,
        "login": "hacktocat",
        "email": "",
        "created_at": "2021-05-24T04:10:21.000000Z",  # GitHub told it with an offset
        "inviter": "Codertocat",
    }


def test_an_invitation_by_mail_names_nobody():
    projected = project(example("synthetic__organization__member_invited_by_email"))

    assert projected["member"] is None
    assert (projected["invitation"]["login"], projected["invitation"]["email"]) == (
        "",
        "newcomer@example.com",
    )


def test_who_left_is_named():
    projected = project(example("synthetic__organization__member_removed"))

    assert (projected["action"], projected["member"]) == ("member_removed", HACKTOCAT)
    assert (projected["invitation"], projected["team"]) == (None, None)


def test_a_new_name_is_about_nobody():
    projected = project(example("organization__renamed"))

    assert (projected["action"], projected["organization"]) == ("renamed", OCTOCODERS)
    assert (projected["member"], projected["invitation"], projected["team"]) == (None, None, None)


@pytest.mark.parametrize("name", ["added", "removed", "removed_without_installation"])
def test_a_team_is_named_by_its_slug(name):
    projected = project(example(f"membership__{name}"))

    assert projected["member"] == CODERTOCAT
    assert projected["team"] == {"slug": "github", "name": "github", "deleted": False}


@pytest.mark.parametrize(
    ("name", "slug"),
    [("github", "github"), ("Web & Mobile  Team", "web-mobile-team"), ("v1.2_Ops", "v1.2_ops")],
)
def test_a_deleted_team_is_known_by_its_name(name, slug):
    payload = changed(example("membership__removed_deleted_team"), "team.name", name)

    assert project(payload)["team"] == {"slug": slug, "name": name, "deleted": True}


def test_a_deleted_team_whose_name_makes_no_slug_is_left_out():
    payload = changed(example("membership__removed_deleted_team"), "team.name", "😀")

    assert project(payload)["team"] is None


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("membership__added", "member"),
        ("synthetic__organization__member_removed", "membership.user"),
    ],
)
def test_a_deleted_account_is_nobody_and_no_error(name, path):
    assert project(changed(example(name), path, None))["member"] is None


@pytest.mark.parametrize(
    ("name", "path", "value", "complaint"),
    [
        ("organization__member_added", "membership", None, "membership: expected an object"),
        ("organization__member_added", "membership.user", None, "membership.user: expected an"),
        ("organization__member_added", "membership.user.id", "7", "membership.user.id: expected"),
        ("organization__member_added", "membership.user.login", "a/b", "membership.user.login:"),
        ("organization__member_added", "organization", None, "organization: expected an object"),
        ("organization__member_added", "organization.login", "..", "organization.login: expected"),
        ("organization__member_invited", "invitation", None, "invitation: expected an object"),
        ("organization__member_invited", "invitation.created_at", "x", "invitation.created_at:"),
        ("membership__added", "team", [], "team: expected an object, got a list"),
        ("membership__added", "team.slug", None, ""),  # the name tells it
        ("membership__added", "team.slug", "a/b", "team.slug: expected one of GitHub's names"),
        ("membership__added", "member.id", True, "member.id: expected a whole number"),
    ],
)
def test_a_body_that_cannot_be_that_event_is_refused_by_the_name_of_its_field(
    name, path, value, complaint
):
    event = "membership" if name.startswith("membership") else "organization"
    payload = changed(example(name), path, value)
    if not complaint:
        assert project(payload, event=event)["team"]["slug"] == "github"
        return

    with pytest.raises(InvalidPayload) as refusal:
        project(payload, event=event)

    assert str(refusal.value).startswith(complaint)


def test_a_team_without_slug_and_name_is_refused():
    payload = changed(example("membership__added"), "team", {"id": 7})

    with pytest.raises(InvalidPayload, match=r"team\.slug: expected a text, got nothing"):
        project(payload)


@pytest.mark.parametrize(
    "project_event",
    [
        projections.member_added,
        projections.organization_changed,
        projections.team_membership_changed,
    ],
    ids=lambda function: function.__name__,
)
def test_another_action_is_refused(project_event):
    with pytest.raises(InvalidPayload, match=r"^action: expected"):
        project_event({"action": "deleted"}, delivery=GUID)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_projection_is_read_back_unchanged(name):
    projected = project(example(name))

    assert read_back(json.loads(json.dumps(projected))) == projected


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_delivery_gives_the_same_text(name):
    shuffled = dict(reversed(list(example(name).items())))

    assert json.dumps(project(example(name))) == json.dumps(project(shuffled))


BY_HAND = {
    "delivery": "",
    "reason": "batch",
    "organization": {"login": "acme", "id": None},
    "member": {"id": 7, "login": "octocat"},
    "installation_id": None,
    "requested_by": "boss",
    "batch": str(GUID),
    "row": 3,
}


def test_what_started_by_hand_is_read_with_who_asked_and_without_what_nobody_knew():
    given = BY_HAND | {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn"}

    assert projections.read_member_onboarding(given) == BY_HAND


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"reason": "whim"}, "reason: expected one of webhook, manual, batch"),
        ({"reason": None}, "reason: expected one of"),
        ({"member": {"login": "octocat"}}, "member.id: expected a whole number, got nothing"),
        ({"organization": {"id": 1}}, "organization.login: expected a text, got nothing"),
        ({"row": 0}, "input.row: expected a number from 1"),
    ],
)
def test_an_onboarding_written_by_hand_is_checked(changes, complaint):
    with pytest.raises(InvalidPayload) as refusal:
        projections.read_member_onboarding(BY_HAND | changes)

    assert str(refusal.value).startswith(complaint)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"event": "team"}, "event: expected one of organization, membership"),
        ({"event": []}, "event: expected one of"),
        ({"action": "deleted"}, "action: expected one of added, removed"),
        ({"action": {}}, "action: expected one of added, removed"),
        ({"team": {"slug": "a b"}}, "team.slug: expected one of GitHub's names"),
        ({"invitation": 7}, "invitation: expected an object, got a number"),
    ],
)
def test_a_change_written_by_hand_is_checked(changes, complaint):
    given = project(example("membership__added")) | changes

    with pytest.raises(InvalidPayload) as refusal:
        projections.read_membership_change(given)

    assert str(refusal.value).startswith(complaint)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
texts = st.text(st.characters(exclude_categories=()), max_size=400) | st.just("😀" * 10_000)
fields = st.sampled_from(
    [
        *("membership", "membership.user", "membership.user.id", "membership.user.login"),
        *("organization", "organization.id", "organization.login", "installation", "user"),
        *("invitation", "invitation.id", "invitation.email", "invitation.inviter"),
        *("invitation.created_at", "member", "member.login", "team", "team.slug", "team.name"),
    ]
)


@given(
    name=st.sampled_from(EXAMPLES),
    changes=st.dictionaries(fields, json_values | texts, max_size=5),
)
def test_whatever_github_sends_gives_a_small_input_or_names_the_culprit(name, changes):
    payload = example(name)
    event = "membership" if "membership__" in name else "organization"
    for path, value in changes.items():
        *parents, key = path.split(".")
        target = payload
        for parent in parents:
            target = target.get(parent) if isinstance(target, dict) else None
        if isinstance(target, dict):
            target[key] = value

    try:
        projected = project(payload, event=event)
    except InvalidPayload:
        return
    text = json.dumps(projected)
    assert len(text) <= projections.INPUT_MAX_BYTES
    assert read_back(json.loads(text)) == projected
