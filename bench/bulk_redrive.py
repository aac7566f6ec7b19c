"""A thousand failed executions resumed by one order, and how soon an end is seen.

`python -m bench.bulk_redrive [EXECUTIONS]`; the whole product runs as processes, as in the demo.
The machine only waits: each execution is stopped at AWS, then all are resumed by one
`POST /api/v1/retries/`. Calls are counted, and their moments read, at the sandbox's AWS.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from bench import worlds
from sandbox.runner import outside
from sandbox.runner.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXECUTIONS: Final = 1_000
_ENDS: Final = 20
# Long enough to be stopped in, and over soon once it was resumed.
_WAIT_S: Final = 60 / worlds.WAIT_SCALE
_GIVE_UP_S: Final = 400.0
# How often a list asks anew while something on it moves (executions.views).
_POLL_S: Final = 2.0


def figures(executions: int = EXECUTIONS) -> Iterator[dict[str, object]]:
    """Resume them all, then time how soon the end of others is seen; one figure each."""
    with tempfile.TemporaryDirectory() as folder:
        layout = worlds.layout_in(Path(folder))
        with World(layout) as world:
            headers = {"Authorization": f"Bearer {world.facts['GHADMIN_API_TOKEN']}"}
            with (
                httpx.Client(base_url=layout.dashboard_url, headers=headers, timeout=60) as api,
                httpx.Client(base_url=layout.control_url, timeout=60) as control,
            ):
                run = _Run(world, api, control)
                yield {"bench": "bulk_redrive", "executions": executions} | run.resume(executions)
                yield {"bench": "end_to_screen", "executions": _ENDS} | run.see_ends(_ENDS)


class _Run:
    """One world and what is asked of it."""

    def __init__(self, world: World, api: httpx.Client, control: httpx.Client) -> None:
        self._api, self._control = api, control
        self._machine = world.outputs["WorkflowCostStateMachineArn"]
        self._sfn = outside.aws_clients(world.layout)("stepfunctions")

    def resume(self, count: int) -> dict[str, object]:
        """Let `count` executions be stopped, retry them in bulk, and read what was called when."""
        self._define({"Type": "Wait", "Seconds": int(_WAIT_S), "End": True})
        with ThreadPoolExecutor(8) as pool:
            arns = list(pool.map(self._start, range(count)))
            list(pool.map(lambda arn: self._sfn.stop_execution(executionArn=arn), arns))
        # Somebody retries what is on the page with its reason, not what is just coming in.
        self._until(lambda: self._read("ABORTED") >= count, pause_s=1)
        earlier = len(self._calls())
        began = time.perf_counter()
        asked_at = datetime.now(UTC)
        order = {"filter": {"status": "ABORTED"}}
        bulk = self._post("retries/", order)
        answered_s = time.perf_counter() - began
        self._until(lambda: self._accepted(bulk["id"]) >= count)
        reported_s = time.perf_counter() - began
        calls = [one for one in self._calls()[earlier:] if "RedriveExecution" in one["path"]]
        moments = [(datetime.fromisoformat(one["at"]) - asked_at).total_seconds() for one in calls]
        per_s = Counter(math.floor(moment) for moment in moments)
        outcomes = Counter(one["outcome"] for one in self._pages(f"retries/{bulk['id']}/items/"))
        return {
            "answered_s": round(answered_s, 2),
            "redrive_calls": len(calls),
            "refused_calls": sum(one["status"] >= 400 for one in calls),
            "describe_calls": sum(
                "DescribeExecution" in one["path"] for one in self._calls()[earlier:]
            ),
            "first_call_s": round(min(moments, default=0), 2),
            "last_call_s": round(max(moments, default=0), 2),
            "calls_in_each_second": [per_s[second] for second in range(max(per_s, default=0) + 1)],
            "report_complete_s": round(reported_s, 2),
            "outcomes": dict(outcomes),
        }

    def see_ends(self, count: int) -> dict[str, object]:
        """Let executions end one by one; how long until the list has each as ended."""
        self._define({"Type": "Pass", "End": True})
        in_mirror, on_screen = [], []
        opened = time.time()
        for number in range(count):
            arn = self._start(10**6 + number)
            self._until(partial(self._has_succeeded, arn), pause_s=0.02)
            seen = time.time()
            ended: float = self._sfn.describe_execution(executionArn=arn)["stopDate"].timestamp()
            in_mirror.append(seen - ended)
            # A page that was opened at the beginning asks at every second second.
            tick = opened + math.ceil((seen - opened) / _POLL_S) * _POLL_S
            on_screen.append(tick - ended)
            time.sleep(0.37)  # at other moments between two polls
        return {
            "in_mirror_p50_s": round(statistics.median(in_mirror), 2),
            "in_mirror_max_s": round(max(in_mirror), 2),
            "on_screen_p50_s": round(statistics.median(on_screen), 2),
            "on_screen_max_s": round(max(on_screen), 2),
        }

    def _define(self, state: dict[str, Any]) -> None:
        definition = json.dumps({"StartAt": "Only", "States": {"Only": state}})
        self._sfn.update_state_machine(stateMachineArn=self._machine, definition=definition)

    def _start(self, number: int) -> str:
        answer = self._sfn.start_execution(
            stateMachineArn=self._machine, name=f"bench-{number}", input="{}"
        )
        return str(answer["executionArn"])

    def _read(self, status: str) -> int:
        """Count those of a status whose history was read, which names the state."""
        rows = self._pages(f"executions/?status={status}&page_size=500")
        return sum("resumes at Only" in row["retry"]["reason"] for row in rows)

    def _has_succeeded(self, arn: str) -> bool:
        rows = self._get("executions/", page_size="5")["results"]
        return any(one["arn"] == arn and one["status"] == "SUCCEEDED" for one in rows)

    def _accepted(self, bulk: str) -> int:
        return int(self._get(f"retries/{bulk}/")["counts"].get("accepted", 0))

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        url: str | None = f"/api/v1/{path}"
        while url:
            page = self._api.get(url).raise_for_status().json()
            yield from page["results"]
            url = page["next"]

    def _calls(self) -> list[dict[str, Any]]:
        answer = self._control.get("/requests", params={"service": "aws"})
        calls: list[dict[str, Any]] = answer.raise_for_status().json()
        return calls

    def _get(self, path: str, **params: str) -> Any:
        return self._api.get(f"/api/v1/{path}", params=params).raise_for_status().json()

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._api.post(f"/api/v1/{path}", json=body).raise_for_status().json()

    def _until(self, look: Callable[[], bool], *, pause_s: float = 0.25) -> None:
        ends_at = time.monotonic() + _GIVE_UP_S
        while not look():
            if time.monotonic() > ends_at:
                message = f"not over within {_GIVE_UP_S:.0f} s"
                raise TimeoutError(message)
            time.sleep(pause_s)


def main() -> None:
    executions = int(sys.argv[1]) if len(sys.argv) > 1 else EXECUTIONS
    for figure in figures(executions):
        sys.stdout.write(json.dumps(figure) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
