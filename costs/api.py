"""Costs over REST. Money is a decimal text, exact and without trailing zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers

from costs import selectors
from costs.models import RepositoryMonth, Run
from costs.periods import NotAMonth, month_text, parse_month
from ghkit.run_items import decimal_text

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response

# PostgreSQL's bigint: a larger id is nobody's.
MAX_ID = 2**63 - 1


@extend_schema_field({"type": "string", "format": "decimal", "example": "0.012"})
class UsdText(serializers.Field[Any, Any, Any, Any]):
    """US dollars as a decimal text."""

    def to_representation(self, value: Decimal) -> str:
        return decimal_text(value)


@extend_schema_field(
    {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$", "example": "2026-11"}
)
class MonthText(serializers.Field[Any, Any, Any, Any]):
    """A month in UTC as `YYYY-MM`."""

    def to_internal_value(self, data: Any) -> date:
        try:
            return parse_month(str(data))
        except NotAMonth as exc:
            raise serializers.ValidationError(str(exc)) from exc

    def to_representation(self, value: date) -> str:
        return month_text(value)


class JobOutput(serializers.Serializer[Any]):
    """A job and its price; money is null where the price is unknown."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    conclusion = serializers.CharField(allow_null=True)
    started_at = serializers.CharField(allow_null=True)
    completed_at = serializers.CharField(allow_null=True)
    labels = serializers.ListField(child=serializers.CharField())
    runner_name = serializers.CharField(allow_null=True)
    runner_group_name = serializers.CharField(allow_null=True)
    sku = serializers.CharField(allow_null=True)
    sku_kind = serializers.CharField(
        help_text="standard, larger, self_hosted, unknown, or none for a job that never ran."
    )
    reason = serializers.CharField(help_text="How the SKU is known, or why it is not.")
    minutes = serializers.IntegerField(help_text="Rounded up, job by job.")
    seconds = serializers.IntegerField()
    usd_per_minute = serializers.CharField(allow_null=True)
    cost_usd = serializers.CharField(allow_null=True)
    billed_usd = serializers.CharField(allow_null=True)
    price_period = serializers.CharField(
        allow_null=True, help_text="First day of the price list that the rate is from."
    )
    anomaly = serializers.CharField(allow_null=True)


@extend_schema_field(JobOutput(many=True))
class Jobs(serializers.Field[Any, Any, Any, Any]):
    """The jobs as they are stored: 256 of them a run, so field by field would be slow."""

    def to_representation(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return value


class RunOutput(serializers.Serializer[Run]):
    """One attempt of a workflow run."""

    repository = serializers.CharField(source="repository.full_name", help_text="Its name now.")
    workflow = serializers.CharField()
    run_id = serializers.IntegerField()
    run_attempt = serializers.IntegerField()
    conclusion = serializers.CharField(allow_blank=True)
    completed_at = serializers.DateTimeField(
        help_text="The latest end of a job; without jobs, when GitHub last touched the run."
    )
    billable_minutes = serializers.IntegerField(
        help_text="On GitHub's runners of known SKUs, free ones included."
    )
    self_hosted_minutes = serializers.IntegerField()
    unknown_sku_minutes = serializers.IntegerField(
        help_text="Their price is unknown; no sum of money contains them."
    )
    cost_usd = UsdText(help_text="List price of the jobs with a known SKU.")
    billed_usd = UsdText(
        help_text="The list price without standard runners in public repositories, which are free."
    )
    jobs = Jobs()


class RepositoryMonthOutput(serializers.Serializer[RepositoryMonth]):
    """A repository's month: minutes and money by the end of each job, runs by their own."""

    repository = serializers.CharField(source="repository.full_name")
    month = MonthText()
    runs = serializers.IntegerField(help_text="Distinct run ids.")
    attempts = serializers.IntegerField()
    billable_minutes = serializers.IntegerField()
    cost_usd = UsdText()
    billed_usd = UsdText()


class RunListApi(generics.ListAPIView[Run]):
    """Attempts of workflow runs and what they cost, the latest to end first."""

    serializer_class = RunOutput
    ordering = ("-completed_at", "-run_id", "-run_attempt")

    class InputSerializer(serializers.Serializer[Any]):
        repository = serializers.CharField(required=False, max_length=255, help_text="owner/name")
        month = MonthText(required=False, help_text="The month in which the attempt ended.")
        run_id = serializers.IntegerField(required=False, min_value=0, max_value=MAX_ID)

    @extend_schema(operation_id="costs_runs_list", parameters=[InputSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Run]:
        asked = self.InputSerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return selectors.runs(**asked.validated_data)


class RepositoryMonthListApi(generics.ListAPIView[RepositoryMonth]):
    """What the repositories cost, month by month."""

    serializer_class = RepositoryMonthOutput
    ordering = "-pk"

    class InputSerializer(serializers.Serializer[Any]):
        repository = serializers.CharField(required=False, max_length=255, help_text="owner/name")
        month = MonthText(required=False)

    @extend_schema(operation_id="costs_repositories_list", parameters=[InputSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[RepositoryMonth]:
        asked = self.InputSerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return selectors.repository_months(**asked.validated_data)
