"""Deliveries while everything dies: what was sent, and what became of it everywhere.

`python -m bench.chaos --deliveries 10000 --seconds 300 [--postgres]` starts the whole product, sends
webhooks in any order and some of them twice, kills -9 web, worker, mirror and the sandbox's AWS at
random times, deletes the broker's folder, restarts PostgreSQL, lets AWS throttle and fail, and loses
deliveries on purpose. Then all of it heals, and it prints one JSON line: deliveries in, executions,
items in DynamoDB and rows in the mirror, which must be the same number.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from bench.worlds import clients, free_ports
from sandbox.runner.layout import Layout
from sandbox.runner.world import World
from scripts.run_tests import find_postgres, wait_for_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLE = Path(__file__).parent.parent / "sandbox" / "runner" / "workflow_run__completed.json"
VICTIMS = ("web", "worker", "mirror", "aws")
SETTINGS = {
    "RECOVERY_EVERY_S": "2",
    "GITHUB_REDELIVERIES_PER_MINUTE": "3000",
    "SANDBOX_AWS_SAVE_INTERVAL_S": "1",
}
DUPLICATES = 0.1
LOST = 0.05
THROTTLED, FAILING = 0.30, 0.05


@dataclass
class Report:
    """What happened, and the four numbers that must be equal at its end."""

    deliveries: int = 0
    sent_twice: int = 0
    lost_on_purpose: int = 0
    not_answered: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    replayed: int = 0
    retried: int = 0
    stored: int = 0
    executions: int = 0
    items: int = 0
    rows: int = 0
    seconds_of_chaos: float = 0.0
    seconds_to_settle: float = 0.0
    seconds_until_recovered: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether every delivery ended in one execution, one item and one row."""
        return {self.stored, self.executions, self.items, self.rows} == {self.deliveries}


