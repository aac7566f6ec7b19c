"""An execution's page at its largest: a history of 25,000 events, and a Map of 1,000 children.

`python -m bench.execution_page [sqlite|postgresql]`; one JSON line a figure. Times are the server's
own, through all of the middleware, without the network; `first` is a page that was never drawn.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from bench.execution_list import database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EVENTS = 25_000
_CHILDREN = 1_000
_ROUNDS = 9
_START = datetime(2026, 11, 2, tzinfo=UTC)
_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:ghadmin-bench"
_CALL = {"resource": "invoke", "resourceType": "lambda"}
_CHILD = {"resource": "startExecution.sync:2", "resourceType": "states"}
_DATA = json.dumps({f"key_{number}": "x" * 40 for number in range(22)})
_MAP = {
    "StartAt": "OnboardEach",
    "States": {
        "OnboardEach": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Onboard",
                "States": {
                    "Onboard": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::states:startExecution.sync:2",
                        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "NoteFailure"}],
                        "End": True,
                    },
                    "NoteFailure": {"Type": "Pass", "End": True},
                },
            },
            "End": True,
        },
    },
}


class _Events:
    """Events with ids and times, as GetExecutionHistory has them."""

    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []

    def add(
        self, kind: str, details: dict[str, Any] | None = None, *, after: int | None = None
    ) -> int:
        number = len(self.all) + 1
        key = f"{kind[0].lower()}{kind[1:]}EventDetails"
        for ending in ("StateEntered", "StateExited"):
            if kind.endswith(ending):
                key = f"s{ending[1:]}EventDetails"
        moment = _START + timedelta(milliseconds=10 * number)
        event: dict[str, Any] = {
            "id": number,
            "previousEventId": number - 1 if after is None else after,
            "type": kind,
            "timestamp": moment.isoformat(),
        }
        self.all.append(event | ({key: details} if details else {}))
        return number


def long_history() -> list[dict[str, Any]]:
    """One task after another, some tried twice: what AWS allows at most."""
    events = _Events()
    events.add("ExecutionStarted")
    while len(events.all) < _EVENTS - 8:
        name = f"State {len(events.all) // 800}"
        events.add("TaskStateEntered", {"name": name, "input": _DATA})
        if len(events.all) % 9 == 0:
            events.add("TaskScheduled", _CALL)
            events.add("TaskFailed", _CALL | {"error": "GitHubUnavailable", "cause": "502"})
        events.add("TaskScheduled", _CALL)
        events.add("TaskStarted", _CALL)
        events.add("TaskSucceeded", _CALL | {"output": _DATA})
        events.add("TaskStateExited", {"name": name, "output": _DATA})
    events.add("ExecutionSucceeded", {"output": "{}"})
    return events.all


def wide_history(child: Callable[[int], str]) -> list[dict[str, Any]]:
    """A Map of children that run at the same time; one in forty fails and is caught."""
    events = _Events()
    events.add("ExecutionStarted")
    events.add("MapStateEntered", {"name": "OnboardEach", "input": "{}"})
    fan = events.add("MapStateStarted", {"length": _CHILDREN})
    open_tasks = []
    for index in range(_CHILDREN):
        place: dict[str, Any] = {"name": "OnboardEach", "index": index}
        at = events.add("MapIterationStarted", place, after=fan)
        at = events.add("TaskStateEntered", {"name": "Onboard", "input": _DATA}, after=at)
        at = events.add("TaskScheduled", _CHILD, after=at)
        told = _CHILD | {"output": json.dumps({"ExecutionArn": child(index)})}
        open_tasks.append((place, told, events.add("TaskSubmitted", told, after=at)))
    for place, told, submitted in open_tasks:
        if place["index"] % 40 == 7:
            at = events.add("TaskFailed", _CHILD | {"error": "PersonUnknown"}, after=submitted)
            at = events.add("TaskStateExited", {"name": "Onboard", "output": "{}"}, after=at)
            at = events.add("PassStateEntered", {"name": "NoteFailure", "input": "{}"}, after=at)
            at = events.add("PassStateExited", {"name": "NoteFailure", "output": "{}"}, after=at)
        else:
            at = events.add("TaskSucceeded", told, after=submitted)
            at = events.add("TaskStateExited", {"name": "Onboard", "output": _DATA}, after=at)
        at = events.add("MapIterationSucceeded", place, after=at)
    at = events.add("MapStateSucceeded", after=at)
    events.add("MapStateExited", {"name": "OnboardEach", "output": "[]"}, after=at)
    events.add("ExecutionSucceeded", {"output": "{}"})
    return events.all


def figures() -> Iterator[dict[str, object]]:
    """Yield the figures; Django is set up and its database empty."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from executions import selectors  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    long, seconds = _stored("long", long_history())
    yield _figure("fold and store 25,000 events", _EVENTS / seconds, "events/s")
    arn = _MACHINE.replace("stateMachine", "execution") + ":child-{}"
    wide, _ = _stored("wide", wide_history(arn.format))
    _children(wide.arn, arn)
    yield _figure(
        "read 100 events back",
        _ms(lambda: selectors.find_events(long, selectors.EventFilter(), after=12_000, limit=100)),
        "ms",
    )
    pages = {
        "page of 25,000 events": f"{long.public_id}/",
        "a late page of its steps": f"{long.public_id}/?after=3999",
        "one of its steps": f"{long.public_id}/steps/2000/",
        "its raw events": f"{long.public_id}/events/",
        "a text found nowhere in them": f"{long.public_id}/events/?q=no-such-thing",
        "failures among them": f"{long.public_id}/events/?type=TaskFailed",
        "page of a Map of 1,000": f"{wide.public_id}/",
        "its iterations": f"{wide.public_id}/steps/0/",
        "those not well": f"{wide.public_id}/steps/0/?iterations=failed",
        "one of them": f"{wide.public_id}/steps/0/iterations/900/",
    }
    for name, path in pages.items():
        begun = time.perf_counter()
        response = client.get(f"/executions/{path}")
        first = (time.perf_counter() - begun) * 1000
        if response.status_code != 200:
            raise SystemExit(f"{path} was answered {response.status_code}")
        again = _ms(lambda path=path: client.get(f"/executions/{path}"))  # type: ignore[misc]
        size = round(len(response.content) / 1024)
        yield _figure(name, again, "ms") | {"first": round(first, 1), "kB": size}


