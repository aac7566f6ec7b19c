"""The check before anything runs, against the sandbox's GitHub, directory and published rules."""

import re

import pytest

from onboarding.enums import BatchSource
from onboarding.models import Quota
from onboarding.services import batches
from sandbox.runner.layout import APP_ID
from tests.factories import members
from tests.factories.accounts import account
from tests.factories.batches import NOW, created
from tests.factories.members import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(aws, settings):
    """The dashboard's settings for the sandbox, and nothing left over of earlier faults."""
    settings.GITHUB_API_URL = aws.layout.github_url
    settings.GITHUB_APP_ID = APP_ID
    settings.GITHUB_APP_PRIVATE_KEY = aws.layout.private_key_file.read_text()
    settings.COMPANY_DIRECTORY_URL = aws.layout.directory_template
    settings.COMPANY_DIRECTORY_TOKEN = aws.layout.directory_token
    yield aws
    aws.control.put("/limits", json={"github": False}).raise_for_status()


@pytest.fixture
def organization(world):
    login = f"org-{world.number()}"
    world.control.put("/teams", json={"slug": "everyone", "org": login}).raise_for_status()
    world.control.put("/teams", json={"slug": "data", "org": login}).raise_for_status()
    world.control.put(
        "/rules", json={"default": ["everyone"], "departments": {"Data": ["data"]}}
    ).raise_for_status()
    return login


@pytest.fixture
def person(world, organization):
    """Make somebody GitHub knows; returns the login."""

    def make(name="p", **fields):
        number = world.number()
        login = f"{name}-{number}"
        company = {"email": f"{login}@example.com", "name": "Ada Example", "department": "Data"}
        given = {"login": login, "id": number, "org": organization, "org_member": True}
        world.control.put("/people", json=given | {"company": company} | fields).raise_for_status()
        return login

    return make


def checked(organization, logins, **fields):
    """A batch after its check."""
    batch = created(*logins, organization=organization, **fields)
    batches.advance_due_batches(clock=lambda: NOW)
    batch.refresh_from_db()
    return batch


def codes(batch):
    return {
        row.number: [one["code"] for one in row.checks] for row in batch.rows.order_by("number")
    }


@pytest.mark.parametrize("bystanders", [0, 25], ids=["one-by-one", "by-lists"])
def test_every_row_is_told_what_is_known_of_it(world, organization, person, bystanders):
    member = person("member")
    stranger = person("stranger", org_member=False)
    invited = person("invited", org_member=False, invited_at="2026-11-24T10:00:00Z")
    unlisted = person("unlisted", company=None)
    people = [member, stranger, invited, unlisted, "no-such-login-at-all", member.upper()]
    world.control.delete("/faults")

    batch = checked(organization, [*people, *(person() for _ in range(bystanders))])

    assert (batch.state, batch.problem) == ("ready", "")
    assert {row: found for row, found in codes(batch).items() if row <= 6} == {
        1: ["already_member"],
        2: [],
        3: ["already_invited"],
        4: ["already_member", "not_in_directory"],
        5: ["login_unknown"],
        6: ["duplicate"],
    }
    first, second = batch.rows.order_by("number")[:2]
    assert (first.membership, first.invitations, first.department) == ("active", 0, "Data")
    assert [team["slug"] for team in first.teams] == ["everyone", "data"]
    assert (first.state, first.writes) == ("waiting", 2)
    assert (second.membership, second.invitations) == ("none", 1)


def test_an_organisation_without_the_app_is_named_in_every_row(world):
    batch = checked(f"stranger-{world.number()}", ["ada", "bob"])

    assert codes(batch) == {1: ["no_app"], 2: ["no_app"]}
    assert "has not installed the App" in batch.problem
    assert set(batch.rows.values_list("state", flat=True)) == {"failed"}


