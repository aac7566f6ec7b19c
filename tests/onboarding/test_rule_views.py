"""The pages of team rules."""

from datetime import UTC, datetime

import pytest
from django.core.cache import cache

from ghkit.errors import GitHubUnavailable
from onboarding.models import RuleDraft, RuleSet
from onboarding.rule_drafts import Draft, DraftRow
from onboarding.services import rules as services
from tests.factories import members
from tests.factories.accounts import account

pytestmark = pytest.mark.django_db

PAGE = "/team-rules/"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _world(tables, github_teams):
    pass


def form(*rows, default=(), do="save", based_on=0, **more):
    """What the browser sends for an editor with these rows."""
    data = {"rows": len(rows), "default-teams": list(default), "do": do, "based_on": based_on}
    for number, row in enumerate(rows, start=1):
        data |= {f"rule-{number}-{name}": value for name, value in row.items()}
    return data | more


ENGINEERS = {"department": "Engineering", "teams": ["engineering"]}
LEADS = {"title": "Lead", "teams": ["leads"]}


def rows_of(user):
    return Draft.from_json(RuleDraft.objects.get(user=user).document).rows


def published(user, draft, *, based_on=0):
    return services.publish(user=user, draft=draft, based_on=based_on, note="", now=NOW)


def test_a_stranger_sees_nothing_and_changes_nothing(client):
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, form(ENGINEERS, do="publish")).status_code == 302
    assert client.post("/team-rules/versions/1/restore/").status_code == 302
    assert not RuleDraft.objects.exists()


def test_every_button_keeps_what_was_typed(client, ada):
    answer = client.post(PAGE, form(ENGINEERS, LEADS, default=["everyone"], do="add"))

    assert answer.url == "/team-rules/?focus=rule-3#rule-3"
    assert rows_of(ada) == (
        DraftRow(department="Engineering", teams=("engineering",)),
        DraftRow(title="Lead", teams=("leads",)),
        DraftRow(),
    )

    answer = client.post(PAGE, form(ENGINEERS, LEADS, do="up:2"))
    assert answer.url == "/team-rules/#rule-1"
    assert [row.title for row in rows_of(ada)] == ["Lead", ""]
    client.post(PAGE, form(ENGINEERS, LEADS, do="down:1"))
    assert [row.title for row in rows_of(ada)] == ["Lead", ""]
    client.post(PAGE, form(ENGINEERS, LEADS, do="remove:1"))
    assert [row.title for row in rows_of(ada)] == ["Lead"]


def test_teams_are_added_by_typing_and_taken_away_by_unticking(client, ada):
    row = {"department": "Ops", "teams": ["leads"], "more": "@sandbox-org/On Call, leads; sre"}

    client.post(PAGE, form(row, **{"default-more": "Everyone"}))

    draft = Draft.from_json(RuleDraft.objects.get().document)
    assert draft.default == ("everyone",)
    assert draft.rows[0].teams == ("leads", "on-call", "sre")


def test_nonsense_from_a_script_is_an_empty_draft(client, ada):
    client.post(PAGE, {"rows": "x", "do": "up:99999", "based_on": "-1"})

    assert Draft.from_json(RuleDraft.objects.get().document) == Draft()


def test_publishing_takes_what_the_form_holds(client, ada, tables):
    answer = client.post(PAGE, form(ENGINEERS, do="publish", note="Go"), follow=True)

    assert RuleSet.objects.get().note == "Go"
    assert "Version 1 is published" in answer.text
    assert tables.rules["published_by"] == "ada"


def test_a_team_that_github_does_not_have_stops_publishing_and_is_named(client, ada, tables):
    members.record(members.person("bo", teams={"old-guild": "active"}))
    row = {"department": "Ops", "teams": ["nonsense", "old-guild"]}

    answer = client.post(PAGE, form(row, do="publish"), follow=True)

    assert "Team nonsense: sandbox-org has no such team." in answer.text
    assert "Team old-guild: deleted or renamed at GitHub; members were in it." in answer.text
    assert tables.rules is None
    assert rows_of(ada)[0].teams == ("nonsense", "old-guild")


