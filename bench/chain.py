"""Deliveries through the whole chain: web, worker, sandbox AWS and GitHub, mirror, all real processes.

`python -m bench.chain` sends a burst (BENCH_BURST, 1,300 within a second) and then a steady stream
(BENCH_RATE, 300 a second, for BENCH_SECONDS, 120), and prints for each one JSON line: the endpoint's
answers, when every delivery had its execution, when every execution had ended in the mirror, and
what is missing. BENCH_PATIENCE_S (1,800) ends a drain that takes too long; the line then says how far
it came. DATABASE_URL and CELERY_BROKER_URL replace SQLite and the folder.

All deliveries tell of one run, under ever new GUIDs: each starts an execution of its own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from bench.ingest.clients import Clients, Sent
from sandbox.runner.calls import call
from sandbox.runner.layout import Layout
from sandbox.runner.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXAMPLE = Path(__file__).parent.parent / "tests/fixtures/github/workflow_run__completed.json"
_CONNECTIONS = 64
_LOOK_EVERY_S = 1.0


def main() -> None:
    """Run both parts against one world."""
    with tempfile.TemporaryDirectory(prefix="ghadmin-chain-") as folder:
        layout = Layout(
            state_dir=Path(folder),
            base_port=int(os.environ.get("DEMO_PORT", "8600")),
            database_url=os.environ.get("DATABASE_URL", ""),
            broker_url=os.environ.get("CELERY_BROKER_URL", "filesystem://"),
        )
        with World(layout) as world:
            for line in _figures(world):
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()


def _figures(world: World) -> Iterator[dict[str, object]]:
    payload = json.loads(_EXAMPLE.read_text())
    job = {
        "id": 1,
        "name": "test",
        "status": "completed",
        "conclusion": "success",
        "started_at": "2026-11-02T10:00:00Z",
        "completed_at": "2026-11-02T10:00:41Z",
        "labels": ["ubuntu-latest"],
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
    }
    run = payload["workflow_run"]
    attempts = {str(run["run_attempt"]): [job]}
    call("PUT", f"{world.layout.control_url}/runs", {"run": run, "attempts": attempts})
    body = json.dumps(payload, separators=(",", ":")).encode()
    rate, seconds = _number("BENCH_RATE", 300), _number("BENCH_SECONDS", 120)
    burst = _number("BENCH_BURST", 1_300)
    expected = 0
    for name, per_second, count in (
        (f"a burst of {burst} in a second", burst, burst),
        (f"{rate} a second for {seconds} s", rate, rate * seconds),
    ):
        clients = Clients(
            port=world.layout.base_port,
            connections=_CONNECTIONS,
            body=body,
            secret=world.layout.webhook_secret,
        )
        began = time.monotonic()
        sent = clients.paced(per_second=per_second, count=count)
        clients.close()
        expected += len(sent.accepted)
        yield _line(name, sent, _drain(world, expected, began=began), expected)


def _line(name: str, sent: Sent, drained: dict[str, object], expected: int) -> dict[str, object]:
    return {
        "figure": f"webhooks through the whole chain, {name}",
        "value": round(sent.percentile_ms(99), 1),
        "unit": "ms, p99 of the endpoint",
        "p50_ms": round(sent.percentile_ms(50), 1),
        "sent_a_second": round(sent.per_second),
        "answers": {str(status): number for status, number in sent.statuses.items() if number},
        "accepted_in_all": expected,
        **drained,
    }


def _drain(world: World, expected: int, *, began: float) -> dict[str, object]:
    """Wait until every delivery is started and every execution has ended; say when, and what lacks."""
    ends_at = time.monotonic() + _number("BENCH_PATIENCE_S", 1_800)
    all_started_s: float | None = None
    while True:
        deliveries, executions = _counts(world)
        started = deliveries.get("started", 0)
        ended = sum(executions.values()) - executions.get("RUNNING", 0)
        elapsed_s = round(time.monotonic() - began, 1)
        if all_started_s is None and started >= expected:
            all_started_s = elapsed_s
        is_over = ended >= expected
        if is_over or time.monotonic() > ends_at:
            return {
                "all_started_after_s": all_started_s,
                "all_ended_after_s": elapsed_s if is_over else None,
                "deliveries": deliveries,
                "executions": executions,
                "not_stored": expected - sum(deliveries.values()),
                "without_execution": expected - started,
                "not_ended": expected - ended,
            }
        time.sleep(_LOOK_EVERY_S)


def _counts(world: World) -> tuple[dict[str, int], dict[str, int]]:
    """Read the counts of rows by status where an operator reads them: /metrics."""
    with urllib.request.urlopen(f"{world.layout.dashboard_url}/metrics", timeout=30) as answer:  # noqa: S310 -- loopback
        lines = answer.read().decode().splitlines()
    found: dict[str, dict[str, int]] = {"ghadmin_deliveries": {}, "ghadmin_executions": {}}
    for line in lines:
        name, _, rest = line.partition("{")
        if name in found:
            status = rest.partition('status="')[2].partition('"')[0]
            found[name][status] = found[name].get(status, 0) + int(float(rest.rpartition(" ")[2]))
    return found["ghadmin_deliveries"], found["ghadmin_executions"]


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


if __name__ == "__main__":
    main()
