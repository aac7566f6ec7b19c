"""Steps and raw events of an execution over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from executions import selectors, services
from executions.api.executions import CursorPage, get_execution
from executions.enums import StepStatus

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from executions.models import Step

_MAX_PAGE_SIZE = 1_000


class TryOutput(serializers.Serializer[Any]):
    """One try of a step."""

    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(choices=StepStatus.choices)
    error = serializers.CharField(allow_null=True)


class StepOutput(serializers.Serializer[Any]):
    """One visit of a state, as `manage.py show_history` writes it, and where it stands."""

    number = serializers.IntegerField(help_text="Order of entry, from 0.")
    state = serializers.CharField()
    type = serializers.CharField()
    path = serializers.CharField()
    iteration = serializers.IntegerField(allow_null=True)
    attempt = serializers.IntegerField()
    status = serializers.ChoiceField(choices=StepStatus.choices)
    entered_at = serializers.DateTimeField()
    exited_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    cause = serializers.CharField(allow_null=True)
    child_execution_arn = serializers.CharField(allow_null=True)
    entered_event_id = serializers.IntegerField(help_text="The event with its input.")
    exited_event_id = serializers.IntegerField(
        allow_null=True, help_text="The event with its output."
    )
    resource = serializers.CharField(
        allow_null=True, help_text="What it called, for example dynamodb:putItem."
    )
    tries = TryOutput(many=True, help_text="Each try, where there were several.")


class StepPage(CursorPage):
    results = StepOutput(many=True)


class EventPage(CursorPage):
    results = serializers.ListField(
        child=serializers.DictField(), help_text="Raw events, as GetExecutionHistory has them."
    )


class PlaceInput(serializers.Serializer[Any]):
    """A place in a history."""

    after = serializers.IntegerField(required=False, min_value=-1, max_value=10**9)
    page_size = serializers.IntegerField(
        required=False, default=100, min_value=1, max_value=_MAX_PAGE_SIZE
    )


class EventInput(PlaceInput):
    """Which raw events; left out means any. While some are left out, there is no `previous`."""

    type = serializers.CharField(
        required=False, default="", max_length=80, help_text="Part of the type, in any case."
    )
    state = serializers.CharField(
        required=False, default="", max_length=80, help_text="A state's name: its steps' events."
    )
    step = serializers.IntegerField(required=False, default=None, min_value=0, max_value=10**9)
    text = serializers.CharField(
        required=False, default="", max_length=200, help_text="What stands in the event somewhere."
    )


class StepInput(PlaceInput):
    """Which steps; left out means any."""

    state = serializers.CharField(required=False, max_length=80)
    status = serializers.ChoiceField(choices=StepStatus.choices, required=False)
    iteration = serializers.IntegerField(required=False, min_value=0, max_value=10**9)
    within = serializers.CharField(
        required=False, help_text="A path: the steps inside it, for example OnboardEach/7."
    )


class ExecutionHistoryApi(APIView):
    """An execution's raw events, oldest first; read from AWS if nobody has looked at them yet."""

    @extend_schema(operation_id="executions_history", parameters=[EventInput], responses=EventPage)
    def get(self, request: Request, public_id: UUID) -> Response:
        asked = _asked(EventInput, request)
        after, size = asked.get("after", 0), asked["page_size"]
        wanted = selectors.EventFilter(
            **{name: asked[name] for name in ("type", "state", "step", "text")}
        )
        execution = services.read_through(get_execution(public_id), now=timezone.now())
        found = selectors.find_events(execution, wanted, after=after, limit=size + 1)
        previous = max(after - size, 0) if after > 0 and not wanted else None
        return _page(
            request,
            [one.event for one in found[:size]],
            following=found[size - 1].id if len(found) > size else None,
            previous=previous,
        )


class ExecutionStepsApi(APIView):
    """An execution's steps in order of entry; read from AWS if nobody has looked at them yet."""

    @extend_schema(operation_id="executions_steps", parameters=[StepInput], responses=StepPage)
    def get(self, request: Request, public_id: UUID) -> Response:
        asked = _asked(StepInput, request)
        after, size = asked.get("after", -1), asked["page_size"]
        execution = services.read_through(get_execution(public_id), now=timezone.now())
        chosen = {name: asked[name] for name in ("state", "status", "iteration") if name in asked}
        steps = selectors.steps(execution).filter(**chosen)
        if "within" in asked:
            steps = steps.filter(path__startswith=f"{asked['within'].rstrip('/')}/")
        found = list(steps.filter(number__gt=after)[: size + 1])
        previous = None
        if after >= 0:
            before = steps.filter(number__lte=after).order_by("-number")
            numbers = list(before.values_list("number", flat=True)[size : size + 1])
            previous = numbers[0] if numbers else -1
        return _page(
            request,
            [_step(step) for step in found[:size]],
            following=found[size - 1].number if len(found) > size else None,
            previous=previous,
        )


def _asked(serializer: type[PlaceInput], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _step(step: Step) -> dict[str, Any]:
    # By hand: a serializer takes three times as long for a page of them.
    return {
        "number": step.number,
        "state": step.state,
        "type": step.type,
        "path": step.path,
        "iteration": step.iteration,
        "attempt": step.attempt,
        "status": step.status,
        "entered_at": step.entered_at,
        "exited_at": step.exited_at,
        "error": step.error,
        "cause": step.cause,
        "child_execution_arn": step.child_execution_arn or None,
        "entered_event_id": step.entered_event_id,
        "exited_event_id": step.exited_event_id,
        "resource": step.resource or None,
        "tries": [
            {
                "started_at": one.started_at,
                "ended_at": one.ended_at,
                "status": one.status,
                "error": one.error,
            }
            for one in step.trials
        ],
    }


def _page(
    request: Request, results: list[Any], *, following: int | None, previous: int | None
) -> Response:
    """Answer a page; `following` and `previous` are what the pages beside it come after."""

    def link(place: int | None) -> str | None:
        if place is None:
            return None
        query = request.query_params.copy()
        query["after"] = str(place)
        return str(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))

    return Response({"results": results, "next": link(following), "previous": link(previous)})