def test_a_team_of_an_identity_provider_is_explained_and_may_stand(
    client, ada, github_teams, tables
):
    github_teams.synced.add("leads")

    answer = client.post(PAGE, form(LEADS, do="publish"), follow=True)

    assert "an identity provider decides who is in it" in answer.text
    assert tables.rules["version"] == 1


def test_while_github_is_away_the_page_says_so_and_publishing_works(
    client, ada, github_teams, tables
):
    github_teams.error = GitHubUnavailable("GitHub answered 502")

    assert "GitHub answered 502" in client.get(PAGE).text
    client.post(PAGE, form(LEADS, do="publish"))
    assert tables.rules["version"] == 1

    github_teams.error = None
    client.post("/team-rules/teams/")
    assert "Teams are not checked" not in client.get(PAGE).text


def test_a_team_that_was_deleted_a_moment_ago_stops_publishing(client, ada, github_teams, tables):
    client.get(PAGE)
    del github_teams.names["leads"]

    answer = client.post(PAGE, form(LEADS, do="publish"), follow=True)

    assert "Team leads: sandbox-org has no such team." in answer.text
    assert tables.rules is None


def test_a_team_that_was_made_a_moment_ago_can_be_given(client, ada, github_teams, tables):
    client.get(PAGE)
    github_teams.names["astronauts"] = "Astronauts"
    row = {"department": "Space", "teams": ["astronauts"]}

    client.post(PAGE, form(row))
    assert "no such team" not in client.get(PAGE).text

    client.post(PAGE, form(row, do="publish"))
    assert tables.rules["version"] == 1


def test_asking_for_the_teams_anew_forgets_nothing_else(client, ada, github_teams):
    cache.set("of-somebody-else", "kept")
    client.get(PAGE)
    github_teams.names["astronauts"] = "Astronauts"
    before = "astronauts" in client.get(PAGE).text

    client.post("/team-rules/teams/")

    assert (before, "astronauts" in client.get(PAGE).text) == (False, True)
    assert cache.get("of-somebody-else") == "kept"


def test_without_an_organisation_the_page_says_which_setting_is_missing(client, ada, settings):
    settings.GITHUB_ORG = ""

    assert "GITHUB_ORG says whose teams these are" in client.get(PAGE).text


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}history/"])
def test_what_could_not_be_read_is_not_said_to_be_nothing(client, ada, tables, path):
    tables.refusals += [("GetItem", 503, {}, False)] * 2

    page = client.get(path).text

    assert "What is published could not be read" in page
    assert "Nothing is published" not in page
    assert "Nothing was published yet" not in page


def test_while_dynamodb_is_away_the_latest_known_version_stands_there(client, ada, tables):
    published(ada, Draft(("everyone",), ()))
    tables.refusals += [("GetItem", 503, {}, False)] * 2

    answer = client.get(PAGE)

    assert "What is published could not be read" in answer.text
    assert "Version 1 is published" in answer.text


def test_who_was_overtaken_sees_by_what_and_can_go_on(client, ada, tables):
    client.post(PAGE, form(ENGINEERS))
    bob = account("bob")
    published(bob, Draft(("everyone",), (DraftRow(title="Lead", teams=("leads",)),)))

    answer = client.post(PAGE, form(ENGINEERS, do="publish"), follow=True)
    assert "Not published. bob published version 1 meanwhile." in answer.text
    assert "title is Lead" in answer.text

    client.post(PAGE, form(ENGINEERS, do="accept:1"))
    client.post(PAGE, form(ENGINEERS, do="publish"))
    assert tables.rules["published_by"] == "ada"
    assert RuleSet.objects.get(version=2).rules.default == ()


