"""Where the App is installed: from webhooks that come late and twice, and from GitHub's lists."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.webhooks import NOW, example, stored
from webhooks import services
from webhooks.models import Installation, RouteFilter
from webhooks.services.installations import confirm_installations

TIMES = {"early": "2026-11-20T10:00:00Z", "late": "2026-11-21T10:00:00Z"}


def tell(action, *, event="installation", updated="early", clock, **changes):
    """Let the webhook arrive and the worker take it up."""
    payload = example("installation__created") | {"action": action} | changes
    payload["installation"] = payload["installation"] | {"updated_at": TIMES[updated]}
    delivery = stored(event=event, payload=payload, received_at=clock())
    services.dispatch_deliveries(clock=clock)
    delivery.refresh_from_db()
    return delivery


def names(installation):
    return sorted(installation.repositories.values_list("full_name", flat=True))


@pytest.mark.django_db
def test_an_installation_is_known_with_its_repositories_once_its_webhook_was_taken_up(clock):
    delivery = tell("created", clock=clock)

    installation = Installation.objects.get()
    assert (delivery.status, delivery.execution_arn) == ("recorded", "")
    assert (installation.github_id, installation.account_login) == (957387, "Codertocat")
    assert (installation.state, installation.repository_selection) == ("active", "selected")
    assert names(installation) == ["Codertocat/Hello-World"]


@pytest.mark.django_db(transaction=True)
def test_texts_that_no_database_takes_are_kept_without_what_it_refuses(clock, each_database):
    bad = "a\x00b\ud800"
    installation = example("installation__created")["installation"] | {
        "account": {"login": bad, "id": 9},
        "target_type": bad,
        "repository_selection": bad,
        "permissions": {bad: bad, "odd": {"is": bad}},
        "events": [bad, 7],
    }
    repositories = [{"id": 5, "full_name": bad}]

    delivery = tell("created", installation=installation, repositories=repositories, clock=clock)

    kept = Installation.objects.get()
    good = "a\ufffdb\ufffd"
    assert delivery.status == "recorded", delivery.reason
    assert (kept.account_login, kept.account_type, kept.repository_selection) == (good,) * 3
    assert (kept.permissions, kept.events) == ({good: good}, [good])
    assert names(kept) == [good]


@pytest.mark.django_db
def test_repositories_come_and_go(clock):
    tell("created", clock=clock)
    added = [
        {"id": 5, "full_name": "Codertocat/new", "private": True},
        {"id": 186853002, "full_name": "Codertocat/Renamed", "private": False},
    ]

    tell("added", event="installation_repositories", repositories_added=added, clock=clock)
    after_adding = names(Installation.objects.get())
    gone = [{"id": 5, "full_name": "Codertocat/new"}]
    tell("removed", event="installation_repositories", repositories_removed=gone, clock=clock)

    assert after_adding == ["Codertocat/Renamed", "Codertocat/new"]
    assert names(Installation.objects.get()) == ["Codertocat/Renamed"]


@pytest.mark.django_db
def test_a_webhook_that_is_older_than_what_is_known_changes_nothing(clock):
    tell("created", clock=clock)
    tell("unsuspend", updated="late", clock=clock)

    tell("suspend", updated="early", clock=clock)

    assert Installation.objects.get().state == "active"


@pytest.mark.django_db
def test_a_time_in_seconds_is_understood_as_githubs_own_example_writes_it(clock):
    stored(event="installation", payload=example("installation__created"))

    services.dispatch_deliveries(clock=clock)

    told_at = datetime.fromtimestamp(1557933591, UTC)
    assert Installation.objects.get().told_at == told_at


@pytest.mark.django_db
def test_a_removed_installation_stays_removed_whatever_arrives_late(clock):
    tell("created", clock=clock)
    tell("deleted", updated="late", clock=clock)

    tell("unsuspend", updated="late", clock=clock)

    assert Installation.objects.get().state == "uninstalled"


@pytest.mark.django_db
def test_a_renamed_owner_is_known_by_the_new_name(clock):
    tell("created", clock=clock)

    tell(
        "renamed",
        event="installation_target",
        updated="late",
        clock=clock,
        account={"login": "codercat", "id": 21031067},
        installation={"id": 957387},
    )

    assert Installation.objects.get().account_login == "codercat"


@pytest.mark.django_db
def test_an_installation_that_comes_while_github_writes_its_list_is_not_taken_for_removed(
    clock, monkeypatch
):
    Installation.objects.create(github_id=5, account_login="gone")

    def list_installations(_app):
        tell("created", clock=clock)
        return []

    monkeypatch.setattr("core.github.app", lambda: None)
    monkeypatch.setattr("ghkit.github.installations.list_installations", list_installations)
    confirm_installations(now=NOW)

    states = {one.account_login: one.state for one in Installation.objects.all()}
    assert states == {"gone": "uninstalled", "Codertocat": "active"}


@pytest.mark.django_db
@pytest.mark.parametrize("installation", [None, {}, {"id": "7"}, {"id": -1}, {"id": 2**70}])
def test_a_body_that_names_no_installation_fails_with_the_reason(clock, installation):
    delivery = stored(
        event="installation", payload={"action": "created", "installation": installation}
    )

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, Installation.objects.count()) == ("failed", 0)
    assert "installation.id" in delivery.reason


@pytest.mark.django_db
def test_work_of_a_suspended_installation_waits_and_goes_on_when_it_is_active_again(
    clock, dead_aws
):
    tell("suspend", clock=clock)
    run = example() | {"installation": {"id": 957387}}
    delivery = stored(payload=run)

    services.dispatch_deliveries(clock=clock)
    delivery.refresh_from_db()
    held_until, said = delivery.not_before, delivery.explanation
    clock.pass_(60)
    tell("unsuspend", updated="late", clock=clock)

    delivery.refresh_from_db()
    assert held_until - NOW == timedelta(hours=1)
    assert "Codertocat has suspended the App" in said
    # The worker that took the webhook up tried it at once; here AWS is the next to be away.
    assert "AWS" in delivery.explanation
    assert delivery.not_before - clock() <= timedelta(minutes=1)


@pytest.mark.django_db
def test_work_of_a_removed_installation_fails_for_a_stated_reason(clock):
    tell("deleted", clock=clock)
    delivery = stored(payload=example() | {"installation": {"id": 957387}})

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert delivery.status == "failed"
    assert delivery.reason.startswith("Codertocat removed the App on 23 Nov 2026")


@pytest.mark.django_db
def test_a_delivery_that_the_routes_filter_keeps_out_says_so_and_keeps_its_body(clock):
    RouteFilter.objects.create(
        event="workflow_run",
        action="completed",
        patterns={"branches": {"exclude": ["mas*"]}},
        changed_at=NOW,
    )
    payload = example()
    payload["workflow_run"]["head_branch"] = "master"
    delivery = stored(payload=payload)

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.execution_arn) == ("ignored", "")
    assert delivery.reason == (
        "workflow_run.completed: the filter leaves out branches like 'mas*': this one is 'master'"
    )
    assert delivery.body_json() is not None
