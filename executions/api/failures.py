"""Kinds of failures over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import APIView

from access.enums import Role
from access.roles import needs
from core.api import PAGE_PARAMETERS, paged
from core.errors import NotFound
from executions import selectors, services
from executions.api.bodies import OptionalJsonParser, StrictSerializer
from executions.api.executions import CursorPage, user_of

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from executions.models import Family

_NOTE_MAX_CHARS = 2_000


class FailureOutput(serializers.Serializer[Any]):
    """Failures of one workflow, state, error and cause. Its executions: `executions/?family={id}`."""

    id = serializers.UUIDField(source="family.public_id")
    state_machine = serializers.CharField(source="family.state_machine")
    state = serializers.CharField(
        source="family.state", help_text="Its path, `*` for iterations and branches."
    )
    error = serializers.CharField(source="family.error")
    cause = serializers.CharField(
        source="family.cause", help_text="With a word in angle brackets for what differs."
    )
    open = serializers.IntegerField(help_text="Executions that want attention.")
    by_day = serializers.ListField(
        child=serializers.IntegerField(), help_text="Of the last 14 days, the oldest first."
    )
    first_seen_at = serializers.DateTimeField(source="family.first_seen_at")
    latest_seen_at = serializers.DateTimeField(source="family.latest_seen_at")
    acknowledged_at = serializers.DateTimeField(source="family.acknowledged_at", allow_null=True)
    acknowledged_by = serializers.CharField(
        source="family.acknowledged_by.username", default=None, allow_null=True
    )
    note = serializers.CharField(source="family.note", allow_blank=True)
    recurred_at = serializers.DateTimeField(source="family.recurred_at", allow_null=True)


class FailurePage(CursorPage):
    results = FailureOutput(many=True)


class FailureListApi(APIView):
    """Kinds of failures, the latest seen first."""

    ordering = ("-latest_seen_at", "-pk")

    class FilterSerializer(serializers.Serializer[Any]):
        handled = serializers.BooleanField(
            default=False,
            help_text="Those that were put right or acknowledged, instead of those that want attention.",
        )

    @extend_schema(
        operation_id="failures_list",
        parameters=[FilterSerializer, *PAGE_PARAMETERS],
        responses=FailurePage,
    )
    def get(self, request: Request) -> Response:
        asked = self.FilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return paged(self, selectors.matching_families(**asked.validated_data), _told)


class FailureDetailApi(APIView):
    """One kind of failure."""

    @extend_schema(operation_id="failures_get", responses=FailureOutput)
    def get(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        return Response(_told([_family(public_id)])[0])


@needs(Role.OPERATOR, to="take note of a kind of failure")
class FailureAcknowledgeApi(APIView):
    """Take note: the kind leaves the list until it recurs."""

    parser_classes = (JSONParser, OptionalJsonParser)

    @extend_schema_serializer(component_name="AcknowledgeInput")
    class InputSerializer(StrictSerializer):
        note = serializers.CharField(
            required=False,
            allow_blank=True,
            default="",
            max_length=_NOTE_MAX_CHARS,
            help_text="For whoever sees it come back.",
        )

    @extend_schema(
        operation_id="failures_acknowledge",
        request={"application/json": InputSerializer},
        responses=FailureOutput,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Acknowledge; 409 when somebody has, and it has not come back since."""
        asked = self.InputSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.acknowledge(
            family=_family(public_id),
            user=user_of(request),
            now=timezone.now(),
            **asked.validated_data,
        )
        return Response(_told([_family(public_id)])[0])


def _told(families: list[Family]) -> Any:
    counted = selectors.family_counts(families, now=timezone.now())
    return FailureOutput(counted, many=True).data


def _family(public_id: UUID) -> Family:
    family = selectors.family_by_id(public_id)
    if family is None:
        message = "There is no such kind of failure."
        raise NotFound(message)
    return family
