"""Workflow runs, what they cost, and the sums of them that pages read.

A job's minutes and money belong to the UTC day on which the job ended, and to that day's month. A
run and its attempts belong to the month in which the attempt ended. At every commit the rollups
equal the sums over `Run`; `costs.services.record_runs` alone writes any of them.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.work import LeasedWork, WorkState
from costs.enums import SkuKind, Visibility
from costs.fields import UsdField
from executions.models import Execution


def _money_is_sound(name: str) -> models.CheckConstraint:
    """Nothing is billed beyond the list price, and nothing costs less than nothing."""
    condition = Q(billed_usd__gte=0, cost_usd__gte=F("billed_usd"))
    return models.CheckConstraint(condition=condition, name=name)


class Repository(models.Model):
    """A repository, by the name it bears now; its row is also the lock on all its numbers."""

    # GitHub's id: it outlives renames and transfers.
    id = models.BigIntegerField(primary_key=True)
    full_name = models.CharField(max_length=255, db_index=True)
    visibility = models.CharField(max_length=8, choices=Visibility.choices)

    class Meta:
        verbose_name_plural = "repositories"

    def __str__(self) -> str:
        return self.full_name


class Run(models.Model):
    """One attempt of a workflow run, as its DynamoDB item has it, with its jobs and their prices."""

    run_id = models.BigIntegerField()
    run_attempt = models.PositiveIntegerField()
    repository = models.ForeignKey(
        Repository, on_delete=models.PROTECT, related_name="runs", db_index=False
    )
    # The repository's name at that time.
    full_name = models.CharField(max_length=255)
    organization = models.CharField(max_length=255, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility.choices)
    workflow = models.TextField()
    workflow_path = models.TextField(blank=True)
    run_number = models.PositiveBigIntegerField()
    event = models.CharField(max_length=64)
    conclusion = models.CharField(max_length=64, blank=True)
    head_branch = models.TextField(blank=True)
    actor = models.CharField(max_length=255, blank=True)
    completed_at = models.DateTimeField()
    billable_minutes = models.PositiveIntegerField()
    self_hosted_minutes = models.PositiveIntegerField()
    unknown_sku_minutes = models.PositiveIntegerField()
    cost_usd = UsdField()
    billed_usd = UsdField()
    delivery = models.UUIDField(null=True, blank=True)
    execution_arn = models.CharField(max_length=512, blank=True)
    imported_at = models.DateTimeField()
    # What this attempt put into the rollups (costs.shares). It is taken out again by what stands
    # here when the item changes, so that not even a new rule of attribution leaves a trace.
    shares = models.JSONField()
    # Of the shares; the day of `completed_at` where nothing ran. No share is later than that.
    earliest_day = models.DateField()
    # The SKUs of the shares, each between commas: a filter that both databases know.
    skus = models.TextField(blank=True)
    job_count = models.PositiveIntegerField()
    # Last, for it is large and lists pass over it: every job with its price, as in DynamoDB.
    jobs = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run_id", "run_attempt"], name="costs_run_once"),
            models.CheckConstraint(condition=Q(run_attempt__gte=1), name="costs_run_attempt"),
            _money_is_sound("costs_run_money"),
        ]
        indexes = [
            models.Index(
                fields=["repository", "completed_at", "run_id", "run_attempt"],
                name="costs_run_of_repository",
            ),
            models.Index(
                fields=["completed_at", "run_id", "run_attempt"], name="costs_run_by_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} run {self.run_id} attempt {self.run_attempt}"


class SkuSums(models.Model):
    """Jobs of one SKU, added up."""

    # GitHub's name, or "self_hosted", or "unknown": then the minutes have no price, and no money
    # stands here.
    sku = models.CharField(max_length=64)
    sku_kind = models.CharField(max_length=16, choices=SkuKind.choices)
    minutes = models.PositiveBigIntegerField()
    jobs = models.PositiveBigIntegerField()
    cost_usd = UsdField()
    billed_usd = UsdField()

    sum_fields: ClassVar = ("minutes", "jobs", "cost_usd", "billed_usd")

    class Meta:
        abstract = True


class RepositoryDaySku(SkuSums):
    """The jobs of a repository that ended on one UTC day, by SKU."""

    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, db_index=False)
    day = models.DateField()

    key_fields: ClassVar = ("repository_id", "day", "sku", "sku_kind")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "day", "sku", "sku_kind"], name="costs_day_sku_once"
            ),
            _money_is_sound("costs_day_sku_money"),
        ]

    def __str__(self) -> str:
        return f"{self.repository_id} {self.day} {self.sku}"


class RepositoryMonthSku(SkuSums):
    """The jobs of a repository that ended in one month, by SKU: the bars of the monthly charts."""

    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, db_index=False)
    month = models.DateField()

    key_fields: ClassVar = ("repository_id", "month", "sku", "sku_kind")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "month", "sku", "sku_kind"], name="costs_month_sku_once"
            ),
            _money_is_sound("costs_month_sku_money"),
        ]
        indexes = [
            # Holds all that the sums over everybody's months are made of, so that a year of two
            # thousand repositories is read from the index alone (30 ms instead of 150 on SQLite).
            models.Index(
                fields=["month", "sku", "sku_kind", "minutes", "jobs", "cost_usd", "billed_usd"],
                name="costs_month_sku_by_month",
            )
        ]

    def __str__(self) -> str:
        return f"{self.repository_id} {self.month:%Y-%m} {self.sku}"


class RepositoryMonth(models.Model):
    """A repository's month: its runs and attempts, and what its jobs come to."""

    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, db_index=False)
    month = models.DateField()
    # Distinct runs: one that was tried three times within the month counts once.
    runs = models.PositiveBigIntegerField()
    attempts = models.PositiveBigIntegerField()
    jobs = models.PositiveBigIntegerField()
    billable_minutes = models.PositiveBigIntegerField()
    self_hosted_minutes = models.PositiveBigIntegerField()
    unknown_sku_minutes = models.PositiveBigIntegerField()
    cost_usd = UsdField()
    billed_usd = UsdField()
    updated_at = models.DateTimeField()

    key_fields: ClassVar = ("repository_id", "month")
    sum_fields: ClassVar = (
        "runs",
        "attempts",
        "jobs",
        "billable_minutes",
        "self_hosted_minutes",
        "unknown_sku_minutes",
        "cost_usd",
        "billed_usd",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "month"], name="costs_month_once"),
            models.CheckConstraint(
                condition=Q(attempts__gte=F("runs")), name="costs_month_attempts"
            ),
            _money_is_sound("costs_month_money"),
        ]
        indexes = [models.Index(fields=["month", "id"], name="costs_month_by_month")]

    def __str__(self) -> str:
        return f"{self.repository_id} {self.month:%Y-%m}"


class RunImport(LeasedWork):
    """The outbox of `execution_finished`: an execution whose result is to be read from DynamoDB."""

    work_task: ClassVar[str] = "costs.tasks.import_runs"

    execution = models.OneToOneField(Execution, on_delete=models.CASCADE)
    # When a result was last read.
    imported_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedWork.Meta):
        indexes = [
            *LeasedWork.Meta.indexes,
            # Every page says what could not be imported: few rows of very many.
            models.Index(
                fields=["id"], condition=Q(work_state=WorkState.DEAD), name="runimport_dead"
            ),
        ]

    def __str__(self) -> str:
        return f"result of {self.execution_id}"
