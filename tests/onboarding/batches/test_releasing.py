"""When people are handed over: in parts, within quotas, while nobody has paused."""

from datetime import timedelta

import pytest

from onboarding.services import batches
from tests.factories.batches import NOW, checked, states
from tests.onboarding.batches.parts import (
    limited,
    parent_ends,
    parents,
    users,
    work_off,
)

pytestmark = pytest.mark.django_db


def test_a_thousand_and_one_go_in_two_parts_one_after_the_other(aws, limit, clock):
    batch = checked(*(f"u{number}" for number in range(1_001)))

    work_off(clock)
    work_off(clock)

    [first] = parents(aws)
    assert len(users(first)) == 1_000
    assert len(first.input.encode()) < 256 * 1024
    parent_ends(first, dict.fromkeys(users(first), "succeeded"), NOW)
    work_off(clock)
    work_off(clock)
    [_, second] = parents(aws)
    assert users(second) == [1_001]
    assert batch.parts.count() == 2


def test_where_github_limits_parts_follow_its_windows(aws, limit, clock):
    limit["hourly"] = limited()
    batch = checked(*(f"u{number}" for number in range(100)))

    work_off(clock)
    work_off(clock)

    assert [part.people for part in batch.parts.order_by("number")] == [80]
    batch.refresh_from_db()
    assert batch.not_before == NOW + timedelta(minutes=1)
    clock.now = NOW + timedelta(minutes=1)
    work_off(clock)
    assert [part.people for part in batch.parts.order_by("number")] == [80, 20]


def test_quotas_are_an_organisations_not_a_batchs(aws, limit, clock):
    limit["hourly"] = limited()
    first = checked(*(f"u{number}" for number in range(80)))
    second = checked("zoe", organization="Octo-Org")

    work_off(clock)

    assert [first.parts.count(), second.parts.count()] == [1, 0]
    second.refresh_from_db()
    assert second.not_before == NOW + timedelta(minutes=1)


def test_invitations_wait_for_tomorrow_and_members_do_not(aws, limit, clock, settings):
    settings.GITHUB_INVITATIONS_PER_DAY = 2
    limit["hourly"] = limited()
    batch = checked("n1", "n2", "n3", "ada", invited=("n1", "n2", "n3"))

    work_off(clock)

    assert states(batch) == ["running", "running", "waiting", "running"]
    batch.refresh_from_db()
    assert batch.not_before == NOW + timedelta(days=1)


def test_an_exhausted_hour_is_waited_out(aws, limit, clock):
    limit["hourly"] = limited(remaining=3, resets_at=NOW + timedelta(minutes=17))
    batch = checked("ada")

    work_off(clock)

    assert (states(batch), batch.parts.count()) == (["waiting"], 0)
    batch.refresh_from_db()
    assert batch.not_before == NOW + timedelta(minutes=17)


def test_a_paused_batch_releases_nobody_until_it_is_resumed(aws, limit, clock):
    batch = checked("ada")
    batches.pause(batch=batch, now=NOW)
    work_off(clock)
    assert (parents(aws), states(batch)) == ([], ["waiting"])

    batches.resume(batch=batch, now=NOW)
    work_off(clock)

    assert states(batch) == ["running"]


def test_a_cancelled_batch_lets_go_on_who_is_with_aws_and_drops_the_rest(aws, limit, clock):
    limit["hourly"] = limited()
    batch = checked(*(f"u{number}" for number in range(81)))
    work_off(clock)

    batches.cancel(batch=batch, now=NOW)
    clock.now = NOW + timedelta(hours=1)
    work_off(clock)

    assert states(batch) == ["running"] * 80 + ["cancelled"]
    parent_ends(parents(aws)[0], dict.fromkeys(range(1, 81), "succeeded"), clock.now)
    work_off(clock)
    batch.refresh_from_db()
    assert (batch.state, set(states(batch))) == ("cancelled", {"succeeded", "cancelled"})


@pytest.mark.parametrize("action", [batches.start, batches.pause, batches.resume, batches.cancel])
def test_what_makes_no_sense_now_is_refused_and_changes_nothing(action):
    batch = checked("ada", state="done")

    with pytest.raises(batches.BatchMoved, match="it is done"):
        action(batch=batch, now=NOW + timedelta(hours=1))

    batch.refresh_from_db()
    assert (batch.state, batch.updated_at) == ("done", NOW)