def _stored(name: str, events: list[dict[str, Any]]) -> tuple[Any, float]:
    """Keep a history as the worker does; returns its execution and how long that took."""
    from executions.models import Definition, Execution  # noqa: PLC0415
    from executions.packing import pack_text  # noqa: PLC0415
    from executions.services.archive import store_history  # noqa: PLC0415
    from ghkit.history import fold  # noqa: PLC0415

    row = Execution.objects.create(
        arn=f"{_MACHINE.replace('stateMachine', 'execution')}:{name}",
        name=name,
        state_machine="bench",
        status="SUCCEEDED",
        started_at=_START,
        stopped_at=_START + timedelta(minutes=5),
        updated_at=_START,
        work_state="done",
        not_before=None,
        attempt=1,
        packed_input=pack_text("{}"),
    )
    if name == "wide":
        row.definition = Definition.objects.create(
            state_machine_arn=_MACHINE,
            digest="bench",
            earliest_start_at=_START,
            latest_start_at=_START,
            packed_body=pack_text(json.dumps(_MAP)),
        )
    begun = time.perf_counter()
    folded = fold(events)
    store_history(row, events, folded)
    seconds = time.perf_counter() - begun
    row.history_generation, row.history_event_count = 1, folded.event_count
    row.history_is_current, row.history_fetched_at = True, datetime.now(UTC)
    row.save()
    return row, seconds


def _children(parent: str, arn: str) -> None:
    from executions.models import Execution  # noqa: PLC0415

    Execution.objects.bulk_create(
        [
            Execution(
                arn=arn.format(index),
                name=f"child-{index}",
                state_machine="onboard-member",
                status="FAILED" if index % 40 == 7 else "SUCCEEDED",
                needs_attention=index % 40 == 7,
                started_at=_START,
                stopped_at=_START + timedelta(minutes=1),
                updated_at=_START,
                subject=f"person-{index}",
                parent_arn=parent,
                work_state="done",
                not_before=None,
            )
            for index in range(_CHILDREN)
        ]
    )


def _ms(work: Callable[[], object]) -> float:
    def times() -> Iterator[float]:
        while True:
            begun = time.perf_counter()
            work()
            yield (time.perf_counter() - begun) * 1000

    return statistics.median(islice(times(), _ROUNDS))


def _figure(name: str, value: float, unit: str) -> dict[str, object]:
    return {"figure": name, "value": round(value, 2 if value < 10 else 0), "unit": unit}


def main() -> None:
    """Run on SQLite, or on what the command line names."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "sqlite"
    with database(kind):
        for figure in figures():
            sys.stdout.write(json.dumps({"database": kind} | figure) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
