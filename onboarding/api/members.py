"""Members over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import PAGE_PARAMETERS, paged
from core.errors import NotFound
from onboarding.enums import MemberState, MemberStatus
from onboarding.selectors import members as selectors

if TYPE_CHECKING:
    from datetime import datetime

    from rest_framework.request import Request

    from onboarding.models import Member


class TeamOutput(serializers.Serializer[Any]):
    """A team that the member is in, or will be in once the invitation is accepted."""

    slug = serializers.CharField()
    state = serializers.ChoiceField(choices=["active", "pending"])


class MemberOutput(serializers.Serializer[Any]):
    """One person of an organisation, or an invitation by e-mail."""

    github_id = serializers.IntegerField(
        allow_null=True, help_text="GitHub's numeric id; null of an invitation by e-mail."
    )
    login = serializers.CharField(allow_blank=True)
    organization = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    employee_id = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)
    department = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    manager = serializers.CharField(allow_blank=True)
    teams = TeamOutput(many=True)
    status = serializers.ChoiceField(choices=MemberStatus.choices)
    state = serializers.ChoiceField(
        choices=MemberState.choices,
        help_text="The status, and what has become of an invitation by now: it may have expired.",
    )
    invitation_expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Of an invitation that has not been accepted."
    )
    updated_at = serializers.DateTimeField()


class MemberPage(serializers.Serializer[Any]):
    """A page of members."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MemberOutput(many=True)


class MemberListApi(APIView):
    """Members, by login."""

    ordering = ("sort_key", "pk")

    class InputSerializer(serializers.Serializer[Any]):
        login = serializers.CharField(
            required=False, max_length=255, help_text="The whole login, in whatever case."
        )

    @extend_schema(
        operation_id="members_list",
        parameters=[InputSerializer, *PAGE_PARAMETERS],
        responses=MemberPage,
    )
    def get(self, request: Request) -> Response:
        asked = self.InputSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = selectors.members_named(asked.validated_data.get("login", ""))
        now = timezone.now()
        return paged(self, found, lambda rows: [_member(row, now=now) for row in rows])


class MemberDetailApi(APIView):
    """One person of an organisation, by GitHub's id."""

    @extend_schema(operation_id="members_get", responses=MemberOutput)
    def get(self, request: Request, organization: str, github_id: int) -> Response:  # noqa: ARG002 -- DRF's signature
        found = selectors.find_person(organization, github_id)
        if found is None:
            message = f"{organization} has had no member with the id {github_id}."
            raise NotFound(message)
        return Response(_member(found, now=timezone.now()))


def _member(row: Member, *, now: datetime) -> dict[str, Any]:
    # By hand: a serializer takes three times as long for a page of them.
    return {
        "github_id": row.github_id,
        "login": row.login,
        "organization": row.organization,
        "email": row.email,
        "employee_id": row.employee_id,
        "name": row.name,
        "department": row.department,
        "title": row.title,
        "manager": row.manager,
        "teams": [
            {"slug": team.slug, "state": team.state}
            for team in row.teams_now
            if team.state in selectors.IN_TEAM
        ],
        "status": row.status,
        "state": row.state_at(now).value,
        "invitation_expires_at": row.invitation_expires_at if row.is_waiting else None,
        "updated_at": row.updated_at,
    }
