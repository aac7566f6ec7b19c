"""An empty database is filled from what AWS still has."""

from datetime import timedelta

import pytest

from core import work
from executions import services
from executions.models import Execution
from executions.services import rebuilding
from tests.factories.executions import guid, mirrored, told, work_off
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
_COLUMNS = [
    field.attname
    for field in Execution._meta.concrete_fields
    if field.attname
    not in {"id", "public_id", "attempt", "described_at", "updated_at", "history_fetched_at"}
    and not field.attname.startswith(
        ("history_generation", "definition", "latest_retry", "redrive_")
    )
]


def as_stored():
    rows = Execution.objects.order_by("arn").values(*_COLUMNS)
    return [
        {
            name: bytes(value) if isinstance(value, memoryview) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def rebuild(now):
    lines = []
    found = services.rebuild(clock=lambda: now, say=lines.append)
    return found, lines


def everything(sfn):
    return [
        sfn.add(one)
        for one in (
            told(1),
            told(2).ends("FAILED", END),
            told(3).ends("SUCCEEDED", END),
            told(4).ends("TIMED_OUT", END).redriven(END).ends("SUCCEEDED", END),
        )
    ]


def test_an_empty_database_gets_what_the_mirror_had(sfn, now, finished):
    mirrored(sfn, *everything(sfn), now=now)
    before = as_stored()
    Execution.objects.all().delete()
    finished.clear()

    found, lines = rebuild(now)

    assert as_stored() == before
    assert (found.listed, found.missing) == (4, 4)
    assert {status for _name, status in finished} == {"FAILED", "SUCCEEDED"}
    assert len(finished) == 3
    assert lines[0] == "workflow-cost: 4 executions listed so far, 4 of them new."


def test_rebuilding_twice_changes_nothing_and_asks_about_nothing(sfn, now, finished):
    everything(sfn)
    rebuild(now)
    before, told_before, calls = as_stored(), list(finished), len(sfn.calls)

    found, _lines = rebuild(now + timedelta(minutes=5))

    assert (found.missing, found.different) == (0, 0)
    assert (as_stored(), finished) == (before, told_before)
    assert sfn.calls[calls:] == ["ListExecutions"]


def test_lists_of_many_pages_are_read_to_the_end(sfn, now, monkeypatch):
    pages = [[told(number).ends("SUCCEEDED", END)] for number in range(3)]
    for [one] in pages:
        sfn.add(one)

    def listed(asked):
        place = int(asked.get("nextToken", 0))
        [one] = pages[place]
        keys = ("executionArn", "name", "status", "startDate", "stopDate")
        more = {"nextToken": str(place + 1)} if place < 2 else {}
        return {"executions": [{key: one.description()[key] for key in keys}], **more}

    monkeypatch.setattr(sfn, "_list_executions", listed)

    found, _lines = rebuild(now)

    assert found.listed == 3
    assert set(Execution.objects.values_list("delivery", flat=True)) == {guid(n) for n in range(3)}


def test_an_aws_that_does_not_answer_is_named_in_the_end_and_what_was_listed_stays(
    sfn, now, monkeypatch
):
    monkeypatch.setattr(rebuilding, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(rebuilding, "_PAUSE_S", 0.0)
    everything(sfn)
    sfn.faults["DescribeExecution"] = Refused("AccessDeniedException", "not allowed")

    with pytest.raises(services.RebuildStalled, match=r"4 executions .* not allowed"):
        rebuild(now)

    assert Execution.objects.count() == 4
    assert work.backlog(Execution, now=now).waiting == 4
    sfn.faults.clear()
    work_off(now=now + timedelta(minutes=5))  # a worker goes on
    assert Execution.objects.filter(status="SUCCEEDED").count() == 2