def test_the_page_says_whom_the_draft_would_change(client, ada):
    published(ada, Draft(("everyone",), ()))
    members.record(
        members.person("ada", company={"department": "Engineering"}),
        members.person("bo", status="pending", company={"department": "engineering "}),
        members.person("cy", company={"department": "Sales"}),
        members.person("gone", status="removed", company={"department": "Engineering"}),
        members.invitation("new@acme.com"),
    )

    client.post(PAGE, form(ENGINEERS, default=[], based_on=1))
    effects = client.get(PAGE).context["page"].effects

    assert (effects.people, effects.unknown, effects.changed) == (3, 0, 3)
    assert [(person.login, person.gains, person.losses) for person in effects.shown] == [
        ("ada", ("engineering",), ("everyone",)),
        ("bo", ("engineering",), ("everyone",)),
        ("cy", (), ("everyone",)),
    ]
    assert [(team.slug, team.gains, team.losses) for team in effects.teams] == [
        ("everyone", 0, 3),
        ("engineering", 2, 0),
    ]
    assert effects.matches == {0: 3, 1: 2}


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_however_many_members_and_rules(
    client, ada, django_assert_num_queries, count
):
    members.record(*(members.person(f"p{n}", company={"title": f"t{n}"}) for n in range(count)))
    published(ada, Draft(("everyone",), (DraftRow(title="t0", teams=("leads",)),) * count))
    client.get(PAGE)

    # Session and user, the version, the draft, members, and three kinds of suggestions.
    with django_assert_num_queries(8):
        client.get(PAGE)


def test_trying_it_tells_each_team_and_why(client, ada):
    client.post(PAGE, form(ENGINEERS, LEADS, default=["everyone"]))

    query = {"department": "engineering", "title": "Boss", "email": "x@acme.com"}
    trial = client.get(PAGE, query).context["page"].trial

    assert [(choice.slug, choice.because) for choice in trial.choices] == [
        ("everyone", "everybody gets it"),
        ("engineering", "rule 1: department is Engineering"),
    ]
    assert [applies for _, _, applies in trial.steps] == [True, True, False]


def test_discarding_shows_what_is_published(client, ada):
    published(ada, Draft(("everyone",), ()))
    client.post(PAGE, form(ENGINEERS, based_on=1))

    client.post(PAGE, form(ENGINEERS, do="discard"))

    page = client.get(PAGE).context["page"]
    assert (page.has_draft, page.rows, [chip.slug for chip in page.default]) == (
        False,
        [],
        ["everyone"],
    )


def test_the_history_tells_what_each_version_changed_and_restores_in_one_click(client, ada):
    published(ada, Draft(("everyone",), ()))
    published(ada, Draft(("leads",), ()), based_on=1)

    lines = client.get("/team-rules/history/").context["page"].lines
    assert [(line.ruleset.version, line.is_current) for line in lines] == [(2, True), (1, False)]
    assert (lines[0].changes[0].added, lines[0].changes[0].removed) == (("leads",), ("everyone",))

    answer = client.post("/team-rules/versions/1/restore/", {"based_on": 2}, follow=True)
    assert "Version 1 applies again, as version 3." in answer.text
    assert RuleSet.objects.get(version=3).rules.default == ("everyone",)

    answer = client.post("/team-rules/versions/2/restore/", {"based_on": 2}, follow=True)
    assert "Not restored. ada published version 3 meanwhile." in answer.text
    assert client.post("/team-rules/versions/9/restore/", {"based_on": 3}).status_code == 404


def test_a_long_history_has_pages(client, ada):
    for version in range(1, 25):
        text = f'{{"version": {version}, "default": ["t{version}"]}}'
        RuleSet.objects.create(version=version, text=text, published_at=NOW)

    first = client.get("/team-rules/history/").context["page"]
    rest = client.get(f"/team-rules/history/?before={first.older_than}").context["page"]

    versions = [line.ruleset.version for line in (*first.lines, *rest.lines)]
    assert versions == list(range(24, 0, -1))
    assert rest.older_than == 0
    assert first.lines[-1].changes[0].removed == ("t4",)