def test_a_deleted_team_in_a_rule_stands_in_the_way_by_name(world, organization, person):
    login = person()
    world.control.put("/teams", json={"slug": "data", "org": organization, "deleted": True})

    batch = checked(organization, [login])

    assert codes(batch) == {1: ["already_member", "team_missing"]}
    assert "The team data (rule 1: department is Data) does not exist" in batch.rows.get().error


def test_a_directory_that_is_away_holds_up_nobody(world, organization, person):
    login = person()
    world.fail("/people", service="directory", status=503)

    batch = checked(organization, [login])

    assert codes(batch) == {1: ["already_member", "directory_away"]}
    assert batch.rows.get().state == "waiting"


def test_github_away_postpones_the_check_and_loses_nothing(world, organization, person):
    login = person()
    world.fail(f"/orgs/{organization}", status=502)

    batch = checked(organization, [login])

    assert (batch.state, batch.work_state, batch.rows.get().state) == (
        "checking",
        "waiting",
        "checking",
    )
    assert "502" in batch.last_error


def test_github_says_whether_it_limits(world, organization, person):
    login = person()
    checked(organization, [login])
    assert Quota.objects.get(pk=organization).is_limited is False

    world.control.put("/limits", json={"github": True}).raise_for_status()
    checked(organization, [login])

    assert Quota.objects.get(pk=organization).is_limited is True


def test_a_file_with_another_address_than_the_directorys_is_noted(world, organization, person):
    people = [batches.Named(number=2, login=person(), email="other@example.com")]
    batch = batches.create_batch(
        organization=organization, people=people, source=BatchSource.FILE, user=None, now=NOW
    )

    batches.advance_due_batches(clock=lambda: NOW)

    assert "email_differs" in codes(batch)[2]


def test_a_call_of_the_api_leaves_the_directory_to_the_execution(world, organization, person):
    login = person(company=None)

    batch = checked(organization, [login], is_confirmed=True)

    assert (batch.state, codes(batch)) == ("running", {1: ["already_member"]})


def test_looking_at_one_person_says_what_will_happen_and_stores_nothing(
    world, organization, person, django_assert_num_queries
):
    login = person("stranger", org_member=False)

    with django_assert_num_queries(0):
        look = batches.look_up(login=login.upper(), organization=organization)

    assert look.can_go
    assert look.finding.person.login == login
    assert [(team.slug, team.state) for team in look.teams] == [
        ("everyone", "none"),
        ("data", "none"),
    ]
    assert ("Department", "Data") in look.facts


@pytest.mark.parametrize("is_member", [True, False])
def test_a_team_of_an_identity_provider_is_told_before_anything_runs(
    world, organization, person, is_member
):
    team = {"slug": "data", "org": organization, "idp_synced": True}
    world.control.put("/teams", json=team).raise_for_status()
    login = person(org_member=is_member)

    batch = checked(organization, [login])
    look = batches.look_up(login=login, organization=organization)

    row = batch.rows.get()
    [told] = [one for one in row.checks if one["code"] == "team_synced"]
    assert "An identity provider decides who is in data" in told["text"]
    assert (row.state, row.writes) == ("waiting", 1)
    assert [(team.slug, team.state) for team in look.teams] == [
        ("everyone", "none"),
        ("data", "synced"),
    ]
    assert (look.can_go, told["text"] in look.notes) == (True, False)


def test_what_is_on_record_of_somebody_is_shown_beside_what_would_happen(
    world, organization, person, client, settings
):
    settings.GITHUB_ORG = organization
    client.force_login(account("ada"))
    login = person()
    number = int(login.rpartition("-")[2])
    record(
        members.person(login, github_id=number, organization=organization, teams={"sre": "active"})
    )

    known = client.get("/onboard/", {"login": login}).content.decode()
    stranger = client.get("/onboard/", {"login": person()}).content.decode()

    assert f'href="/members/42/{number}/"' in known
    assert re.search(r"Teams on record:.*?>sre<", known, re.DOTALL)
    assert "on record" not in stranger
