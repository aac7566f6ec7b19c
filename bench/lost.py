"""Deliveries that GitHub could not hand over: minutes until each is here, and until its execution ended.

`python -m bench.lost [deliveries]` starts the whole product with its usual settings and loses so many
deliveries (200) on purpose, spread evenly over one round of recovery (`RECOVERY_EVERY_S`, five
minutes), as a slow outage would. It prints one JSON line; how far it is goes to stderr.
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

_ROUND_S = 300.0
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
        sys.stdout.write(json.dumps(_figure(chaos, deliveries)) + "\n")


def _figure(chaos: Chaos, deliveries: int) -> dict[str, Any]:
    guids = chaos.register(deliveries)
    lost_at: dict[str, float] = {}
    began = time.time()
    for number, guid in enumerate(guids):
        time.sleep(max(0.0, began + number * _ROUND_S / deliveries - time.time()))
        lost_at[guid] = time.time()
        chaos.deliver(guid, lose=True)
    stored, ended = _wait(chaos, deliveries)
    return {
        "name": "lost",
        "deliveries": deliveries,
        "spread_over_s": _ROUND_S,
        **_minutes("stored", lost_at, stored),
        **_minutes("ended", lost_at, ended),
        "missing": deliveries - len(ended),
    }


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
