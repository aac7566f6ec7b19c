"""Plays a machine by the rules of the Amazon States Language, and decides what fails in it.

Where work goes on side by side and one part of it fails, how far the others came is a matter of
chance. So that the rest is not, only one part of a Map or Parallel may fail for good; its siblings
then do nothing that could.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from bench.machines.building import ERRORS, LENGTHS, Built, Machine, State

# An execution that would have to be redriven more often stays failed.
_MOST_REDRIVES = 4

# Whether calls may fail: never, only as far as their own Retry and Catch go, or anyhow.
Mood = Literal["calm", "steady", "wild"]

# The walk that a step belongs to: iterations around it, and its machine by its first state.
ScopeKey = tuple[tuple[tuple[str, int], ...], str]


@dataclass
class Expected:
    """One visit of a state.

    Attributes:
        part: Number of the attempt at a failed Map or Parallel in which this stood beside the
            part that failed, so that it may have been aborted or not begun; 0 elsewhere.
        shaken: Whether a redrive may have scheduled it again: then `attempt` is the least.
    """

    state: str
    type: str
    iteration: int | None
    status: str = "succeeded"
    attempt: int = 1
    error: str | None = None
    part: int = 0
    shaken: bool = False


@dataclass
class Performance:
    """What running a machine with this input must lead to.

    Attributes:
        given: The execution's input, but for the folder.
        redrives: How often it must be redriven, each time when it has failed.
        error: With which it fails in the end; None when it succeeds.
        visits: Of states, in order, by walk.
    """

    given: dict[str, Any]
    redrives: int = 0
    error: str | None = None
    visits: dict[ScopeKey, list[Expected]] = field(default_factory=lambda: defaultdict(list))


class _Failed(Exception):
    """A state failed, and nothing around it has caught it yet."""

    def __init__(self, error: str, chain: list[Expected]) -> None:
        super().__init__(error)
        self.error = error
        self.chain = chain  # of visits, from the innermost out


def perform(built: Built, random: Random) -> Performance:
    """Play a machine from its start to its end, through every redrive that helps."""
    return _Player(built, random).play()


@dataclass
class _Frame:
    """A state that is being tried, and what may still be done about its failure."""

    state: State
    used: int = 0

    def retries(self, error: str) -> bool:
        for retrier in self.state.get("Retry", []):
            if _matches(retrier, error):
                return self.used < int(retrier["MaxAttempts"])
        return False

    def catcher(self, error: str) -> State | None:
        return next((c for c in self.state.get("Catch", []) if _matches(c, error)), None)


class _Player:
    def __init__(self, built: Built, random: Random) -> None:
        self._machine = built.machine
        self._random = random
        self._frames: list[_Frame] = []
        self._plan: dict[str, tuple[str, int]] = {}
        self._calls: dict[str, int] = defaultdict(int)
        self._chosen: dict[Any, tuple[Mood, int | None]] = {}
        self._asked = ""
        self._part = 0
        self._parts = 0
        self._shaken = False
        lists = {f"of{length}": [0] * length for length in LENGTHS}
        given = {"key": "", "plan": self._plan, "flags": built.flags, "lists": lists}
        self._performance = Performance(given)

    def play(self) -> Performance:
        try:
            self._walk(self._machine, "wild", ())
        except _Failed as failed:
            self._performance.error = failed.error
            for visit in failed.chain:
                visit.status = "failed"
                visit.error = visit.error or failed.error
        return self._performance

    def _walk(self, machine: Machine, mood: Mood, around: tuple[tuple[str, int], ...]) -> None:
        key = (around, machine["StartAt"])
        name: str | None = machine["StartAt"]
        while name is not None:
            state = machine["States"][name]
            iteration = around[-1][1] if around else None
            visit = Expected(name, state["Type"], iteration, part=self._part, shaken=self._shaken)
            self._performance.visits[key].append(visit)
            name = self._visit(state, visit, mood, around)

    def _visit(
        self, state: State, visit: Expected, mood: Mood, around: tuple[tuple[str, int], ...]
    ) -> str | None:
        match state["Type"]:
            case "Choice":
                return self._choose(state, visit)
            case "Fail":
                visit.status = "failed"
                raise _Failed(state["Error"], [visit])
            case "Task" | "Map" | "Parallel":
                return self._try(state, visit, mood, around)
        return state.get("Next")

    def _choose(self, state: State, visit: Expected) -> str:
        [rule] = state["Choices"]
        if rule["Variable"] == "$.answer.fails":
            goes = self._plan.get(self._asked, ("", 0))[0] == "Fail"
        else:
            goes = self._performance.given["flags"][visit.state]
        return str(rule["Next"] if goes else state["Default"])

    def _try(
        self, state: State, visit: Expected, mood: Mood, around: tuple[tuple[str, int], ...]
    ) -> str | None:
        attempt: Callable[[], None]
        if state["Type"] == "Task":
            attempt = lambda: self._call(state, visit, mood, around)  # noqa: E731
        else:
            attempt = lambda: self._run_parts(state, visit, mood, around)  # noqa: E731
        frame = _Frame(state)
        self._frames.append(frame)
        try:
            while True:
                try:
                    attempt()
                except _Failed as failed:
                    if frame.retries(failed.error):
                        frame.used += 1
                        visit.attempt += 1
                        visit.error = None
                        continue
                    return self._caught(frame, visit, failed)
                return state.get("Next")
        finally:
            self._frames.pop()

    def _caught(self, frame: _Frame, visit: Expected, failed: _Failed) -> str:
        catcher = frame.catcher(failed.error)
        told = failed.chain[0].error if failed.chain else failed.error
        if catcher is None:
            if visit not in failed.chain:
                visit.error = told
                failed.chain.append(visit)
            visit.status = "failed"
            raise failed
        visit.status = "caught"
        visit.error = told
        if "ResultPath" not in catcher:
            # Then the state's output is the error, and tells that of a Fail state too.
            for one in (*failed.chain, visit):
                one.error = one.error or failed.error
        return str(catcher["Next"])

    # Tasks

    def _call(
        self, state: State, visit: Expected, mood: Mood, around: tuple[tuple[str, int], ...]
    ) -> None:
        if "startExecution" in state["Resource"]:
            return
        key = self._asked = "".join(f"{index}." for _, index in around) + visit.state
        if key not in self._calls:
            self._draw(key, mood)
        error, fails = self._plan.get(key, ("", 0))
        while True:
            self._calls[key] += 1
            if error == "Fail" or self._calls[key] > fails:
                return
            if not self._escapes(error) or not self._redrive():
                visit.error = error
                raise _Failed(error, [])
            visit.attempt += 1

    def _draw(self, key: str, mood: Mood) -> None:
        """Decide whether the calls of a key fail, and how often before they no longer do."""
        frame, random = self._frames[-1], self._random
        error = random.choice(ERRORS)
        next_state = frame.state.get("Next", "")
        if mood == "calm" or random.random() < 0.4:
            return
        if mood == "wild" and next_state.startswith("Decide") and random.random() < 0.5:
            self._plan[key] = ("Fail", 0)
            return
        if mood == "wild" or frame.catcher(error):
            self._plan[key] = (error, random.randint(1, 3))
            return
        for retrier in frame.state.get("Retry", []):
            if _matches(retrier, error) and retrier["MaxAttempts"]:
                self._plan[key] = (error, random.randint(1, retrier["MaxAttempts"]))

    def _escapes(self, error: str) -> bool:
        """Whether nothing between the call and the execution's end does anything about it."""
        return not any(f.retries(error) or f.catcher(error) for f in self._frames)

    def _redrive(self) -> bool:
        """Redrive the execution: whatever is being tried begins to count anew."""
        if self._performance.redrives == _MOST_REDRIVES:
            return False
        self._performance.redrives += 1
        for frame in self._frames:
            frame.used = 0
        return True

    # Maps and Parallels

    def _run_parts(
        self, state: State, visit: Expected, mood: Mood, around: tuple[tuple[str, int], ...]
    ) -> None:
        parts = self._parts_of(state, visit, around)
        inside, wild = self._moods(visit.state, mood, around, len(parts))
        failed: _Failed | None = None
        redrives = self._performance.redrives
        if wild is not None:
            try:
                self._walk(parts[wild][0], "wild", parts[wild][1])
            except _Failed as failure:
                failed = failure
        shaken = self._performance.redrives > redrives
        in_order = state.get("MaxConcurrency") == 1
        for number, (machine, place) in enumerate(parts):
            if number == wild:
                continue
            if failed and in_order and wild is not None:
                # One after the other: those before it are done, those after it never begin.
                if number < wild:
                    self._walk(machine, inside, place)
                continue
            with self._beside(failed=failed is not None, shaken=shaken):
                self._walk(machine, inside, place)
        if failed:
            raise failed

    def _moods(
        self, name: str, mood: Mood, around: tuple[tuple[str, int], ...], count: int
    ) -> tuple[Mood, int | None]:
        """The mood of most parts, and the one part that is wild; alike in every attempt."""
        if mood != "wild":
            return mood, None
        key = (around, name)
        if key not in self._chosen:
            inside: Mood = self._random.choice(["steady", "calm"])
            wild = self._random.randrange(count) if count and inside == "calm" else None
            self._chosen[key] = inside, wild
        return self._chosen[key]

    def _parts_of(
        self, state: State, visit: Expected, around: tuple[tuple[str, int], ...]
    ) -> list[tuple[Machine, tuple[tuple[str, int], ...]]]:
        if state["Type"] == "Parallel":
            return [(branch, around) for branch in state["Branches"]]
        length = int(state["ItemsPath"].removeprefix("$.lists.of"))
        processor = state["ItemProcessor"]
        return [(processor, (*around, (visit.state, index))) for index in range(length)]

    @contextmanager
    def _beside(self, *, failed: bool, shaken: bool) -> Iterator[None]:
        """Mark the visits of one part that stands beside one that failed or was redriven."""
        before = self._part, self._shaken
        if failed and not self._part:
            self._parts += 1
            self._part = self._parts
        self._shaken = self._shaken or shaken
        yield
        self._part, self._shaken = before


def _matches(rule: State, error: str) -> bool:
    return bool({"States.ALL", "States.TaskFailed", error} & set(rule["ErrorEquals"]))
