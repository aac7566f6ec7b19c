"""Starts by hand, what was retried, and bulk retries over REST."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from access.enums import Role
from access.middleware import changed_nothing
from access.roles import needs
from core.api import PAGE_PARAMETERS, paged
from core.errors import NotFound
from executions import selectors, services
from executions.api.bodies import StrictSerializer
from executions.api.executions import CursorPage, FilterInput, get_execution, user_of
from executions.enums import BulkStatus, ExecutionStatus, OrderStatus, RetryAction
from executions.models import BulkRetry, Retry, Start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from rest_framework.request import Request

    from executions.models import BulkItem


class StartOutput(serializers.Serializer[Start]):
    """A start by hand; `execution` is there once AWS has started it."""

    id = serializers.UUIDField(source="public_id")
    state_machine = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    outcome = serializers.CharField(allow_blank=True)
    execution = serializers.UUIDField(source="execution.public_id", default=None, allow_null=True)


@needs(Role.OPERATOR, to="start an execution by hand")
class StartApi(APIView):
    """Start by hand."""

    @extend_schema_serializer(component_name="StartInput")
    class InputSerializer(StrictSerializer):
        state_machine = serializers.CharField(max_length=80)
        input = serializers.JSONField()

    @extend_schema(
        operation_id="starts_create", request=InputSerializer, responses={202: StartOutput}
    )
    def post(self, request: Request) -> Response:
        """Start a state machine; 400 names what its contract does not allow."""
        asked = self.InputSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        start = services.request_start(
            state_machine=asked.validated_data["state_machine"],
            text=json.dumps(asked.validated_data["input"]),
            user=user_of(request),
            now=timezone.now(),
        )
        return Response(StartOutput(start).data, status=status.HTTP_202_ACCEPTED)


class StartDetailApi(APIView):
    """One start by hand."""

    @extend_schema(operation_id="starts_get", responses=StartOutput)
    def get(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        start = selectors.start_by_id(public_id)
        if start is None:
            message = "There is no such start."
            raise NotFound(message)
        return Response(StartOutput(start).data)


class RetryEntry(serializers.Serializer[Any]):
    """A retry of one execution and what came of it."""

    action = serializers.ChoiceField(choices=RetryAction.choices)
    reason = serializers.CharField(help_text="What was said before the click.")
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField(
        source="requested_by.username", default=None, allow_null=True
    )
    input = serializers.SerializerMethodField(
        help_text="The corrected input; null where it is the old one."
    )
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    outcome = serializers.CharField(allow_blank=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    execution = serializers.UUIDField(
        source="new_execution.public_id",
        default=None,
        allow_null=True,
        help_text="What was started in its place.",
    )

    # Named here, for the schema cannot read an annotation that is imported for types alone.
    @extend_schema_field(serializers.JSONField(allow_null=True))
    def get_input(self, retry: Retry) -> Any:
        return None if retry.edited_input is None else json.loads(retry.edited_input)


class RetryEntries(serializers.Serializer[Any]):
    results = RetryEntry(many=True)


class ExecutionRetriesApi(APIView):
    """Every retry that was asked for of an execution, the latest first."""

    @extend_schema(operation_id="executions_retries", responses=RetryEntries)
    def get(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        retries = selectors.retries_of(get_execution(public_id))
        return Response({"results": RetryEntry(retries, many=True).data})


class StrictFilterInput(FilterInput, StrictSerializer):
    """Of which executions all failures are retried; empty means of all."""


class BulkOutput(serializers.Serializer[BulkRetry]):
    """One bulk retry and how it goes."""

    id = serializers.UUIDField(source="public_id")
    status = serializers.ChoiceField(choices=BulkStatus.choices)
    requested_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    filter = serializers.DictField()
    counts = serializers.SerializerMethodField(
        help_text="Executions by outcome: waiting, requested, accepted, refused, skipped, cancelled."
    )

    def get_counts(self, bulk: BulkRetry) -> dict[str, int]:
        return dict(self.context["counts"][bulk.pk])


class BulkPage(CursorPage):
    results = BulkOutput(many=True)


class BulkItemOutput(serializers.Serializer[Any]):
    """One execution of a bulk retry."""

    execution = serializers.UUIDField(source="execution.public_id")
    action = serializers.ChoiceField(choices=RetryAction.choices)
    reason = serializers.CharField()
    outcome = serializers.SerializerMethodField()

    status = serializers.SerializerMethodField(
        help_text="How it stands now, or the one that was started in its place."
    )
    new_execution = serializers.UUIDField(
        source="retry.new_execution.public_id",
        default=None,
        allow_null=True,
        help_text="What was started in its place.",
    )

    # Named here, for the schema cannot read an annotation that is imported for types alone.
    @extend_schema_field(serializers.CharField())
    def get_outcome(self, item: BulkItem) -> str:
        return selectors.bulk_outcome(item)

    @extend_schema_field(serializers.ChoiceField(choices=ExecutionStatus.choices))
    def get_status(self, item: BulkItem) -> str:
        return selectors.bulk_result(item).status


class BulkItemPage(CursorPage):
    results = BulkItemOutput(many=True)


class BulkPreview(serializers.Serializer[Any]):
    """What a bulk retry would do with the failures that match."""

    redrive = serializers.IntegerField()
    restart = serializers.IntegerField()
    none = serializers.IntegerField(help_text="Failures that no retry puts right.")


@needs(Role.OPERATOR, to="retry all executions that match")
class BulkListApi(APIView):
    """Bulk retries, the latest first."""

    ordering = "-pk"

    @extend_schema_serializer(component_name="BulkInput")
    class InputSerializer(StrictSerializer):
        filter = StrictFilterInput()
        preview = serializers.BooleanField(
            default=False, help_text="Only say what it would do; nothing is retried."
        )

    @extend_schema(operation_id="retries_list", parameters=PAGE_PARAMETERS, responses=BulkPage)
    def get(self, request: Request) -> Response:  # noqa: ARG002 -- DRF's signature
        return paged(self, selectors.bulk_retries(), _told)

    @extend_schema(
        operation_id="retries_create",
        request=InputSerializer,
        responses={200: BulkPreview, 202: BulkOutput},
    )
    def post(self, request: Request) -> Response:
        """Retry every failure that matches; 409 when none does."""
        asked = self.InputSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        wanted = selectors.Filter(**asked.validated_data["filter"])
        if asked.validated_data["preview"]:
            changed_nothing(request)
            counts = services.preview(wanted, now=now)
            return Response({action.value: counts[action.value] for action in RetryAction})
        bulk = services.request_bulk_retry(wanted=wanted, user=user_of(request), now=now)
        return Response(_told([bulk])[0], status=status.HTTP_202_ACCEPTED)


class BulkDetailApi(APIView):
    """One bulk retry."""

    @extend_schema(operation_id="retries_get", responses=BulkOutput)
    def get(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        return Response(_told([_bulk(public_id)])[0])


class BulkItemsApi(APIView):
    """The executions of a bulk retry and what came of each."""

    ordering = "pk"

    @extend_schema(
        operation_id="retries_items", parameters=PAGE_PARAMETERS, responses=BulkItemPage
    )
    def get(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        found = selectors.bulk_items(_bulk(public_id))
        return paged(self, found, lambda rows: BulkItemOutput(rows, many=True).data)


@needs(Role.OPERATOR, to="cancel a bulk retry")
class BulkCancelApi(APIView):
    """Ask for no more retries."""

    @extend_schema(operation_id="retries_cancel", request=None, responses={202: BulkOutput})
    def post(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        """Cancel; what was asked for goes on. 409 when it has ended."""
        services.cancel_bulk_retry(bulk=_bulk(public_id), now=timezone.now())
        return Response(_told([_bulk(public_id)])[0], status=status.HTTP_202_ACCEPTED)


def _told(bulks: Sequence[BulkRetry]) -> list[Any]:
    """Write bulk retries down, their executions counted by one query for all."""
    context = {"counts": selectors.bulk_counts_of(bulks)}
    return [BulkOutput(bulk, context=context).data for bulk in bulks]


def _bulk(public_id: UUID) -> BulkRetry:
    bulk = selectors.bulk_by_id(public_id)
    if bulk is None:
        message = "There is no such bulk retry."
        raise NotFound(message)
    return bulk
