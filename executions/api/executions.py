"""Executions over REST."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import APIView

from access.enums import Role
from access.roles import needs
from core.api import PAGE_PARAMETERS, paged
from core.errors import NotFound
from executions import selectors, services
from executions.advice import REDRIVABLE_FOR
from executions.api.bodies import OptionalJsonParser, StrictSerializer
from executions.enums import ExecutionStatus, RetryAction, Took

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.models import User
    from rest_framework.request import Request

    from executions.models import Execution


_BARE_OFFSET = re.compile(r"(T[0-9:.]+) ([0-9:]+)\Z")


class RetryOutput(serializers.Serializer[Any]):
    """What a retry would do, said before the click."""

    action = serializers.ChoiceField(choices=RetryAction.choices)
    reason = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)


class ExecutionOutput(serializers.Serializer[Any]):
    """One execution. `status` is AWS's own word."""

    id = serializers.UUIDField()
    arn = serializers.CharField()
    name = serializers.CharField()
    state_machine = serializers.CharField(help_text="Without the stack's prefix.")
    status = serializers.ChoiceField(choices=ExecutionStatus.choices)
    started_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    cause = serializers.CharField(allow_null=True)
    redrive_count = serializers.IntegerField()
    retry = RetryOutput()
    delivery = serializers.UUIDField(allow_null=True, help_text="GUID of the delivery.")
    subject = serializers.CharField(
        allow_blank=True, help_text="owner/name of the repository, or the person's login."
    )
    parent_arn = serializers.CharField(allow_null=True)


class CursorPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ExecutionPage(CursorPage):
    results = ExecutionOutput(many=True)


class MomentField(serializers.DateTimeField):
    """A moment in an address, where the + of an offset that nobody escaped arrives as a space."""

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str):
            value = _BARE_OFFSET.sub(r"\1+\2", value)
        return super().to_internal_value(value)


class FilterInput(serializers.Serializer[Any]):
    """Which executions; left out means any."""

    status = serializers.ChoiceField(choices=ExecutionStatus.choices, required=False)
    state_machine = serializers.CharField(required=False, max_length=80)
    delivery = serializers.UUIDField(required=False)
    subject = serializers.CharField(required=False, max_length=255)
    started_after = MomentField(required=False, help_text="This moment and later.")
    started_before = MomentField(required=False, help_text="Before this moment.")
    error = serializers.CharField(required=False, max_length=256)
    took = serializers.ChoiceField(choices=Took.choices, required=False)
    attention = serializers.ChoiceField(choices=selectors.ATTENTION_CHOICES, required=False)
    family = serializers.UUIDField(required=False, help_text="A kind of failure.")
    parent = serializers.CharField(  # type: ignore[assignment]  # DRF takes fields off the class
        required=False, max_length=512, help_text="ARN of the execution that started them."
    )

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping | QueryDict) and data.get(
            "status"
        ):  # AWS's words, in whatever case
            plain = data.dict() if isinstance(data, QueryDict) else dict(data)
            data = plain | {"status": str(data["status"]).upper()}
        return super().to_internal_value(data)