class Chaos:
    """One run of it against a world that is up."""

    def __init__(self, world: World, *, seed: int = 1) -> None:
        self._world = world
        self._random = random.Random(seed)  # noqa: S311 -- the same chaos again
        token = world.facts["GHADMIN_API_TOKEN"]
        self._api = httpx.Client(
            base_url=world.layout.dashboard_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        self._control = httpx.Client(
            base_url=world.layout.control_url,
            timeout=60,
            limits=httpx.Limits(max_connections=40),
        )
        self._aws = clients(world.layout)
        self._repository_id = self._random.randrange(10**9, 10**11)
        self._payloads: dict[str, dict[str, Any]] = {}
        self.report = Report()

    def run(
        self,
        *,
        deliveries: int,
        seconds: float,
        victims: tuple[str, ...] = VICTIMS,
        restart_database: Callable[[], None] | None = None,
        patience_s: float = 600,
    ) -> Report:
        """Send deliveries over a while in which everything dies, heal it all, and count."""
        report = self.report
        report.deliveries = deliveries
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._register, range(deliveries)))
        began = time.monotonic()
        stopped = threading.Event()
        killer = threading.Thread(
            target=self._kill, args=(stopped, seconds, victims, restart_database)
        )
        self._break_aws()
        killer.start()
        self._send(seconds)
        stopped.set()
        killer.join()
        self._control.delete("/faults")
        report.seconds_of_chaos = round(time.monotonic() - began, 1)
        healed = time.monotonic()
        for name in VICTIMS:
            if name in ("web", "aws"):
                self._world.wait_until_ready(name)
        self._settle(healed, patience_s)
        report.seconds_to_settle = round(time.monotonic() - healed, 1)
        return report

    def close(self) -> None:
        """Let go of all connections."""
        self._api.close()
        self._control.close()
        for service in ("stepfunctions", "dynamodb"):
            self._aws(service).close()

    def _register(self, index: int) -> None:
        payload = json.loads(EXAMPLE.read_text())
        run_id = self._repository_id * 100_000 + index
        name = f"chaos-{self._repository_id}"
        payload["repository"] |= {
            "id": self._repository_id,
            "name": name,
            "full_name": f"octo-org/{name}",
            "private": True,
        }
        payload["workflow_run"] |= {"id": run_id, "repository": payload["repository"]}
        job = {
            "id": run_id,
            "name": "build",
            "status": "completed",
            "conclusion": "success",
            "labels": ["ubuntu-latest"],
            "started_at": "2026-11-02T10:00:00Z",
            "completed_at": "2026-11-02T10:00:30Z",
            "runner_id": 7,
            "runner_name": "GitHub Actions 7",
            "runner_group_name": "GitHub Actions",
        }
        order = {"run": payload["workflow_run"], "attempts": {"1": [job]}}
        self._control.put("/runs", json=order).raise_for_status()
        self._payloads[str(uuid4())] = payload

    def _break_aws(self) -> None:
        for status, rate in ((400, THROTTLED), (500, FAILING)):
            order = {
                "service": "aws",
                "path": "^/AWSStepFunctions",
                "status": status,
                "rate": rate,
            }
            self._control.post("/faults", json=order).raise_for_status()

    def _send(self, seconds: float) -> None:
        """Send everything, in any order and spread over the while; some twice, some never."""
        guids = list(self._payloads)
        twice = [guid for guid in guids if self._random.random() < DUPLICATES]
        lost = {guid for guid in guids if self._random.random() < LOST}
        order = guids + twice
        self._random.shuffle(order)
        self.report.sent_twice, self.report.lost_on_purpose = len(twice), len(lost)
        pause = seconds / len(order)
        started = time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            sent = []
            for number, guid in enumerate(order):
                sent.append(pool.submit(self._deliver, guid, lose=guid in lost))
                time.sleep(max(0.0, started + number * pause - time.monotonic()))
            for one in sent:
                one.result()

    def _deliver(self, guid: str, *, lose: bool) -> None:
        order = {
            "event": "workflow_run",
            "payload": self._payloads[guid],
            "guid": guid,
            "lose": lose,
        }
        answer = self._control.post("/webhooks", json=order)
        if lose or answer.json().get("status_code") != httpx.codes.ACCEPTED:
            self.report.not_answered += not lose

    def _kill(
        self,
        stopped: threading.Event,
        seconds: float,
        victims: tuple[str, ...],
        restart_database: Callable[[], None] | None,
    ) -> None:
        broker = self._world.layout.state_dir / "broker"
        kinds = [*victims, "broker", *(["database"] if restart_database else [])]
        kills = self.report.kills
        turns = 0
        while not stopped.wait(self._random.uniform(0.5, 1.5) * max(1.0, seconds / 20)):
            # Each once before chance decides.
            kind = kinds[turns] if turns < len(kinds) else self._random.choice(kinds)
            turns += 1
            kills[kind] = kills.get(kind, 0) + 1
            if kind == "broker":
                shutil.rmtree(broker, ignore_errors=True)
            elif kind == "database" and restart_database:
                restart_database()
            else:
                self._world.kill(kind)

    def _settle(self, healed: float, patience_s: float) -> None:
        """Wait until all is well, pressing retry and replay where a person would."""
        report = self.report
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            try:
                report.stored = sum(1 for _ in self._listed("deliveries/"))
                if report.stored == report.deliveries and not report.seconds_until_recovered:
                    report.seconds_until_recovered = round(time.monotonic() - healed, 1)
                open_ones = self._press_buttons()
                report.rows = sum(1 for _ in self._listed("costs/runs/"))
            except httpx.HTTPError:
                open_ones = report.deliveries
            report.items = self._count_items()
            if report.stored == report.rows == report.items == report.deliveries:
                break
            time.sleep(1.0 if open_ones else 0.3)
        report.executions = self._count_executions()

    def _press_buttons(self) -> int:
        """Retry what failed, replay what a killed emulator forgot; returns what is not over."""
        open_ones = 0
        for one in self._listed("executions/", subject=self._name):
            if one["status"] in ("SUCCEEDED", "ABORTED"):
                continue
            open_ones += 1
            if one["retry"]["action"] in ("redrive", "restart"):
                answer = self._api.post(f"/api/v1/executions/{one['id']}/retry/")
                self.report.retried += answer.status_code == httpx.codes.ACCEPTED
            elif one["status"] == "RUNNING" and not self._exists(one["arn"]):
                # The forgotten one stays in the mirror: is it still the latest start?
                path = f"/api/v1/deliveries/{one['delivery']}/"
                if self._api.get(path).json().get("execution_arn") == one["arn"]:
                    answer = self._api.post(f"{path}replay/")
                    self.report.replayed += answer.status_code == httpx.codes.ACCEPTED
        for one in self._listed("deliveries/", status="failed"):
            self._api.post(f"/api/v1/deliveries/{one['guid']}/replay/")
        return open_ones

    def _exists(self, arn: str) -> bool:
        states = self._aws("stepfunctions")
        try:
            states.describe_execution(executionArn=arn)
        except states.exceptions.ExecutionDoesNotExist:
            return False
        return True

    def _count_executions(self) -> int:
        """Count the deliveries that have an execution at AWS which succeeded."""
        pages = (
            self._aws("stepfunctions")
            .get_paginator("list_executions")
            .paginate(
                stateMachineArn=self._world.outputs["WorkflowCostStateMachineArn"],
                statusFilter="SUCCEEDED",
            )
        )
        prefix = len("workflow_run-")
        found = {one["name"][prefix : prefix + 36] for page in pages for one in page["executions"]}
        return len(found & set(self._payloads))

    def _count_items(self) -> int:
        pages = (
            self._aws("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self._world.outputs["RunsTable"],
                FilterExpression="repository_id = :id",
                ExpressionAttributeValues={":id": {"N": str(self._repository_id)}},
                Select="COUNT",
            )
        )
        return sum(page["Count"] for page in pages)

    @property
    def _name(self) -> str:
        return f"octo-org/chaos-{self._repository_id}"

    def _listed(self, path: str, **filters: str) -> Iterator[dict[str, Any]]:
        by_repository = {} if "subject" in filters else {"repository": self._name}
        url: str | None = f"/api/v1/{path}"
        params: dict[str, Any] | None = {"page_size": 500, **by_repository, **filters}
        while url:
            answer = self._api.get(url, params=params)
            answer.raise_for_status()
            page = answer.json()
            yield from page["results"]
            url, params = page["next"], None


