"""Deliveries that GitHub could not hand over: minutes until each is here, and until its execution ended.

`python -m bench.lost [deliveries]` starts the whole product with its usual settings and loses so many
deliveries (200) on purpose, spread evenly over the five minutes that recovery rests between two rounds
(`RECOVERY_EVERY_S`): so the first waits for all of that, and all of them for the pace at which GitHub
is asked. It prints one JSON line; how far it is goes to stderr.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.chaos import Chaos, to_stderr, world_of_its_own

_REST_S = 300.0
_PATIENCE_S = 3_600.0
_LOOK_EVERY_S = 5.0


def main() -> None:
    """Run it once, and print the figure."""
    deliveries = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with (
        tempfile.TemporaryDirectory(prefix="lost-") as folder,
        world_of_its_own(Path(folder) / "world", settings={}) as world,
        closing(Chaos(world)) as chaos,
    ):
        sys.stdout.write(
            json.dumps(_figure(chaos, deliveries, worker_log=world.layout.logs / "worker.log"))
            + "\n"
        )


def _figure(chaos: Chaos, deliveries: int, *, worker_log: Path) -> dict[str, Any]:
    guids = chaos.register(deliveries)
    _wait_for_a_round(worker_log)
    lost_at: dict[str, float] = {}
    began = time.time()
    for number, guid in enumerate(guids):
        time.sleep(max(0.0, began + number * _REST_S / deliveries - time.time()))
        lost_at[guid] = time.time()
        chaos.deliver(guid, lose=True)
    stored, ended = _wait(chaos, deliveries)
    return {
        "name": "lost",
        "deliveries": deliveries,
        "spread_over_s": _REST_S,
        **_minutes("stored", lost_at, stored),
        **_minutes("ended", lost_at, ended),
        "missing": deliveries - len(ended),
    }


def _wait_for_a_round(worker_log: Path) -> None:
    """Wait until the round at the worker's start is over, from which on recovery rests."""
    while not any(
        "webhooks.routine_ended" in line and "routine=recovery" in line
        for line in worker_log.read_text().splitlines()
    ):
        time.sleep(0.1)


def _wait(chaos: Chaos, deliveries: int) -> tuple[dict[str, float], dict[str, float]]:
    """When each delivery had its row, and when its execution had ended well, by epoch seconds."""
    deadline = time.monotonic() + _PATIENCE_S
    stored: dict[str, float] = {}
    ended: dict[str, float] = {}
    while len(ended) < deliveries and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
        stored = {
            one["guid"]: _epoch(one["received_at"]) for one in chaos.person.listed_deliveries()
        }
        ended = {
            one["delivery"]: _epoch(one["stopped_at"])
            for one in chaos.person.listed_executions(status="SUCCEEDED")
        }
        to_stderr(f"{len(stored)} stored, {len(ended)} ended of {deliveries}")
    return stored, ended


def _minutes(name: str, lost_at: dict[str, float], at: dict[str, float]) -> dict[str, Any]:
    took = [(at[guid] - lost_at[guid]) / 60 for guid in lost_at if guid in at]
    if not took:
        return {}
    return {
        f"median_minutes_until_{name}": round(median(took), 1),
        f"longest_minutes_until_{name}": round(max(took), 1),
    }


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    main()
