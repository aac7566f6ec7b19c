"""How many deliveries a second are verified, stored for good and answered.

One server process at a time on a database of its own, keep-alive connections that post GitHub's
example of a completed run, everything on this machine; in the same run the INSERT of the same row by
pgbench, and Probot with node-postgres where Node is. Rounds alternate, medians are printed.
BENCH_SECONDS and BENCH_ROUNDS lengthen it (2 and 3).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.ingest import databases, servers
from bench.ingest.clients import Clients, Sent
from bench.processes import cpu_seconds, running
from scripts.ports import free_port
from scripts.scratch_servers import find_postgres, scratch_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS = (1, 8, 32)
_EXAMPLE = servers.ROOT / "tests/fixtures/github/workflow_run__completed.json"
_WARM_UP_S = 0.5

Figure = dict[str, object]


def figures() -> Iterator[Figure]:
    """Yield the figures, SQLite first; of PostgreSQL where it is installed."""
    seconds = float(os.environ.get("BENCH_SECONDS", "2"))
    rounds = int(os.environ.get("BENCH_ROUNDS", "3"))
    body = json.dumps(json.loads(_EXAMPLE.read_text()), separators=(",", ":")).encode()
    with tempfile.TemporaryDirectory(prefix="ghadmin-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        sqlite = _Run(f"sqlite:///{folder / 'ghadmin.sqlite3'}", folder, body, seconds)
        yield from sqlite.figures([servers.ours(), servers.django_view()], rounds)
        programs = find_postgres()
        if programs is None:
            yield {"figure": "webhooks on PostgreSQL", "skipped": "PostgreSQL is not installed"}
            return
        url = stack.enter_context(scratch_postgres(programs, folder))
        compared = [servers.ours(), servers.django_view()]
        node = servers.probot(folder / "probot")
        if node is None:
            yield {"figure": "webhooks by Probot + pg", "skipped": "Node or npm is missing"}
        else:
            compared.insert(1, node)
        yield from _Run(url, folder, body, seconds, programs).figures(compared, rounds)


class _Run:
    """All servers on one database."""

    def __init__(
        self, url: str, folder: Path, body: bytes, seconds: float, programs: Path | None = None
    ) -> None:
        self._url, self._folder, self._body, self._seconds = url, folder, body, seconds
        self._programs = programs
        self._kind = "PostgreSQL" if programs else "SQLite"
        self._database = _postmaster(folder) if programs else None
        self._rows: dict[tuple[str, int], list[Figure]] = defaultdict(list)
        self._limits: dict[int, list[float]] = defaultdict(list)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=servers.ROOT,
            env=servers.environment(url, folder),
            check=True,
            stderr=subprocess.DEVNULL,
        )

    def figures(self, compared: list[servers.Server], rounds: int) -> Iterator[Figure]:
        for _round in range(rounds):
            for server in compared:
                self._measure(server)
            if self._programs:
                self._measure_limit(self._programs)
        for connections, found in self._limits.items():
            yield {
                "figure": f"INSERT of the same row by pgbench, {connections} clients",
                "value": round(median(found)),
                "unit": "rows/s",
            }
        for (name, connections), rows in self._rows.items():
            yield self._summary(name, connections, rows)

    def _measure(self, server: servers.Server) -> None:
        port = free_port()
        env = servers.environment(self._url, self._folder, port=port)
        with running(server.on(port), port=port, env=env, cwd=server.cwd) as process:
            self._send(port, 8, _WARM_UP_S)
            for connections in CONNECTIONS:
                before = self._cpu(process)
                sent = self._send(port, connections, self._seconds)
                used = self._cpu(process) - before
                lost = (
                    len(set(sent.accepted) - databases.stored_guids(self._url))
                    if server.counts
                    else None
                )
                self._rows[server.name, connections].append(
                    {
                        "per_second": sent.per_second,
                        "p50_ms": sent.percentile_ms(50),
                        "p99_ms": sent.percentile_ms(99),
                        "cpu_ms": used / len(sent.latencies_s) * 1_000,
                        "lost": lost,
                        "others": sum(sent.statuses.values()) - _taken(sent.statuses),
                    }
                )

    def _send(self, port: int, connections: int, seconds: float) -> Sent:
        clients = Clients(port=port, connections=connections, body=self._body)
        try:
            return clients.as_fast_as_answered(seconds)
        finally:
            clients.close()

    def _cpu(self, process: int) -> float:
        return cpu_seconds(process) + (cpu_seconds(self._database) if self._database else 0.0)

    def _measure_limit(self, programs: Path) -> None:
        script = self._folder / "insert.sql"
        script.write_text(databases.pgbench_script(self._url))
        port = urlsplit(self._url).port or 0
        for clients in CONNECTIONS:
            tps = databases.pgbench(
                programs, script, port=port, clients=clients, seconds=max(1, int(self._seconds))
            )
            self._limits[clients].append(tps)

    def _summary(self, name: str, connections: int, rows: list[Figure]) -> Figure:
        middle = {
            key: median(float(str(row[key])) for row in rows)
            for key in ("per_second", "p50_ms", "p99_ms", "cpu_ms")
        }
        found: Figure = {
            "figure": f"webhooks on {self._kind}, {name}, {connections} connections",
            "value": round(middle["per_second"]),
            "unit": "requests/s",
            "p50_ms": round(middle["p50_ms"], 1),
            "p99_ms": round(middle["p99_ms"], 1),
            "cpu_ms_a_request": round(middle["cpu_ms"], 3),
            "answered_202_but_not_stored": _total(rows, "lost"),
            "not_taken": _total(rows, "others"),
        }
        if self._limits.get(connections):
            found["of_limit"] = round(middle["per_second"] / median(self._limits[connections]), 2)
        if other := self._rows.get(("probot + pg", connections)):
            pairs = list(zip(rows, other, strict=True))
            for key in ("per_second", "cpu_ms"):
                ratios = [float(str(mine[key])) / float(str(its[key])) for mine, its in pairs]
                found[f"{key}_x_probot"] = round(median(ratios), 2)
        return found


def _taken(statuses: dict[int, int]) -> int:
    return statuses.get(202, 0) + statuses.get(200, 0)  # Probot answers 200


def _total(rows: list[Figure], key: str) -> int | None:
    return None if rows[0][key] is None else sum(int(str(row[key])) for row in rows)


def _postmaster(folder: Path) -> int:
    return int((folder / "pg" / "postmaster.pid").read_text().splitlines()[0])
