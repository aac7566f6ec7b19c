"""The list of executions over a million rows: each filter, first and deep page, HTML and JSON.

`python -m bench.execution_list [ROWS] [sqlite|postgresql]`; one JSON line a figure. Times are the
server's own, through all of the middleware, without the network.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from scripts.scratch_servers import find_postgres, scratch_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 40
_BY_DJANGO = 20_000
_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:ghadmin-workflow-cost"
# The ways in which a list is asked for; `{deep}` is a moment behind which most rows lie.
QUERIES = {
    "all": "",
    "status": "status=SUCCEEDED",
    "failed": "status=FAILED",
    "machine": "state_machine=workflow-cost",
    "machine and status": "state_machine=onboard-member&status=FAILED",
    "subject": "subject=sandbox-org/repository-77",
    "delivery": "delivery=00000000-0000-4000-8000-000000000777",
    "error": "error=GitHubUnavailable",
    "took": "took=3",
    "needs attention": "attention=needed",
    "handled": "attention=handled",
    "started before": "started_before=2026-03-01T00:00:00Z",
    "parent": "parent=arn:aws:states:us-east-1:123456789012:execution:ghadmin-onboard-members:p-7",
}


@contextlib.contextmanager
def database(kind: str) -> Iterator[None]:
    """Set Django up on a scratch database."""
    with tempfile.TemporaryDirectory(prefix="ghadmin-bench-") as folder:
        if kind == "sqlite":
            url: Any = contextlib.nullcontext(f"sqlite:///{folder}/bench.sqlite3")
        else:
            programs = find_postgres()
            if programs is None:
                sys.exit("PostgreSQL is not installed.")
            url = scratch_postgres(programs, Path(folder))
        with url as address:
            os.environ |= {
                "DATABASE_URL": address,
                "SECRET_KEY": "bench" * 10,
                "DJANGO_SETTINGS_MODULE": "ghadmin.settings_test",
                "LOG_LEVEL": "ERROR",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
                "ALLOWED_HOSTS": "testserver",
            }
            import django  # noqa: PLC0415 -- settings read the environment
            from django.core.management import call_command  # noqa: PLC0415

            django.setup()
            from django.db import connections  # noqa: PLC0415

            call_command("migrate", verbosity=0)
            try:
                yield
            finally:
                connections.close_all()


def fill(rows: int) -> None:
    """Write executions of a year: one in fifty failed, one in a hundred has a parent.

    The first ones by Django; PostgreSQL makes the others of them, a moment apart.
    """
    from datetime import datetime  # noqa: PLC0415

    from django.db import connection  # noqa: PLC0415

    from executions.models import Execution  # noqa: PLC0415

    by_django = min(rows, _BY_DJANGO if connection.vendor == "postgresql" else rows)
    start = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    step = (datetime.fromisoformat("2026-12-31T00:00:00+00:00") - start) / by_django
    for first in range(0, by_django, 5_000):
        numbers = range(first, min(first + 5_000, by_django))
        Execution.objects.bulk_create(
            [_execution(number, start + number * step) for number in numbers]
        )
    names = [
        str(field.column) for field in Execution._meta.concrete_fields if not field.primary_key
    ]
    changed = {
        "public_id": "gen_random_uuid()",
        "arn": "arn || '-' || k",
        "name": "left(name, 60) || '-' || k",
        "delivery": "gen_random_uuid()",
        "started_at": "started_at + k * interval '13 seconds'",
        "stopped_at": "stopped_at + k * interval '13 seconds'",
    }
    with connection.cursor() as cursor:
        if rows > by_django:
            picked = ", ".join(changed.get(name, name) for name in names)
            cursor.execute(
                f"INSERT INTO executions_execution ({', '.join(names)}) SELECT {picked}"  # noqa: S608 -- names of ours
                f" FROM executions_execution, generate_series(1, {rows // by_django - 1}) AS k"
            )
        cursor.execute("ANALYZE")


def _execution(number: int, started_at: Any) -> Any:
    from datetime import timedelta  # noqa: PLC0415
    from uuid import UUID  # noqa: PLC0415

    from executions.enums import Took  # noqa: PLC0415
    from executions.models import Execution  # noqa: PLC0415

    is_failed, machine = number % 50 == 3, ("workflow-cost", "onboard-member")[number % 10 == 9]
    took = timedelta(seconds=(number * 7919) % 900 / 3)
    guid = UUID(f"00000000-0000-4000-8000-{number:012}")
    name = f"workflow_run-{guid}"
    return Execution(
        arn=f"{_MACHINE.replace('stateMachine', 'execution')}:{name}",
        name=name,
        state_machine=machine,
        status="FAILED" if is_failed else "SUCCEEDED",
        started_at=started_at,
        stopped_at=started_at + took,
        took=Took.of(took),
        error=("GitHubUnavailable" if number % 3 else "PersonUnknown") if is_failed else "",
        cause="GitHub answered 502" if is_failed else "",
        needs_attention=is_failed and number % 7 == 0,
        delivery=guid,
        subject=f"sandbox-org/repository-{number % 2_000}",
        parent_arn=(
            "arn:aws:states:us-east-1:123456789012:execution:ghadmin-onboard-members:"
            f"p-{number // 100_000}"
            if number % 100 == 9
            else ""
        ),
        updated_at=started_at,
        work_state="done",
        packed_input=b"\x28\xb5\x2f\xfd" + bytes(600),
    )


def figures(rows: int, kind: str) -> Iterator[dict[str, Any]]:
    """Fill a database and time every question."""
    with database(kind):
        began = time.perf_counter()
        fill(rows)
        yield {
            "bench": "execution_list",
            "filled": rows,
            "s": round(time.perf_counter() - began, 1),
        }
        person, program = _clients()
        for name, query in QUERIES.items():
            html, api = f"/executions/?{query}", f"/api/v1/executions/?{query}"
            for form, url, client in (("html", html, person), ("json", api, program)):
                for page, address in (("first", url), ("deep", _deep(client, url, form))):
                    if address:
                        times = _times(client, address)
                        yield {
                            "bench": "execution_list",
                            "database": kind,
                            "rows": rows,
                            "filter": name,
                            "page": page,
                            "form": form,
                            "p50_ms": round(statistics.median(times), 1),
                            "p95_ms": round(sorted(times)[int(0.95 * len(times))], 1),
                        }


def _clients() -> tuple[Any, Any]:
    """Return one that has signed in, and one that has a token: each asks as it is asked in life."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from access import services  # noqa: PLC0415

    user = get_user_model().objects.create_user("bench")
    person = Client()
    person.force_login(user)
    now = timezone.now()  # noqa: TID251 -- a bench is an edge
    _token, secret = services.issue_token(user=user, name="bench", lifetime=None, now=now)
    return person, Client(headers={"Authorization": f"Bearer {secret}"})


