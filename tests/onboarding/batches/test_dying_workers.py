"""A worker may die anywhere: nobody is handed over twice, or lost."""

from datetime import timedelta

import pytest

from onboarding.models import Part
from onboarding.services import batches
from onboarding.services.batches import releasing
from tests.factories.batches import NOW, checked, states
from tests.onboarding.batches.parts import (
    limited,
    parent_ends,
    parents,
    work_off,
)

pytestmark = pytest.mark.django_db


def test_a_worker_that_dies_after_the_start_starts_nothing_twice(aws, limit, clock):
    batch = checked("ada")
    batches.advance_due_batches(clock=clock)
    aws.after["StartExecution"] = _die_once()
    with pytest.raises(SystemExit):
        batches.work_off_due_parts(clock=clock)
    assert batch.parts.get().state == "starting"

    clock.now = NOW + timedelta(minutes=5)
    work_off(clock)

    assert len(parents(aws)) == 1
    assert batch.parts.get().state == "running"


def test_a_worker_that_dies_while_releasing_hands_nobody_over(aws, limit, clock, monkeypatch):
    limit["hourly"] = limited()
    batch = checked("ada")
    real = releasing._make_part

    def dies(*args, **kwargs):
        real(*args, **kwargs)
        raise SystemExit

    monkeypatch.setattr(releasing, "_make_part", dies)
    with pytest.raises(SystemExit):
        batches.advance_due_batches(clock=clock)
    assert (states(batch), Part.objects.count()) == (["waiting"], 0)
    monkeypatch.undo()


def test_a_part_that_ended_before_its_start_was_noted_is_recorded_all_the_same(aws, limit, clock):
    batch = checked("ada")
    batches.advance_due_batches(clock=clock)
    part = batch.parts.get()
    started = {}

    def ends_at_once():
        [parent] = parents(aws)
        if not started:
            started["once"] = parent
            parent_ends(parent, {1: "succeeded"}, NOW)

    aws.after["StartExecution"] = ends_at_once
    work_off(clock)
    work_off(clock)

    part.refresh_from_db()
    assert (part.state, states(batch)) == ("ended", ["succeeded"])


def _die_once():
    died = []

    def die():
        if not died:
            died.append(True)
            raise SystemExit

    return die
