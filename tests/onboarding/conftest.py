"""Fixtures of the onboarding tests."""

import pytest

from core.aws import stack as deployed
from onboarding import github_teams as teams
from tests.factories import dynamodb, members_aws
from tests.factories import people_github as people_github_server
from tests.factories.accounts import account
from tests.factories.members import person, record


@pytest.fixture
def members_table(settings):
    """MembersTable, and the machines that write it."""
    deployed.forget()
    with members_aws.serving() as (table, settings.AWS_ENDPOINT_URL):
        yield table
    deployed.forget()


@pytest.fixture
def people_github(settings):
    """A GitHub of a few people, as the dashboard's App sees it."""
    with people_github_server.serving() as served:
        settings.GITHUB_API_URL = served.url
        settings.GITHUB_APP_ID = "1234"
        settings.GITHUB_APP_PRIVATE_KEY = people_github_server.app_key()
        yield served


@pytest.fixture
def mona(people_github):
    """She is in `everyone`, and should be in `payments`."""
    people_github.users[7] = "mona"
    people_github.members["mona"] = "active"
    people_github.teams = {"everyone": {"mona": "active"}, "payments": {}, "secret": {}}
    [member] = record(
        person(
            "mona",
            github_id=7,
            teams={"everyone": "active", "payments": "active"},
            company={"email": "mona@acme.example", "desk": "B12", "cost_center": {"code": "C7"}},
        )
    )
    return member


@pytest.fixture
def ada(client):
    """Somebody who is signed in; `client` is hers."""
    user = account("ada")
    client.force_login(user)
    return user


@pytest.fixture
def tables(settings):
    """TeamRulesTable and DirectoryTable."""
    deployed.forget()
    with dynamodb.serving() as served:
        settings.AWS_ENDPOINT_URL = served.url
        yield served
    deployed.forget()


@pytest.fixture
def github_teams(monkeypatch, settings):
    """The teams of the organisation; set a GhkitError to have GitHub not answer."""
    settings.GITHUB_ORG = "sandbox-org"
    found = {"everyone": "Everyone", "engineering": "Engineering", "leads": "Leads"}
    known = Known(found)

    def list_teams(_app, *, organization):
        if known.error:
            raise known.error
        return [{"slug": slug, "name": name} for slug, name in known.names.items()]

    monkeypatch.setattr("core.github.app", lambda: None)
    monkeypatch.setattr("ghkit.github.organizations.list_teams", list_teams)
    monkeypatch.setattr(
        "ghkit.github.organizations.is_team_synced",
        lambda _app, **team: team["slug"] in known.synced,
    )
    teams.forget()
    yield known
    teams.forget()


class Known:
    def __init__(self, names):
        self.names = names
        self.synced = set()
        self.error = None