def _times(client: Any, address: str) -> list[float]:
    times = []
    for round_ in range(ROUNDS + 3):
        began = time.perf_counter()
        response = client.get(address)
        took = 1_000 * (time.perf_counter() - began)
        if response.status_code != 200:
            sys.exit(f"{address}: {response.status_code}")
        if round_ >= 3:  # plans and templates are loaded by then
            times.append(took)
    return times


def _deep(client: Any, url: str, form: str) -> str:
    """Return the address of a page of which most of the list lies before, where there is one."""
    from executions.models import Execution  # noqa: PLC0415

    if form == "json":
        later = client.get(f"{url}&started_before=2026-02-01T00:00:00Z").json()["next"]
        return f"{url}&{urlencode({'cursor': _cursor(later)})}" if later else ""
    row = Execution.objects.filter(started_at__lt="2026-02-01T00:00:00Z").latest("started_at")
    micros = int(row.started_at.timestamp() * 1_000_000)
    return f"{url}&cursor=before-{micros}-{row.pk}"


def _cursor(link: str) -> str:
    return parse_qs(urlsplit(link).query)["cursor"][0]


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    kinds = sys.argv[2:] or ["postgresql", "sqlite"]
    for kind in kinds[:1]:  # Django is set up once a process
        for figure in figures(rows, kind):
            sys.stdout.write(json.dumps(figure) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
