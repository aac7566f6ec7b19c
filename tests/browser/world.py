"""A small organisation with a busy day behind it, for pages that are looked at full.

Everything is made by the product's own code out of what GitHub and AWS would say.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from core import work
from costs.models import Run
from executions import services
from executions.models import BulkRetry, Execution
from executions.selectors import Filter
from onboarding.models import Batch
from tests.factories import batches as people_to_onboard
from tests.factories import costs, executions, members, people, webhooks
from tests.factories import ingress_day as ingress
from tests.factories.step_functions import ACCOUNT, START, StepFunctions, plug_in
from webhooks.models import Delivery, Replay

REPOSITORIES = (
    ("sandbox-org/storefront", 101, "private"),
    ("sandbox-org/payments-service", 102, "private"),
    ("sandbox-org/mobile-app", 103, "private"),
    ("sandbox-org/documentation", 104, "public"),
)
CAUSE = json.dumps(
    {
        "errorMessage": "GitHub answered 502 to GET /repos/sandbox-org/storefront/actions/runs/7",
        "errorType": "GitHubUnavailable",
        "stackTrace": [],
    }
)


@dataclass(frozen=True)
class World:
    """Where to look."""

    failed: Execution
    running: Execution
    succeeded: Execution
    bulk: BulkRetry
    delivery: Delivery
    started: Delivery
    replay: Replay
    run: Run
    batches: dict[str, Batch]

    @property
    def pages(self) -> dict[str, str]:
        """Every page of the product with something on it, by the name of its picture."""
        return {
            "executions": "/executions/",
            "executions-filtered": "/executions/?status=failed",
            "executions-none": "/executions/?q=no-such-thing",
            "execution-failed": f"/executions/{self.failed.public_id}/",
            "execution-running": f"/executions/{self.running.public_id}/",
            "execution-succeeded": f"/executions/{self.succeeded.public_id}/",
            "execution-step": f"/executions/{self.failed.public_id}/steps/1/",
            "execution-start-anew": f"/executions/{self.failed.public_id}/start-anew/",
            "executions-deadlines": "/executions/deadlines/",
            "executions-more-filters": "/executions/?attention=needed&took=3",
            "mirror": "/executions/mirror/",
            "failures": "/executions/failures/",
            "bulk-new": "/executions/retries/new/?attention=needed",
            "bulk-list": "/executions/retries/",
            "bulk": f"/executions/retries/{self.bulk.public_id}/",
            "start-choose": "/executions/start/",
            "start-by-hand": "/executions/start/workflow-cost/",
            "execution-events": f"/executions/{self.failed.public_id}/events/",
            "deliveries": "/deliveries/",
            "deliveries-none": "/deliveries/?repository=nobody%2Fnothing",
            "delivery": f"/deliveries/{self.delivery.guid}/",
            "delivery-started": f"/deliveries/{self.started.guid}/",
            "deliveries-replay": "/deliveries/replay/?event=workflow_run",
            "deliveries-replaying": f"/deliveries/replays/{self.replay.public_id}/",
            "deliveries-recovery": "/deliveries/recovery/",
            "deliveries-routing": "/deliveries/routing/",
            "deliveries-filter": "/deliveries/routing/workflow_run/completed/",
            "deliveries-installations": "/deliveries/installations/",
            "costs": f"/costs/?month={START:%Y-%m}",
            "costs-minutes": f"/costs/?month={START:%Y-%m}&measure=minutes",
            "costs-repository": f"/costs/sandbox-org/storefront/?month={START:%Y-%m}",
            "costs-run": f"/costs/runs/{self.run.run_id}/",
            "members": "/members/",
            "members-filtered": "/members/?state=expired",
            "members-none": "/members/?q=no-such-person",
            "onboard": "/onboard/",
            "onboard-not-a-login": "/onboard/?login=ada+lovelace",
            **{
                f"onboarding-{name}": f"/onboard/{one.public_id}/"
                for name, one in self.batches.items()
            },
            "member-active": "/members/42/5000/",
            "member-pending": "/members/42/5005/",
            "member-expired": "/members/42/invite-902/",
        }


def furnish(monkeypatch, *, now=START + timedelta(hours=2)) -> World:
    """Fill the database; `now` is when the last events were heard."""
    aws = StepFunctions()
    plug_in(aws, monkeypatch)
    failed, running, succeeded = _executions(aws, now)
    for minutes in range(0, 60, 5):
        services.sweep(now=now - timedelta(minutes=minutes))
    delivery = _deliveries(now)
    members.record(*people.items(now=now), now=now)
    started, replay = ingress.furnish(succeeded, now=now)
    onboardings = people_to_onboard.onboardings(now=now)
    return World(
        failed=failed,
        running=running,
        succeeded=succeeded,
        bulk=_bulk(now),
        delivery=delivery,
        started=started,
        replay=replay,
        run=_costs(now),
        batches=onboardings,
    )


def _executions(aws, now):
    told = []
    for number in range(1, 40):
        repository = REPOSITORIES[number % 4][0]
        start = now - timedelta(minutes=33 * number)
        one = executions.told(number, repository=repository, started_at=start)
        is_failing = number % 9 == 4
        for state in (
            ("ReadRunEvent",) if is_failing else ("ReadRunEvent", "FetchJobs", "PriceRun")
        ):
            start += timedelta(seconds=1.3)
            one.enters("Task", state, start)
            start += timedelta(seconds=2.1)
            one.add(
                "TaskStateExited",
                start,
                {"name": state, "output": '{"jobs": [], "retry_at": null}'},
            )
        if is_failing:
            one.ends(
                "FAILED", start + timedelta(seconds=30), error="GitHubUnavailable", cause=CAUSE
            )
        elif number % 13 == 6:
            one.ends("TIMED_OUT", start + timedelta(minutes=15))
        elif number > 1:
            output = '{"stored": true, "run": {"repository_id": "101"}, "cost_usd": "0.0140"}'
            one.ends("SUCCEEDED", start + timedelta(seconds=2), state="StoreRun", output=output)
        told.append(one)
    rows = executions.mirrored(aws, *told, now=now)
    for row in rows:
        services.look_at(row, now=now)
    executions.work_off(now=now)
    return rows[3], rows[0], rows[1]


def _bulk(now):
    wanted = Filter(error="GitHubUnavailable", started_before=now - timedelta(hours=8))
    bulk = services.request_bulk_retry(wanted=wanted, user=None, now=now)
    for _stretch in range(3):
        for row in work.claim(BulkRetry, limit=1, now=now, lease_s=60):
            services.advance(row, now)
    return bulk


def _deliveries(now):
    payload = webhooks.example()
    for number in range(12):
        payload["repository"]["full_name"] = REPOSITORIES[number % 4][0]
        webhooks.stored(payload=payload, received_at=now - timedelta(minutes=7 * number))
    for event in ("push", "issues", "star"):
        webhooks.stored(payload=payload, event=event, received_at=now - timedelta(minutes=2))
    waiting, failed, *started = work.claim(Delivery, limit=20, now=now, lease_s=60)
    error = "AWS could not be reached: connection refused"
    work.postpone(waiting, not_before=now + timedelta(minutes=1), error=error)
    work.give_up(failed, reason="AWS refused it: the state machine does not exist.")
    for row in started:
        arn = f"{ACCOUNT}:execution:ghadmin-workflow-cost:workflow_run-{row.guid}"
        work.finish(row, status=Delivery.Status.STARTED, execution_arn=arn)
    return Delivery.objects.get(pk=failed.pk)


def _costs(now):
    items = []
    for day in range(1, 23):
        for repository, repository_id, visibility in REPOSITORIES:
            ends_at = datetime(2026, 11, day, 12, repository_id % 60, tzinfo=UTC)
            size = (day * repository_id) % 17
            jobs = [costs.JobFactory(ends_at=ends_at, seconds=61 + 240 * size)]
            if repository_id == 103:
                jobs.append(costs.larger(ends_at=ends_at, seconds=90 * size + 1))
            if repository_id == 102:
                jobs.append(costs.self_hosted(ends_at=ends_at, seconds=1_000))
            if repository_id == 101:
                jobs.append(
                    costs.JobFactory(ends_at=ends_at, labels=["windows-latest"], seconds=300)
                )
            if (day, repository_id) == (20, 101):
                jobs += [
                    costs.on_unknown_runner(ends_at=ends_at, seconds=200),
                    costs.skipped(ends_at=ends_at),
                ]
            items.append(
                costs.ItemFactory(
                    all_jobs=jobs,
                    repository=repository,
                    repository_id=repository_id,
                    organization="sandbox-org",
                    visibility=visibility,
                    delivery=str(uuid4()),
                    conclusion="failure" if size == 3 else "success",
                )
            )
    costs.record(*items, now=now)
    return Run.objects.filter(unknown_sku_minutes__gt=0).get()
