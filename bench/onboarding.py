"""A thousand people by hand, with faults, with kills, and one press of retry.

The whole product runs as processes, as in the demo. Five people in a hundred cannot be onboarded at
first, for one of three reasons: GitHub answers 502, GitHub's secondary limit, a directory that does
not answer in time. Then everything is healed and the failed are retried once.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from bench import worlds
from bench.processes import peak_kb
from sandbox.runner import outside
from sandbox.runner.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE: Final = 1_000
_ORGANIZATION: Final = "bench-org"
_PROCESSES: Final = ("web", "worker", "mirror", "aws", "services")
_WITH_DOOR: Final = ("web", "aws", "services")
_GIVE_UP_S: Final = 2_400.0


def figures(
    people: int = PEOPLE, *, runs: tuple[bool, ...] | None = None
) -> Iterator[dict[str, object]]:
    """Onboard them in peace and with kill -9 of each process; one figure each."""
    for kills in runs or (False, True):
        yield {"bench": "onboarding", "people": people, "kills": kills, **_measure(people, kills)}


def _measure(people: int, kills: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        layout = worlds.layout_in(Path(folder))
        with World(layout) as world:
            headers = {"Authorization": f"Bearer {world.facts['GHADMIN_API_TOKEN']}"}
            with (
                httpx.Client(base_url=layout.dashboard_url, headers=headers, timeout=60) as api,
                httpx.Client(base_url=layout.control_url, timeout=60) as control,
            ):
                return _Run(world, api, control, people).measure(kills=kills)


class _Run:
    """One onboarding of everybody."""

    def __init__(
        self, world: World, api: httpx.Client, control: httpx.Client, people: int
    ) -> None:
        self._world, self._api, self._control = world, api, control
        self._logins = [f"person-{number}" for number in range(people)]
        self._memory_kb: dict[str, int] = {}
        self._added: Counter[str] = Counter()

    def measure(self, *, kills: bool) -> dict[str, object]:
        """Onboard, let some fail, heal, retry once, count."""
        self._register()
        unlucky = self._break()
        started = time.perf_counter()
        batch = self._post("onboardings/", organization=_ORGANIZATION, people=self._people())
        accepted_s = time.perf_counter() - started
        if kills:
            self._kill_each(batch["id"])
        first = self._over(batch["id"])
        first_s = time.perf_counter() - started
        self._control.delete("/faults").raise_for_status()
        retried = time.perf_counter()
        if first["failed"]:
            self._post(f"onboardings/{batch['id']}/retry/")
        last = self._over(batch["id"])
        retry_s = time.perf_counter() - retried
        additions = self._added + self._additions()
        return {
            "accepted_s": round(accepted_s, 2),
            "wall_s": round(first_s, 1),
            "people_with_faults": len(unlucky),
            "succeeded_at_first": first["succeeded"],
            "failed_at_first": first["failed"],
            "errors": dict(
                Counter(
                    (row["error"] or "-")[:24]
                    for row in first["rows"]
                    if row["status"] == "failed"
                )
            ),
            "retry_s": round(retry_s, 1),
            "succeeded": last["succeeded"],
            "failed": last["failed"],
            "added": len(additions),
            "added_twice": sum(count > 1 for count in additions.values()),
            "members_in_dynamodb": self._members(),
            "peak_mb": {name: kb // 1024 for name, kb in self._memory_kb.items()},
        }

    def _register(self) -> None:
        self._control.put("/teams", json={"slug": "everyone", "org": _ORGANIZATION})
        self._control.put("/rules", json={"default": ["everyone"]}).raise_for_status()
        for number, login in enumerate(self._logins):
            company = {"email": f"{login}@example.com", "name": login, "department": "Data"}
            person = {"login": login, "id": 900_000 + number, "org": _ORGANIZATION}
            self._control.put(
                "/people", json=person | {"org_member": True, "company": company}
            ).raise_for_status()

    def _break(self) -> list[str]:
        """Let one in twenty fail until healed; every path has the login in it."""
        unlucky = self._logins[::20]
        kinds = (unlucky[0::3], unlucky[1::3], unlucky[2::3])
        faults: tuple[dict[str, Any], ...] = (
            {"service": "github", "status": 502},
            {
                "service": "github",
                "status": 403,
                "headers": {"retry-after": "1"},
                "times": 3 * len(kinds[1]),
            },
            {"service": "directory", "delay_s": 11},
        )
        for logins, fault in zip(kinds, faults, strict=True):
            where = "memberships" if fault["service"] == "github" else "people"
            pattern = f"/{where}/({'|'.join(logins)})$"
            self._control.post("/faults", json=fault | {"path": pattern}).raise_for_status()
        return unlucky

    def _people(self) -> list[dict[str, str]]:
        return [{"login": login} for login in self._logins]

    def _kill_each(self, batch_id: str) -> None:
        """Kill -9 one process after the other while people are being onboarded."""
        for number, name in enumerate(_PROCESSES, start=1):
            goal = number * len(self._logins) // (len(_PROCESSES) + 2)
            self._wait(lambda: self._get(batch_id)["succeeded"] >= goal)  # noqa: B023 -- called at once
            self._note_memory()
            if name == "services":
                self._added += self._additions()  # the log of requests dies with it
            self._world.kill(name)
            if name in _WITH_DOOR:
                self._world.wait_until_ready(name)

    def _over(self, batch_id: str) -> dict[str, Any]:
        self._wait(lambda: self._get(batch_id)["running"] == 0)
        return self._get(batch_id)

    def _wait(self, is_so: Any) -> None:
        deadline = time.monotonic() + _GIVE_UP_S
        while not is_so():
            if time.monotonic() > deadline:
                message = "the onboarding does not end"
                raise TimeoutError(message)
            self._note_memory()
            time.sleep(1)

    def _note_memory(self) -> None:
        """Keep the highest resident memory of each process and those that it started."""
        for name in _PROCESSES:
            peak = peak_kb(self._world.process_id(name))
            self._memory_kb[name] = max(peak, self._memory_kb.get(name, 0))

    def _get(self, batch_id: str) -> dict[str, Any]:
        while True:  # a dashboard that was killed is back in a moment
            try:
                answer = self._api.get(f"/api/v1/onboardings/{batch_id}/")
            except httpx.TransportError:
                time.sleep(0.5)
                continue
            if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return dict(answer.raise_for_status().json())
            time.sleep(0.5)

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._api.post(f"/api/v1/{path}", json=body)
        return dict(answer.raise_for_status().json())

    def _additions(self) -> Counter[str]:
        """How often GitHub put each person into the team."""
        requests = self._control.get("/requests", params={"service": "github"}).json()
        prefix = f"/orgs/{_ORGANIZATION}/teams/everyone/memberships/"
        return Counter(
            one["path"].removeprefix(prefix)
            for one in requests
            if one["method"] == "PUT"
            and one["path"].startswith(prefix)
            and one["status"] == httpx.codes.OK
        )

    def _members(self) -> int:
        table = outside.aws_clients(self._world.layout)("dynamodb")
        pages = table.get_paginator("scan").paginate(
            TableName=self._world.facts["MEMBERS_TABLE"], Select="COUNT"
        )
        return sum(page["Count"] for page in pages)


if __name__ == "__main__":
    import json

    # python -m bench.onboarding [people] [peace|kills]
    wanted = {"peace": (False,), "kills": (True,)}.get(sys.argv[2] if len(sys.argv) > 2 else "")
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE, runs=wanted):
        sys.stdout.write(json.dumps(figure) + "\n")
        sys.stdout.flush()
