"""Deliveries while everything dies: what was sent, and what became of it everywhere.

`python -m bench.chaos --deliveries 10000 --seconds 300 [--postgres]` starts the whole product, sends
webhooks in any order and some of them twice, kills -9 web, worker, mirror and the sandbox's AWS at
random times, deletes the broker's folder, restarts PostgreSQL, lets AWS throttle and fail, and loses
deliveries on purpose. Then all of it heals, and it prints one JSON line: deliveries in, executions,
items in DynamoDB, runs counted there and rows in the mirror, which must be the same number. How far
it is goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx

from bench.databases import Postgres
from bench.settling import Counts, Person, Pressed
from sandbox.runner import outside
from sandbox.runner.layout import Layout
from sandbox.runner.world import World
from scripts.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

EXAMPLE = Path(__file__).parent.parent / "sandbox" / "runner" / "workflow_run__completed.json"
VICTIMS = ("web", "worker", "mirror", "aws")
DUPLICATES = 0.1
LOST = 0.05
THROTTLED, FAILING = 0.30, 0.05
_SAY_EVERY_S = 10.0


@dataclass
class Report:
    """What happened, and in `found` the numbers that must be equal at its end."""

    deliveries: int = 0
    sent_twice: int = 0
    lost_on_purpose: int = 0
    not_answered: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    pressed: Pressed = field(default_factory=Pressed)
    found: Counts = field(default_factory=Counts)
    seconds_of_chaos: float = 0.0
    seconds_until_recovered: float = 0.0
    seconds_to_settle: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether every delivery ended in one execution, one item and one row."""
        return self.found.are_all(self.deliveries)


class Chaos:
    """One run of it against a world that is up."""

    def __init__(
        self, world: World, *, seed: int = 1, say: Callable[[str], None] = lambda _text: None
    ) -> None:
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
            timeout=600,
            # Nothing is sent twice here, so none may be sent into a connection that is being closed.
            limits=httpx.Limits(max_connections=40, max_keepalive_connections=0),
        )
        self._aws = outside.aws_clients(world.layout)
        # With five digits after it, a run's id is still a number that JavaScript can tell apart.
        self._repository_id = self._random.randrange(10**9, 10**10)
        self._repository = f"octo-org/chaos-{self._repository_id}"
        self._guids: dict[str, int] = {}
        self.person = Person(
            self._api,
            self._aws,
            world.outputs,
            repository=self._repository,
            repository_id=self._repository_id,
            guids=self._guids.keys(),
        )
        self._say = say
        self._said_at = time.monotonic()
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
        self.register(deliveries)
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
        for name in ("web", "aws"):
            self._world.wait_until_ready(name)
        self._settle(patience_s)
        return report

    def close(self) -> None:
        """Let go of all connections."""
        self._api.close()
        self._control.close()
        for service in ("stepfunctions", "dynamodb"):
            self._aws(service).close()

    def register(self, deliveries: int) -> list[str]:
        """Tell GitHub of a run for each delivery, and return their new GUIDs."""

        def register(index: int) -> None:
            run = self._payload(index)["workflow_run"]
            order = {"run": run, "attempts": {"1": [_job(run["id"])]}}
            self._control.put("/runs", json=order).raise_for_status()
            self._report_progress(f"{index} of {deliveries} runs at GitHub")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(register, range(deliveries)))
        for index in range(deliveries):
            guid = UUID(int=self._random.getrandbits(128), version=4)
            self._guids[str(guid)] = index
        return list(self._guids)

    def deliver(self, guid: str, *, lose: bool) -> None:
        """Have GitHub send one delivery, or fail to."""
        order = {
            "event": "workflow_run",
            "payload": self._payload(self._guids[guid]),
            "guid": guid,
            "lose": lose,
        }
        answer = self._control.post("/webhooks", json=order)
        if answer.is_server_error:
            # What the sandbox's GitHub did not even note, nobody could ever recover.
            self._say(f"{guid}: the control API answered {answer.status_code} {answer.text}")
            answer = self._control.post("/webhooks", json=order)
        answer.raise_for_status()
        if answer.json()["status_code"] != httpx.codes.ACCEPTED:
            self.report.not_answered += not lose

    def _payload(self, index: int) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(_example())
        payload["repository"] |= {
            "id": self._repository_id,
            "name": self._repository.partition("/")[2],
            "full_name": self._repository,
            "private": True,
        }
        run_id = self._repository_id * 100_000 + index
        payload["workflow_run"] |= {"id": run_id, "repository": payload["repository"]}
        return payload

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
        guids = list(self._guids)
        twice = [guid for guid in guids if self._random.random() < DUPLICATES]
        lost = {guid for guid in guids if self._random.random() < LOST}
        order = guids + twice
        self._random.shuffle(order)
        self.report.sent_twice, self.report.lost_on_purpose = len(twice), len(lost)
        pause = seconds / len(order)
        next_at = time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            sent = []
            for number, guid in enumerate(order):
                sent.append(pool.submit(self.deliver, guid, lose=guid in lost))
                # A machine that was busy elsewhere does not make up for all of that at once.
                next_at = max(next_at + pause, time.monotonic() - 1)
                time.sleep(max(0.0, next_at - time.monotonic()))
                self._report_progress(f"{number} of {len(order)} sent, {self.report.kills}")
            for one in sent:
                one.result()

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

    def _settle(self, patience_s: float) -> None:
        """Wait until all is well, pressing retry and replay where a person would."""
        report = self.report
        began = time.monotonic()

        def note(found: Counts) -> None:
            took = round(time.monotonic() - began, 1)
            if found.stored == report.deliveries and not report.seconds_until_recovered:
                report.seconds_until_recovered = took
            self._report_progress(f"settling for {took:.0f} s: {found}, {self.person.pressed}")

        self.person.settle(patience_s=patience_s, say=note)
        report.seconds_to_settle = round(time.monotonic() - began, 1)
        report.found, report.pressed = self.person.counts, self.person.pressed

    def _report_progress(self, text: str) -> None:
        if time.monotonic() - self._said_at > _SAY_EVERY_S:
            self._said_at = time.monotonic()
            self._say(text)


@cache
def _example() -> str:
    return EXAMPLE.read_text()


def _job(job_id: int) -> dict[str, Any]:
    return {
        "id": job_id,
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


def settings_for(deliveries: int) -> dict[str, str]:
    """Settings under which what is lost soon comes again, and AWS forgets as little as it can."""
    return {
        # A round reads the latest quarter of an hour of GitHub's log anew: all of them, mostly.
        "RECOVERY_EVERY_S": str(max(2, deliveries // 500)),
        "GITHUB_REDELIVERIES_PER_MINUTE": "3000",
        # What is saved grows with them.
        "SANDBOX_AWS_SAVE_INTERVAL_S": str(max(1, deliveries // 2000)),
        "SANDBOX_AWS_KEEP_EXECUTIONS": str(10 * deliveries),
    }


@contextmanager
def world_of_its_own(
    folder: Path, *, settings: Mapping[str, str], database_url: str = ""
) -> Iterator[World]:
    """The whole product, in a folder of its own."""
    layout = Layout(
        state_dir=folder,
        base_port=free_ports(6),
        wait_scale=0.1,
        database_url=database_url,
        settings=settings,
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
        world = stack.enter_context(
            world_of_its_own(
                folder / "world", settings=settings_for(asked.deliveries), database_url=url
            )
        )
        with closing(Chaos(world, seed=asked.seed, say=to_stderr)) as chaos:
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


def to_stderr(text: str) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
