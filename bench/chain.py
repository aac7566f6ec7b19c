"""Deliveries through the whole chain: web, worker, sandbox AWS and GitHub, mirror, all real processes.

`python -m bench.chain [--postgres] [--workers 2] [--mirrors 1]` sends a burst (BENCH_BURST, 1,300
within a second) and then a steady stream (BENCH_RATE, 300 a second, for BENCH_SECONDS, 120), and
prints for each one JSON line: the endpoint's answers, when every delivery had its execution, when
every execution had ended in the mirror, what is missing, and the CPU time of each process for one
execution. BENCH_PATIENCE_S (1,800) ends a drain that takes too long; the line then says how far it
came. Progress goes to standard error. CELERY_BROKER_URL replaces the folder.

The deliveries tell of 400 runs in 40 repositories, under ever new GUIDs: each starts an execution of
its own, which prices the run and finds that its attempt is stored already.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.ingest.clients import Clients, Sent
from bench.processes import cpu_seconds
from sandbox.runner.calls import call
from sandbox.runner.layout import Layout
from sandbox.runner.world import World
from scripts.scratch_servers import find_postgres, scratch_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EXAMPLE = Path(__file__).parent.parent / "tests/fixtures/github/workflow_run__completed.json"
_REPOSITORIES = 40
_RUNS_EACH = 10
_CONNECTIONS = 64
_LOOK_EVERY_S = 2.0
_TELL_EVERY_S = 30.0


def main() -> None:
    """Run both parts against one world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--mirrors", type=int, default=1)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ghadmin-chain-")))
        url = os.environ.get("DATABASE_URL", "")
        if asked.postgres:
            programs = find_postgres()
            if programs is None:
                parser.error("PostgreSQL is not installed")
            url = stack.enter_context(scratch_postgres(programs, folder))
        layout = Layout(
            state_dir=folder / "world",
            base_port=int(os.environ.get("DEMO_PORT", "8600")),
            database_url=url,
            broker_url=os.environ.get("CELERY_BROKER_URL", "filesystem://"),
        )
        world = stack.enter_context(World(layout))
        processes = ["web", "worker", "mirror", "aws", "services"]
        for name, count in (("worker", asked.workers), ("mirror", asked.mirrors)):
            processes += [world.start_another(name) for _ in range(count - 1)]
        chain = _Chain(world, processes)
        for line in chain.figures():
            database = "postgresql" if url.startswith("postgres") else "sqlite"
            told = {"database": database, "workers": asked.workers, "mirrors": asked.mirrors}
            sys.stdout.write(json.dumps(line | told) + "\n")
            sys.stdout.flush()


class _Chain:
    def __init__(self, world: World, processes: Sequence[str]) -> None:
        self._world = world
        self._processes = processes
        self._expected = 0

    def figures(self) -> Iterator[dict[str, object]]:
        bodies = list(_register(self._world))
        rate, seconds = _number("BENCH_RATE", 300), _number("BENCH_SECONDS", 120)
        burst = _number("BENCH_BURST", 1_300)
        for name, per_second, count in (
            (f"a burst of {burst} in a second", burst, burst),
            (f"{rate} a second for {seconds} s", rate, rate * seconds),
        ):
            clients = Clients(
                port=self._world.layout.base_port,
                connections=_CONNECTIONS,
                body=bodies[0],
                more_bodies=bodies[1:],
                secret=self._world.layout.webhook_secret,
            )
            _say(f"SENDING {name}")
            began, used = time.monotonic(), self._cpu_s()
            sent = clients.paced(per_second=per_second, count=count)
            clients.close()
            _say(f"SENT {name}: p99 {sent.percentile_ms(99):.0f} ms, {dict(sent.statuses)}")
            self._expected += len(sent.accepted)
            drained = self._drain(began=began)
            costs = {
                process: round((now_s - used[process]) / count * 1_000, 1)
                for process, now_s in self._cpu_s().items()
            }
            yield (
                _line(name, sent)
                | {"accepted_in_all": self._expected}
                | drained
                | {"cpu_ms_per_execution": costs}
            )

    def _cpu_s(self) -> dict[str, float]:
        """CPU time so far, by process; children count at their parents, the rest at the database."""
        used = {name: cpu_seconds(self._world.process_id(name)) for name in self._processes}
        rest = cpu_seconds(os.getpid()) - time.process_time() - sum(used.values())
        return used | {"database": rest}

    def _drain(self, *, began: float) -> dict[str, object]:
        """Wait until every delivery is started and every execution has ended; say when, and what lacks."""
        expected, told_at = self._expected, began
        ends_at = time.monotonic() + _number("BENCH_PATIENCE_S", 1_800)
        all_started_s: float | None = None
        while True:
            try:
                deliveries, executions = _counts(self._world)
            except TimeoutError:
                _say("/metrics does not answer")
                continue
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
            if time.monotonic() - told_at >= _TELL_EVERY_S:
                told_at = time.monotonic()
                _say(f"after {elapsed_s:.0f} s: {started} started, {ended} ended of {expected}")
            time.sleep(_LOOK_EVERY_S)


def _register(world: World) -> Iterator[bytes]:
    """Make runs known to the sandbox's GitHub, and yield the body that tells of each."""
    example = _EXAMPLE.read_text()
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
    for number in range(_REPOSITORIES * _RUNS_EACH):
        payload: dict[str, Any] = json.loads(example)
        repository, run = payload["repository"], payload["workflow_run"]
        of_repository = number % _REPOSITORIES
        name = f"chain-{of_repository}"
        owner = repository["owner"]["login"]
        repository |= {
            "id": repository["id"] + of_repository,
            "name": name,
            "full_name": f"{owner}/{name}",
        }
        run |= {"id": run["id"] + number, "repository": repository}
        attempts = {str(run["run_attempt"]): [job | {"run_id": run["id"]}]}
        call("PUT", f"{world.layout.control_url}/runs", {"run": run, "attempts": attempts})
        yield json.dumps(payload, separators=(",", ":")).encode()


def _line(name: str, sent: Sent) -> dict[str, object]:
    return {
        "figure": f"webhooks through the whole chain, {name}",
        "value": round(sent.percentile_ms(99), 1),
        "unit": "ms, p99 of the endpoint",
        "p50_ms": round(sent.percentile_ms(50), 1),
        "sent_a_second": round(sent.per_second),
        "answers": {str(status): number for status, number in sent.statuses.items() if number},
    }


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


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


if __name__ == "__main__":
    main()