class Postgres:
    """A PostgreSQL of our own that can be restarted, as a machine that goes down and comes back."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "pg"
        self._data.mkdir()
        self._port = free_ports(1)
        self._owner: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            self._owner = {"user": account.pw_uid, "group": account.pw_gid}
            os.chown(self._data, account.pw_uid, account.pw_gid)
            folder.chmod(0o755)
        programs = find_postgres()
        if programs is None:
            message = "PostgreSQL is not installed."
            raise FileNotFoundError(message)
        self._programs = programs
        init = ["-U", "ghadmin", "-A", "trust", "-E", "UTF8", "-D", str(self._data)]
        self._run("initdb", *init)
        self._start()

    @property
    def url(self) -> str:
        """Its DATABASE_URL."""
        return f"postgres://ghadmin@127.0.0.1:{self._port}/postgres"

    def restart(self) -> None:
        """Kill -9 it and start it again; it recovers from its log."""
        self._server.kill()
        self._server.wait()
        self._start()

    def stop(self) -> None:
        """Stop it for good."""
        self._server.terminate()
        self._server.wait()

    def _start(self) -> None:
        where = ["-p", str(self._port), "-k", str(self._data), "-h", "127.0.0.1"]
        self._server = subprocess.Popen(  # noqa: S603 -- programs of this machine
            [self._programs / "postgres", "-D", self._data, *where],
            cwd=self._data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._owner,
        )
        wait_for_postgres(self._programs, self._port)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 -- programs of this machine
            [self._programs / program, *arguments],
            cwd=self._data,
            check=True,
            stdout=subprocess.DEVNULL,
            **self._owner,
        )


@contextmanager
def world_of_its_own(folder: Path, *, database_url: str = "") -> Iterator[World]:
    """The whole product, in a folder of its own."""
    layout = Layout(
        state_dir=folder,
        base_port=free_ports(6),
        wait_scale=0.02,
        database_url=database_url,
        settings=SETTINGS,
    )
    with World(layout) as world:
        yield world


def main() -> None:
    """Run it as the command line says, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        url, restart = "", None
        if asked.postgres:
            database = Postgres(folder)
            stack.callback(database.stop)
            url, restart = database.url, database.restart
        world = stack.enter_context(world_of_its_own(folder / "world", database_url=url))
        with closing(Chaos(world, seed=asked.seed)) as chaos:
            report = chaos.run(
                deliveries=asked.deliveries,
                seconds=asked.seconds,
                restart_database=restart,
                patience_s=max(600.0, asked.deliveries / 2),
            )
    figure = {"name": "chaos", "database": "postgres" if url else "sqlite", **asdict(report)}
    sys.stdout.write(json.dumps(figure | {"whole": report.is_whole}) + "\n")
    if not report.is_whole:
        sys.exit(1)


if __name__ == "__main__":
    main()
