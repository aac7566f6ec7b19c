"""What PriceRun and StoreRun would have written, priced by the product's own arithmetic."""

from datetime import UTC, datetime, timedelta

import factory

from costs import services
from costs.items import read_item
from ghkit.jobs import parse_job
from ghkit.pricing import price_run
from ghkit.run_items import to_item

NOON = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)


class JobFactory(factory.DictFactory):
    """A finished job in GitHub's shape: `JobFactory(ends_at=..., seconds=61)`."""

    class Params:
        ends_at = NOON
        seconds = 61

    id = factory.Sequence(lambda number: 10**11 + number)
    name = factory.Sequence(lambda number: f"build ({number})")
    conclusion = "success"
    labels = ["ubuntu-latest"]
    runner_id = 7
    runner_name = "GitHub Actions 7"
    runner_group_name = "GitHub Actions"
    started_at = factory.LazyAttribute(
        lambda job: text(job.ends_at - timedelta(seconds=job.seconds))
    )
    completed_at = factory.LazyAttribute(lambda job: text(job.ends_at))


def self_hosted(**fields):
    return JobFactory(labels=["self-hosted", "linux"], runner_group_name="Default", **fields)


def on_unknown_runner(**fields):
    return JobFactory(labels=["build-box-7"], runner_group_name="Boxes", **fields)


def larger(**fields):
    return JobFactory(labels=["macos-15-large"], **fields)


def skipped(**fields):
    return JobFactory(conclusion="skipped", seconds=0, runner_id=0, runner_name="", **fields)


class ItemFactory(factory.DictFactory):
    """An item of RunsTable: `ItemFactory(run_id=1, run_attempt=2, all_jobs=[JobFactory()])`."""

    class Params:
        all_jobs = factory.LazyFunction(lambda: [JobFactory()])
        updated_at = NOON
        priced = factory.LazyAttribute(
            lambda item: to_item(
                price_run(
                    [parse_job(job) for job in item.all_jobs],
                    visibility=item.visibility,
                    run_attempt=item.run_attempt,
                    run_started_at=None,
                    run_updated_at=item.updated_at,
                )
            )
        )

    run_id = factory.Sequence(lambda number: 40_000_000_000 + number)
    run_attempt = 1
    repository_id = 1001
    repository = "acme/widgets"
    organization = "acme"
    visibility = "private"
    private = factory.LazyAttribute(lambda item: item.visibility != "public")
    workflow = "CI"
    workflow_path = ".github/workflows/ci.yml"
    run_number = 12
    event = "push"
    conclusion = "success"
    head_branch = "main"
    actor = "octocat"
    delivery = "11111111-2222-4333-8444-555555555555"
    execution_arn = (
        "arn:aws:states:us-east-1:000000000000:execution:ghadmin-workflow-cost:"
        "workflow_run-11111111-2222-4333-8444-555555555555"
    )
    completed_at = factory.LazyAttribute(lambda item: item.priced["completed_at"])
    billable_minutes = factory.LazyAttribute(lambda item: item.priced["billable_minutes"])
    self_hosted_minutes = factory.LazyAttribute(lambda item: item.priced["self_hosted_minutes"])
    unknown_sku_minutes = factory.LazyAttribute(lambda item: item.priced["unknown_sku_minutes"])
    cost_usd = factory.LazyAttribute(lambda item: item.priced["cost_usd"])
    billed_usd = factory.LazyAttribute(lambda item: item.priced["billed_usd"])
    jobs = factory.LazyAttribute(lambda item: item.priced["jobs"])


def record(*items, now=NOON):
    """Record items as the import does, all in one transaction."""
    services.record_runs(runs=[read_item(item, imported_at=now) for item in items], now=now)


def text(moment):
    return moment.isoformat().replace("+00:00", "Z")
