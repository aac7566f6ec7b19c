"""The pages beside the list: recovery, routing with its filters, installations."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from tests.factories.accounts import account
from tests.factories.webhooks import NOW, example, stored
from webhooks import services
from webhooks.models import (
    Backfill,
    BackfillPlace,
    CompletenessDay,
    Installation,
    LoggedDelivery,
    RouteFilter,
    Routine,
)

pytestmark = pytest.mark.django_db
FILTER = "/deliveries/routing/workflow_run/completed/"


@pytest.fixture
def signed_in(client):
    client.force_login(account("olga", "operator"))
    return client


@pytest.fixture
def admin(client):
    client.force_login(account("ada"))
    return client


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def gap(outcome="missing", **fields):
    return LoggedDelivery.objects.create(
        guid=uuid4(),
        event="workflow_run",
        action="completed",
        delivered_at=NOW,
        attempt_id=7,
        attempted_at=NOW,
        status="failed to connect",
        status_code=502,
        outcome=outcome,
        ask_at=NOW + timedelta(minutes=5) if outcome == "missing" else None,
        **fields,
    )


def day(number, **counts):
    return CompletenessDay.objects.create(
        day=date.today() - timedelta(days=number),  # noqa: DTZ011 -- far from midnight's edge
        expected=sum(counts.values()),
        counted_at=NOW,
        **counts,
    )


def test_each_day_says_how_complete_it_is_and_the_gaps_are_named(signed_in):
    day(1, received=90, recovered=8, missing=1, lost=1)
    day(0, received=5)
    missing, lost = gap(asks=2, asked_at=NOW), gap("lost")

    text = page(signed_in, "/deliveries/recovery/")

    assert "98 of 100 are here: 90 received, 8 recovered, 1 missing, 1 lost" in text
    assert str(missing.guid) in text
    assert str(lost.guid) in text
    assert "2 times, last" in text
    assert "failed to connect (502)" in text


def test_a_whole_log_is_said_to_be_here_and_an_unread_one_is_not(signed_in):
    unread = page(signed_in, "/deliveries/recovery/")
    day(0, received=5)
    read = page(signed_in, "/deliveries/recovery/")

    assert "No day has been counted yet" in unread
    assert "No worker has started yet" in unread
    assert "Everything that GitHub&#x27;s log names is here" in read or (
        "Everything that GitHub's log names is here" in read
    )


def test_a_press_makes_the_comparison_due(signed_in):
    services.start_routines(now=NOW)
    Routine.objects.update(not_before=NOW + timedelta(days=9_000))

    text = signed_in.post("/deliveries/recovery/compare/", follow=True).content.decode()

    assert "A worker is about to compare" in text
    assert Routine.objects.get(name="recovery").not_before < NOW + timedelta(days=8_000)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_gaps_cost_the_same_queries_for_one_and_three(
    signed_in, django_assert_num_queries, rows
):
    for number in range(rows):
        gap()
        day(number, received=1)

    # Session, user, days, routine, gaps (all of them, so none counts them), back-fills.
    with django_assert_num_queries(6):
        signed_in.get("/deliveries/recovery/")


def test_the_table_shows_what_starts_what_and_what_else_arrived(signed_in):
    stored(event="star", payload={"action": "created"})

    text = page(signed_in, "/deliveries/routing/")

    assert "starts <strong>workflow-cost</strong>" in text
    assert "installation_repositories.removed" in text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_installations_cost_the_same_queries_for_one_and_three(
    signed_in, django_assert_num_queries, rows
):
    for number in range(rows):
        Installation.objects.create(github_id=number + 1, account_login=f"org-{number}")

    # Session, user, installations with their counts, routine.
    with django_assert_num_queries(4):
        text = signed_in.get("/deliveries/installations/").content.decode()

    assert "org-0" in text


def test_a_suspended_and_a_removed_installation_say_what_becomes_of_their_work(signed_in):
    Installation.objects.create(github_id=1, account_login="asleep", suspended_at=NOW)
    Installation.objects.create(github_id=2, account_login="gone", deleted_at=NOW)

    text = page(signed_in, "/deliveries/installations/")

    assert "its deliveries wait" in text
    assert "its deliveries fail with that reason" in text


def test_an_administrator_tries_a_filter_and_then_saves_it(admin):
    payload = example()
    payload["workflow_run"]["head_branch"] = "dependabot/npm"
    bot = stored(payload=payload)
    stored()
    patterns = {"branches_exclude": "dependabot/**\n\n  renovate/** "}

    tried = admin.post(FILTER, patterns | {"preview": "1"}).content.decode()
    assert RouteFilter.objects.count() == 0
    admin.post(FILTER, patterns | {"save": "1"})

    assert "1 let through" in tried
    assert "1 kept out" in tried
    assert str(bot.guid) in tried
    saved = RouteFilter.objects.get()
    assert saved.patterns == {
        "branches": {"include": [], "exclude": ["dependabot/**", "renovate/**"]}
    }
    assert saved.changed_by.username == "ada"
    assert "2 patterns" in page(admin, "/deliveries/routing/")


def test_a_preview_says_what_the_worker_does(admin, clock, dead_aws):
    payload = example()
    payload["workflow_run"]["head_branch"] = "main"
    delivery = stored(payload=payload)
    patterns = {"branches_include": "release/*"}

    tried = admin.post(FILTER, patterns | {"preview": "1"}).content.decode()
    admin.post(FILTER, patterns | {"save": "1"})
    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    said = "the filter lets in chosen branches alone"
    assert said in tried
    assert delivery.status == "ignored"
    assert said in delivery.reason


def test_a_pattern_that_cannot_be_meant_is_named_and_not_saved(admin):
    response = admin.post(FILTER, {"branches_include": "*a" * 20, "save": "1"})

    assert response.status_code == 422
    assert "more than 8 wildcards" in response.content.decode()
    assert RouteFilter.objects.count() == 0


def test_who_is_no_administrator_sees_a_filter_and_changes_nothing(signed_in):
    text = page(signed_in, FILTER)

    response = signed_in.post(FILTER, {"branches_include": "main", "save": "1"})

    assert "Only an administrator changes this" in text
    assert (response.status_code, RouteFilter.objects.count()) == (403, 0)


def test_a_route_that_does_not_exist_has_no_filter(admin):
    assert admin.get("/deliveries/routing/star/created/").status_code == 404


def test_days_can_be_looked_through_by_hand_and_a_span_that_is_none_is_named(admin):
    url = "/deliveries/recovery/back-fill/"

    done = admin.post(url, {"first": "2026-11-01", "last": "2026-11-02"}, follow=True)
    backwards = admin.post(url, {"first": "2026-11-02", "last": "2026-10-01"}, follow=True)
    no_date = admin.post(url, {"first": "soon"}, follow=True)

    assert "A worker looks through these days" in done.content.decode()
    assert "Asked for by hand" in done.content.decode()
    assert "must begin before it ends" in backwards.content.decode()
    assert "From day (UTC): Enter a valid date" in no_date.content.decode()
    assert Backfill.objects.count() == 1


@pytest.mark.usefixtures("each_database")
@pytest.mark.parametrize("rows", [1, 3])
def test_back_fills_cost_the_same_queries_and_name_what_could_not_be_looked_through(
    signed_in, django_assert_num_queries, rows
):
    for number in range(rows):
        backfill = Backfill.objects.create(
            starts_at=NOW - timedelta(days=number + 2),
            ends_at=NOW - timedelta(days=number + 1),
            reason="by hand",
            requested_at=NOW,
            not_before=NOW,
            listed_at=NOW,
            looked_through=12,
        )
        BackfillPlace.objects.bulk_create(
            BackfillPlace(
                backfill=backfill,
                installation_id=7,
                owner="sandbox-org",
                repository=f"r{place}",
                begins_at=backfill.starts_at,
                until=backfill.ends_at,
                is_done=place < 12,
                problems=f"sandbox-org/r{place}: run 1 is gone" if place < 12 else "",
            )
            for place in range(15)
        )

    with django_assert_num_queries(7):
        shown = page(signed_in, "/deliveries/recovery/")

    assert shown.count("12 of 15") == rows
    assert shown.count("12 places could not be looked through as a whole") == rows
    assert shown.count("run 1 is gone") == 10 * rows
    assert shown.count("… and so on") == rows
