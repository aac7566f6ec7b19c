"""From the visits of an execution to what its graph shows: statuses, counts and the ways taken."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from executions.graph.scopes import Kind, Path, Scope, State, states_of
from executions.graph.states import URGENCY, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from executions.graph.drawing import Passage

# Between the names in a visit's path stands the number of the iteration or branch.
_NUMBER: Final = re.compile(r"/\d+/")


class Visit(Protocol):
    """What is read of a visit: `executions.models.Step` has it."""

    @property
    def number(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def status(self) -> str: ...


@dataclass(slots=True)
class _Place:
    """A state within one iteration or branch: its latest visit, and how many there were."""

    latest: Visit
    count: int = 1


@dataclass(slots=True)
class _Reading:
    states: Mapping[Path, State]
    by_name: Mapping[str, Path]
    # By path in the definition and prefix of the visits' paths.
    places: dict[Path, dict[str, _Place]] = field(default_factory=dict)
    latest_in: dict[str, Visit] = field(default_factory=dict)
    taken: set[Passage] = field(default_factory=set)
    # Prefixes in which an error was caught.
    caught: set[str] = field(default_factory=set)

    def read(self, visit: Visit) -> None:
        path = self.path_of(visit)
        if path is None:
            return
        prefix = visit.path[: len(visit.path) - len(visit.state)]
        places = self.places.setdefault(path, {})
        if prefix in places:
            places[prefix].latest = visit
            places[prefix].count += 1
        else:
            places[prefix] = _Place(visit)
        if visit.status == "caught":
            self.caught.add(prefix)
        before = self.latest_in.get(prefix)
        if before is None:
            self.taken.add((path[:-1], None, visit.state, Kind.NORMAL))
        else:
            kind = Kind.CATCH if before.status == "caught" else Kind.NORMAL
            self.taken.add((path[:-1], before.state, visit.state, kind))
        self.latest_in[prefix] = visit

    def path_of(self, visit: Visit) -> Path | None:
        path = tuple(_NUMBER.split(visit.path))
        # A name may look like a number between slashes; names are unique in a machine.
        return path if path in self.states else self.by_name.get(visit.state)


def outcome(
    scope: Scope, visits: Iterable[Visit], link: Callable[[Visit], str]
) -> tuple[dict[Path, Status], set[Passage]]:
    """Say what became of each state that was entered, and which edges were taken.

    Of several visits the latest counts; of several iterations the worst is shown, and all counted.

    Args:
        scope: The definition that was executed.
        visits: In order of entry.
        link: Where the page tells more of a visit.
    """
    states = {state.path: state for state in states_of(scope)}
    reading = _Reading(states, {path[-1]: path for path in states})
    for visit in visits:
        reading.read(visit)
    iterations = _iterations(reading)
    statuses = {}
    for path, places in reading.places.items():
        counts: Counter[str] = Counter()
        if states[path].type == "Map":
            for prefix, place in places.items():
                counts += iterations.get(f"{prefix}{place.latest.state}/", Counter())
        elif len(places) > 1:
            counts = Counter(place.latest.status for place in places.values())
        worst = min(places.values(), key=lambda place: _urgency(place.latest.status)).latest
        statuses[path] = Status(
            code=worst.status,
            tries=worst.attempt,
            visits=sum(place.count for place in places.values()),
            counts=tuple(sorted(counts.items(), key=lambda one: _urgency(one[0]))),
            href=link(worst),
        )
    return statuses, reading.taken | _ends(reading)


def _iterations(reading: _Reading) -> dict[str, Counter[str]]:
    """Count the iterations of each Map by how they stand, by the Map's path with a slash."""
    running = {
        f"{prefix}{place.latest.state}/"
        for places in reading.places.values()
        for prefix, place in places.items()
        if place.latest.status == "running"
    }
    found: dict[str, Counter[str]] = {}
    for prefix, visit in reading.latest_in.items():
        if not prefix:
            continue
        around = prefix[:-1].rpartition("/")[0] + "/"
        status = visit.status
        if status == "caught" or (status == "succeeded" and around in running):
            path = reading.path_of(visit)
            is_over = path is not None and reading.states[path].is_last
            status = "succeeded" if is_over and status == "succeeded" else "running"
        if status == "succeeded" and prefix in reading.caught:
            status = "caught"  # it went well in the end, but not as it should
        found.setdefault(around, Counter())[status] += 1
    return found


def _ends(reading: _Reading) -> set[Passage]:
    ends: set[Passage] = set()
    for path, places in reading.places.items():
        if any(place.latest.status == "succeeded" for place in places.values()):
            ends.add((path[:-1], path[-1], None, Kind.NORMAL))
    return ends


def _urgency(code: str) -> int:
    return URGENCY.index(code) if code in URGENCY else len(URGENCY)