class ExecutionListApi(APIView):
    """Executions, the latest started first."""

    ordering = ("-started_at", "-pk")

    @extend_schema(
        operation_id="executions_list",
        parameters=[FilterInput, *PAGE_PARAMETERS],
        responses=ExecutionPage,
    )
    def get(self, request: Request) -> Response:
        asked = FilterInput(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = selectors.executions(selectors.Filter(**asked.validated_data))
        now = timezone.now()
        return paged(self, found, lambda rows: [_execution(row, now=now) for row in rows])


class DeadlineListApi(APIView):
    """Failures that AWS soon resumes no more, the most urgent first; `retry.until` says when."""

    ordering = ("stopped_at", "pk")

    class FilterSerializer(serializers.Serializer[Any]):
        within_days = serializers.IntegerField(
            default=selectors.SOON.days, min_value=1, max_value=REDRIVABLE_FOR.days
        )

    @extend_schema(
        operation_id="executions_deadlines",
        parameters=[FilterSerializer, *PAGE_PARAMETERS],
        responses=ExecutionPage,
    )
    def get(self, request: Request) -> Response:
        asked = self.FilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        within = timedelta(days=asked.validated_data["within_days"])
        found = selectors.ready_to_show(selectors.recoverable(now=now, within=within))
        return paged(self, found, lambda rows: [_execution(row, now=now) for row in rows])


class ExecutionDetailApi(APIView):
    """One execution."""

    @extend_schema(operation_id="executions_get", responses=ExecutionOutput)
    def get(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        return Response(_execution(get_execution(public_id), now=timezone.now()))


@needs(Role.OPERATOR, to="retry an execution")
class ExecutionRetryApi(APIView):
    """Do what the adviser says in `retry`."""

    parser_classes = (JSONParser, OptionalJsonParser)

    @extend_schema_serializer(component_name="RetryInput")
    class InputSerializer(StrictSerializer):
        input = serializers.JSONField(
            required=False,
            help_text="A corrected input: starts anew with it. Left out, the adviser decides.",
        )

    @extend_schema(
        operation_id="executions_retry",
        request={"application/json": InputSerializer},
        responses={202: ExecutionOutput},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Ask for a retry; 409 says why there is nothing to retry."""
        now = timezone.now()
        asked = self.InputSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        execution = get_execution(public_id)
        input_json = None
        if "input" in asked.validated_data:
            text = json.dumps(asked.validated_data["input"])
            input_json = services.parse_input(execution.state_machine, text)
        services.request_retry(
            execution=execution, user=user_of(request), now=now, input_json=input_json
        )
        return Response(
            _execution(get_execution(public_id), now=now), status=status.HTTP_202_ACCEPTED
        )


@needs(Role.OPERATOR, to="stop an execution")
class ExecutionStopApi(APIView):
    """Stop what runs."""

    parser_classes = (JSONParser, OptionalJsonParser)

    @extend_schema_serializer(component_name="StopInput")
    class InputSerializer(StrictSerializer):
        note = serializers.CharField(
            required=False,
            allow_blank=True,
            default="",
            max_length=1_000,
            help_text="Why; AWS keeps it as the cause.",
        )

    @extend_schema(
        operation_id="executions_stop",
        request={"application/json": InputSerializer},
        responses={202: ExecutionOutput},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Have it stopped; 409 says why there is nothing to stop."""
        now = timezone.now()
        asked = self.InputSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.request_stop(
            execution=get_execution(public_id),
            user=user_of(request),
            now=now,
            **asked.validated_data,
        )
        return Response(
            _execution(get_execution(public_id), now=now), status=status.HTTP_202_ACCEPTED
        )


def user_of(request: Request) -> User | None:
    return request.user if request.user.is_authenticated else None


def get_execution(public_id: UUID) -> Execution:
    execution = selectors.execution_by_id(public_id)
    if execution is None:
        message = "The mirror knows no such execution."
        raise NotFound(message)
    return execution


def _execution(row: Execution, *, now: datetime) -> dict[str, Any]:
    # By hand: a serializer takes three times as long for a page of them.
    advice = selectors.advice_of(row, now=now)
    return {
        "id": str(row.public_id),
        "arn": row.arn,
        "name": row.name,
        "state_machine": row.state_machine,
        "status": row.status,
        "started_at": row.started_at,
        "stopped_at": row.stopped_at,
        "error": row.error or None,
        "cause": row.cause or None,
        "redrive_count": row.redrive_count,
        "retry": {"action": advice.action, "reason": advice.reason, "until": advice.until},
        "delivery": None if row.delivery is None else str(row.delivery),
        "subject": row.subject,
        "parent_arn": row.parent_arn or None,
    }
