"""A million deliveries beside a log of a million: what each round and each page asks of them.

`python -m bench.recovery [ROWS] [sqlite|postgresql]`; one JSON line a figure. Times are the server's
own, through all of the middleware, without the network.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench.execution_list import database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 15
_BY_DJANGO = 5_000
# One in so many is still missing, and as many are lost.
_GAP_EVERY = 2_000


def fill(rows: int, *, now: datetime) -> None:
    """Write three days of GitHub's log and one day of deliveries.

    The first ones by Django; the database makes the others of them.
    """
    from django.db import connection  # noqa: PLC0415 -- after the settings

    from webhooks.models import Delivery, LoggedDelivery  # noqa: PLC0415

    by_django = min(rows, _BY_DJANGO)
    log_step, day_step = timedelta(days=3) / by_django, timedelta(hours=23) / by_django
    began = now - timedelta(hours=23)
    for first in range(0, by_django, 1_000):
        numbers = range(first, min(first + 1_000, by_django))
        LoggedDelivery.objects.bulk_create(
            [_logged(n, now - timedelta(days=3) + n * log_step) for n in numbers]
        )
        Delivery.objects.bulk_create([_delivery(n, began + n * day_step) for n in numbers])
    _multiply(LoggedDelivery, rows // by_django - 1)
    _multiply(Delivery, rows // by_django - 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _multiply(model: Any, times: int) -> None:
    from django.db import connection  # noqa: PLC0415

    is_postgres = connection.vendor == "postgresql"
    guid = "gen_random_uuid()" if is_postgres else "lower(hex(randomblob(16)))"
    names = [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
    picked = ", ".join(guid if name == "guid" else name for name in names)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < {times})"  # noqa: S608 -- names of ours
            f" INSERT INTO {table} ({', '.join(names)}) SELECT {picked}"
            f" FROM (SELECT * FROM {table} ORDER BY id) AS own, k ORDER BY own.id, k.n"
        )


def _logged(number: int, at: datetime) -> Any:
    from uuid import uuid4  # noqa: PLC0415

    from webhooks.models import LoggedDelivery  # noqa: PLC0415

    outcome = {3: "missing", 4: "lost"}.get(number % _GAP_EVERY, "received")
    return LoggedDelivery(
        guid=uuid4(),
        event="workflow_run",
        action="completed",
        installation_id=7,
        repository_id=number % 2_000,
        delivered_at=at,
        attempt_id=number,
        attempted_at=at,
        status="OK",
        status_code=202,
        answered_in_s=0.03,
        outcome=outcome,
        ask_at=at + timedelta(days=4) if outcome == "missing" else None,
    )


def _delivery(number: int, at: datetime) -> Any:
    from uuid import uuid4  # noqa: PLC0415

    from webhooks.models import Delivery  # noqa: PLC0415

    events = (("workflow_run", "completed"), ("workflow_run", "requested"), ("push", ""))
    event, action = events[number % 3]
    if number % 50 == 7:
        event, action = "check_run", f"kind_{number % 40}"
    is_started = action == "completed"
    return Delivery(
        guid=uuid4(),
        event=event,
        action=action,
        repository=f"sandbox-org/repository-{number % 2_000}",
        organization="sandbox-org",
        sender="mona",
        person="mona",
        installation_id=7,
        received_at=at,
        headers={"User-Agent": "GitHub-Hookshot/abc", "X-GitHub-Event": event},
        body=bytes(range(250)) * 8 if is_started else None,
        body_bytes=9_000,
        status="started" if is_started else "ignored",
        reason="" if is_started else "No route uses this event.",
        state_machine="workflow-cost" if is_started else "",
        execution_arn="arn:aws:states:us-east-1:1:execution:x:y" if is_started else "",
        work_state="done",
    )


def questions(now: datetime) -> dict[str, Callable[[], object]]:
    """What a round and a page ask, by name."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from webhooks.services import (  # noqa: PLC0415
        completeness,
        counting,
        delivery_log,
        recovery,
        retention,
    )

    client = Client()
    client.force_login(get_user_model().objects.create_user("bench"))

    def page(address: str) -> Callable[[], object]:
        def ask() -> None:
            status = client.get(address).status_code
            if status != 200:
                sys.exit(f"{address}: {status}")

        return ask

    return {
        "round: note arrivals": delivery_log.note_arrivals,
        "round: give up what is too old": lambda: recovery.give_up_old(
            now=now - timedelta(hours=1)
        ),
        "round: ask for what is due": lambda: recovery.ask_for_missing(
            clock=lambda: now, ends_at=now + timedelta(seconds=10)
        ),
        "round: count days": lambda: completeness.count_days(now=now),
        "round: note": lambda: recovery._note(0, 0, 0),  # noqa: SLF001 -- one of its queries
        "round: when next": recovery._next_ask_at,  # noqa: SLF001
        "counting: the first round, of a day": lambda: counting.take_turn({}, lambda: now),
        "counting: each round": lambda: counting.take_turn(
            {"from": (now - timedelta(hours=1)).replace(minute=0).isoformat()}, lambda: now
        ),
        "removal: nothing to do": lambda: retention._remove(now=now),  # noqa: SLF001
        "page: recovery": page("/deliveries/recovery/"),
        "page: routing": page("/deliveries/routing/"),
        "page: deliveries": page("/deliveries/"),
    }


def figures(rows: int, kind: str) -> Iterator[dict[str, Any]]:
    """Fill a database and time every question."""
    with database(kind):
        now = datetime.now(UTC)
        began = time.perf_counter()
        fill(rows, now=now)
        base = {"bench": "recovery", "database": kind, "rows": rows}
        yield base | {"filled_in_s": round(time.perf_counter() - began, 1)}
        for name, ask in questions(now).items():
            times = [_timed(ask) for _round in range(ROUNDS)]
            yield base | {
                "what": name,
                "first_ms": round(times[0], 1),
                "p50_ms": round(statistics.median(times), 1),
                "worst_later_ms": round(max(times[1:]), 1),
            }


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return 1_000 * (time.perf_counter() - began)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "postgresql"
    for figure in figures(rows, kind):
        sys.stdout.write(json.dumps(figure) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
