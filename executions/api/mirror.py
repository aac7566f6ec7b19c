"""How true the mirror is, over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from core import work
from executions import selectors
from executions.models import Execution

if TYPE_CHECKING:
    from rest_framework.request import Request

_SWEEPS_SHOWN = 100


class SweepOutput(serializers.Serializer[Any]):
    """What one sweep found that events had missed."""

    swept_at = serializers.DateTimeField()
    listed = serializers.IntegerField(help_text="Executions that AWS listed.")
    missing = serializers.IntegerField(help_text="Those that the mirror had not heard of.")
    different = serializers.IntegerField(help_text="Those that stood otherwise at AWS.")
    silent = serializers.IntegerField(help_text="Open ones that AWS no longer listed as open.")
    problems = serializers.DictField(help_text="Machines that could not be swept, and why.")


class MirrorOutput(serializers.Serializer[Any]):
    """How far the mirror is."""

    caught_up_at = serializers.DateTimeField(
        allow_null=True, help_text="What AWS told before this moment is in the mirror."
    )
    lag_s = serializers.FloatField(allow_null=True)
    swept_at = serializers.DateTimeField(allow_null=True)
    waiting = serializers.IntegerField(help_text="Executions that AWS is still to be asked about.")
    unread_histories = serializers.IntegerField(
        help_text="Of successes, to be kept at a stated pace; counted up to 10,000."
    )
    sweeps = SweepOutput(many=True, help_text=f"The latest {_SWEEPS_SHOWN}, latest first.")


class MirrorApi(APIView):
    """How fresh everything here is, and what sweeps found that events had missed."""

    @extend_schema(operation_id="mirror_get", responses=MirrorOutput)
    def get(self, request: Request) -> Response:  # noqa: ARG002 -- DRF's signature
        now = timezone.now()
        state = selectors.mirror_state()
        told = {
            "caught_up_at": state.caught_up_at,
            "lag_s": selectors.mirror_lag_s(now=now),
            "swept_at": state.swept_at,
            "waiting": work.backlog(Execution, now=now).waiting,
            "unread_histories": selectors.unread_success_count(),
            "sweeps": selectors.sweep_reports(limit=_SWEEPS_SHOWN),
        }
        return Response(MirrorOutput(told).data)
