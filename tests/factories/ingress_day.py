"""What stands beside the deliveries of a busy day: GitHub's log, installations, filters, a replay."""

from datetime import timedelta
from uuid import uuid4

from tests.factories import webhooks
from webhooks import selectors, services
from webhooks.models import (
    Backfill,
    BackfillPlace,
    CompletenessDay,
    Delivery,
    Installation,
    InstalledRepository,
    LoggedDelivery,
    Replay,
    RouteFilter,
    Routine,
)
from webhooks.services import counting


def furnish(execution, *, now):
    """Fill in the rest; returns a delivery that started this execution, and a replay under way."""
    _log(now)
    _installations(now)
    _back_fill(now)
    RouteFilter.objects.create(
        event="workflow_run",
        action="completed",
        patterns={"branches": {"include": [], "exclude": ["dependabot/**", "renovate/**"]}},
        changed_at=now - timedelta(days=3),
    )
    replay = services.request_replay(
        selectors.Wanted(event="workflow_run"), up_to=selectors.latest_key(), user=None, now=now
    )
    Replay.objects.filter(pk=replay.pk).update(replayed=replay.total // 2)
    started = _started(execution)
    counting.take_turn({}, lambda: now)
    Routine.objects.filter(name="counting").update(ended_at=now)
    return started, replay


def _started(execution):
    delivery = Delivery.objects.filter(status="started").earliest("pk")
    delivery.execution_arn = execution.arn
    delivery.received_at = execution.started_at - timedelta(milliseconds=900)
    delivery.save()
    type(execution).objects.filter(pk=execution.pk).update(delivery=delivery.guid)
    _logged(delivery.received_at, guid=delivery.guid, outcome="received", answered_in_s=0.034)
    return delivery


def _log(now):
    for ago in range(14):
        day = (now - timedelta(days=ago)).date()
        received, recovered = 1_100 + (ago * 137) % 400, 60 if ago == 5 else ago % 3
        missing, lost = (2 if ago == 0 else 0), (3 if ago == 9 else 0)
        CompletenessDay.objects.create(
            day=day,
            expected=received + recovered + missing + lost,
            received=received,
            recovered=recovered,
            missing=missing,
            lost=lost,
            counted_at=now,
        )
    for minutes, asks in ((4, 1), (52, 3)):
        _logged(
            now - timedelta(minutes=minutes),
            outcome="missing",
            status="failed to connect",
            status_code=502,
            asks=asks,
            asked_at=now - timedelta(minutes=2),
            ask_at=now + timedelta(minutes=3),
        )
    _logged(
        now - timedelta(days=9),
        outcome="lost",
        status="timed out",
        status_code=504,
        asks=6,
        asked_at=now - timedelta(days=7),
    )
    services.start_routines(now=now)
    note = "318 entries of GitHub's log read, 2 deliveries asked for again, 2 still missing"
    Routine.objects.filter(name="recovery").update(ended_at=now, note=note)


def _back_fill(now):
    backfill = services.request_backfill(
        starts_at=now - timedelta(days=10),
        ends_at=now - timedelta(days=8),
        reason="Deliveries of this day are lost",
        user=None,
        now=now,
    )
    names = ("storefront", "payments-service", "mobile-app", "documentation")
    BackfillPlace.objects.bulk_create(
        BackfillPlace(
            backfill=backfill,
            installation_id=4242,
            owner="sandbox-org",
            repository=name,
            begins_at=backfill.starts_at,
            until=backfill.ends_at,
            is_done=name != "documentation",
            problems=(
                f"sandbox-org/{name}, run 9001, attempt 1: GitHub answered 404"
                if name == "mobile-app"
                else ""
            ),
        )
        for name in names
    )
    Backfill.objects.filter(pk=backfill.pk).update(
        listed_at=now, looked_through=3, found=12, started=11
    )


def _logged(at, **fields):
    LoggedDelivery.objects.create(
        **{
            "guid": uuid4(),
            "event": "workflow_run",
            "action": "completed",
            "delivered_at": at,
            "attempt_id": 180_000_000_001,
            "attempted_at": at,
            "status": "OK",
            "status_code": 202,
        }
        | fields
    )


def _installations(now):
    rights = {"actions": "read", "members": "write", "metadata": "read"}
    for number, (login, state) in enumerate(
        [("sandbox-org", {}), ("sleepy-org", {"suspended_at": now - timedelta(days=2)})]
    ):
        installation = Installation.objects.create(
            github_id=4242 + number,
            account_login=login,
            account_type="Organization",
            repository_selection="all",
            permissions=rights,
            events=["membership", "organization", "workflow_run"],
            confirmed_at=now,
            **state,
        )
        for name in ("storefront", "payments-service"):
            InstalledRepository.objects.create(
                installation=installation, github_id=len(name), full_name=f"{login}/{name}"
            )
    webhooks.stored(event="star", payload={"action": "created"}, received_at=now)
