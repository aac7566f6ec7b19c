"""Liveness, readiness and metrics, for the machine next door; open, and free of secrets.

`/healthz` says that the process answers: the load balancer asks it. `/readyz` says whether all that
the dashboard needs is there: deployments and alerts ask it. Taking a web process out because AWS is
away would lose webhooks that it can still store.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import structlog
from celery import current_app
from django.contrib.auth.decorators import login_not_required
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from core.aws import sqs, stack
from core.errors import DomainError
from executions.selectors import mirror_lag_s
from ghadmin import metrics as metrics_text

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

CHECK_TIMEOUT_S = 2.0
# Anybody may ask, as often as they like; AWS and the database are asked no oftener than this.
KEEP_S = 2.0
# The mirror polls every 20 s at rest; beyond this it is stuck or not running.
MAX_MIRROR_LAG_S = 120.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that the dashboard needs."""

    ok: bool
    seconds: float
    detail: str = ""


class NotReady(Exception):
    """A piece is not as it should be; the text may be read by anybody."""


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """Say that the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """Say of each piece whether it is there: 200 when all are, else 503."""
    pieces = _recent("readyz", _check_all)
    ok = all(piece.ok for piece in pieces.values())
    payload = {
        "status": "ok" if ok else "failing",
        "pieces": {name: asdict(piece) for name, piece in pieces.items()},
    }
    return JsonResponse(payload, status=200 if ok else 503)


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """Give Prometheus the counts of rows, queues and the mirror's lag."""
    text = _recent("metrics", lambda: metrics_text.render(now=timezone.now()))
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def check_database() -> str:
    """Ask the database for something."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return connection.vendor


def check_broker() -> str:
    """Connect to the broker."""
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=int(CHECK_TIMEOUT_S))
        return str(broker.transport.driver_type)


def check_aws() -> str:
    """Find the stack and count the messages that wait for the mirror."""
    return f"{sqs.depth(stack.output('StatusQueueUrl'))} status messages wait"


def check_mirror() -> str:
    """Measure how old is what the mirror shows."""
    lag_s = mirror_lag_s(now=timezone.now())
    if lag_s is None:
        message = "never ran"
        raise NotReady(message)
    message = f"{lag_s:.0f} s behind"
    if lag_s > MAX_MIRROR_LAG_S:
        raise NotReady(message)
    return message


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "broker": check_broker,
    "aws": check_aws,
    "mirror": check_mirror,
}
# One thread a piece: one that hangs delays nothing but the next look at itself.
_threads = {name: ThreadPoolExecutor(1, f"readyz-{name}") for name in CHECKS}
_kept: dict[str, tuple[float, Any]] = {}
_looking = {name: threading.Lock() for name in ("readyz", "metrics")}


def _check_all() -> dict[str, Piece]:
    started = time.monotonic()
    running = {name: _threads[name].submit(_check, name) for name in CHECKS}
    return {
        name: _result(future, ends_at=started + CHECK_TIMEOUT_S)
        for name, future in running.items()
    }


def _check(name: str) -> Piece:
    started = time.monotonic()
    try:
        detail, ok = CHECKS[name](), True
    except (NotReady, DomainError) as exc:
        # Of AWS's errors the code alone: their texts name addresses.
        detail, ok = exc.code if isinstance(exc, DomainError) else str(exc), False
    except Exception as exc:  # noqa: BLE001 -- whatever it is, the piece is not ready
        log.warning("health.check_failed", piece=name, error=repr(exc))
        detail, ok = type(exc).__name__, False
    finally:
        connections.close_all()  # this thread belongs to no request
    return Piece(ok, round(time.monotonic() - started, 3), detail)


def _result(future: Future[Piece], *, ends_at: float) -> Piece:
    try:
        return future.result(timeout=max(0.0, ends_at - time.monotonic()))
    except NotInTime:
        future.cancel()
        return Piece(False, CHECK_TIMEOUT_S, f"no answer within {CHECK_TIMEOUT_S:.0f} s")


def _recent(name: str, look: Callable[[], Any]) -> Any:
    """Return what was found a moment ago, or look again; one look at a time."""
    with _looking[name]:
        kept = _kept.get(name)
        if kept is None or time.monotonic() - kept[0] > KEEP_S:
            kept = _kept[name] = (time.monotonic(), look())
        return kept[1]
