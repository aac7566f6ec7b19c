"""Deliveries over REST."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.enums import Role
from access.roles import needs
from webhooks import selectors, services
from webhooks.enums import DeliveryStatus
from webhooks.models import Delivery


class DeliveryOutput(serializers.Serializer[Delivery]):
    """One delivery; texts are empty where GitHub sent none."""

    guid = serializers.UUIDField(help_text="GitHub's X-GitHub-Delivery.")
    event = serializers.CharField()
    action = serializers.CharField(allow_blank=True)
    repository = serializers.CharField(allow_blank=True, help_text="owner/name")
    organization = serializers.CharField(allow_blank=True)
    received_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    reason = serializers.CharField(
        source="explanation",
        allow_blank=True,
        help_text="Why it was ignored or failed, or why it still waits.",
    )
    execution_arn = serializers.CharField(allow_blank=True)


class DeliveryListApi(generics.ListAPIView[Delivery]):
    """Deliveries, the latest first."""

    serializer_class = DeliveryOutput
    ordering = "-pk"

    class InputSerializer(serializers.Serializer[Any]):
        guid = serializers.UUIDField(required=False)
        event = serializers.CharField(required=False, max_length=64)
        action = serializers.CharField(required=False, max_length=100)
        repository = serializers.CharField(required=False, max_length=255)
        person = serializers.CharField(
            required=False, max_length=255, help_text="A login; the member, else the sender."
        )
        status = serializers.ChoiceField(choices=DeliveryStatus.choices, required=False)
        day = serializers.DateField(required=False, help_text="A UTC day, YYYY-MM-DD.")

    @extend_schema(operation_id="deliveries_list", parameters=[InputSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Delivery]:
        asked = self.InputSerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        fields = dict(asked.validated_data)
        guid = fields.pop("guid", None)
        found = selectors.deliveries(selectors.Wanted(**fields))
        return found if guid is None else found.filter(guid=guid)


class DeliveryDetailApi(APIView):
    """One delivery."""

    @extend_schema(operation_id="deliveries_get", responses=DeliveryOutput)
    def get(self, request: Request, guid: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        return Response(DeliveryOutput(selectors.get_delivery(guid)).data)


@needs(Role.OPERATOR, to="replay a delivery")
class DeliveryReplayApi(APIView):
    """Starting one delivery again."""

    @extend_schema(operation_id="deliveries_replay", request=None, responses={202: DeliveryOutput})
    def post(self, request: Request, guid: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        """Start a delivery again: 409 where it waits already or its body is gone."""
        delivery = services.replay_delivery(guid, now=timezone.now())
        return Response(DeliveryOutput(delivery).data, status=202)
