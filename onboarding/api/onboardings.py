"""Onboardings by hand over REST: one person or thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from access.enums import Role
from access.roles import needs
from onboarding.enums import BatchSource, RowState
from onboarding.selectors import batches as selectors
from onboarding.services import batches

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.models import User
    from rest_framework.request import Request

    from onboarding.models import Batch


class PersonInput(serializers.Serializer[Any]):
    """One person to onboard."""

    login = serializers.CharField(
        max_length=255, help_text="GitHub's login; case does not matter."
    )


class OnboardingInput(serializers.Serializer[Any]):
    """Whom to onboard, and where."""

    organization = serializers.CharField(
        max_length=100, required=False, default="", allow_blank=True, help_text="Else GITHUB_ORG."
    )
    people = PersonInput(many=True, allow_empty=False)

    def to_internal_value(self, data: Any) -> Any:
        """Name the row of every error: "Row 3, login: …" says more than a list of empty objects."""
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as exc:
            detail = exc.detail
            if isinstance(detail, dict) and isinstance(found := detail.get("people"), dict):
                raise serializers.ValidationError(
                    {**detail, "people": _named_rows(found)}
                ) from exc
            raise


class AcceptedOutput(serializers.Serializer[Any]):
    """The onboarding is stored and will run, whatever happens to this client."""

    id = serializers.UUIDField()
    total = serializers.IntegerField()


class RowOutput(serializers.Serializer[Any]):
    """One person.

    `status`: `checking` (GitHub is being asked who that is), `waiting` (for a part, or for a quota
    of GitHub's), `running` (with AWS), `succeeded`, `failed` (`error` says why), `skipped` (had
    everything already), `cancelled` (before it ran).
    """

    login = serializers.CharField(help_text="As GitHub spells it, once it was asked.")
    status = serializers.ChoiceField(choices=RowState.choices)
    error = serializers.CharField(allow_null=True, help_text="Why it failed; else null.")
    execution_arn = serializers.CharField(
        allow_null=True, help_text="Of the person's onboard-member, once it has ended."
    )


class OnboardingOutput(serializers.Serializer[Any]):
    """How an onboarding stands: `succeeded` + `failed` + `running` = `total`.

    `succeeded` includes those who were skipped, `failed` those who were cancelled, `running`
    everybody else who is not done.
    """

    id = serializers.UUIDField()
    total = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    running = serializers.IntegerField()
    rows = RowOutput(many=True)


@needs(Role.OPERATOR, to="onboard people")
class OnboardingListApi(APIView):
    """Onboarding by hand, one person or thousands."""

    @extend_schema(
        operation_id="onboardings_create", request=OnboardingInput, responses={202: AcceptedOutput}
    )
    def post(self, request: Request) -> Response:
        """Store an onboarding; it runs without a further word, rows with problems end as failed."""
        given = OnboardingInput(data=request.data)
        given.is_valid(raise_exception=True)
        user: User | None = request.user if request.user.is_authenticated else None
        people = [
            batches.Named(number=number, login=person["login"])
            for number, person in enumerate(given.validated_data["people"], start=1)
        ]
        batch = batches.create_batch(
            organization=given.validated_data["organization"],
            people=people,
            source=BatchSource.API,
            user=user,
            is_confirmed=True,
            repeats=True,
            now=timezone.now(),
        )
        answer = {"id": str(batch.public_id), "total": len(people)}
        return Response(answer, status=status.HTTP_202_ACCEPTED)


class OnboardingDetailApi(APIView):
    """One onboarding."""

    @extend_schema(operation_id="onboardings_get", responses=OnboardingOutput)
    def get(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        """Tell how everybody stands."""
        return Response(_output(selectors.get_batch(public_id)))


@needs(Role.OPERATOR, to="steer an onboarding")
class OnboardingRetryApi(APIView):
    """Another try for those who failed."""

    @extend_schema(
        operation_id="onboardings_retry", request=None, responses={202: OnboardingOutput}
    )
    def post(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        """Try the failed again, and nobody else; 409 where that would help nobody."""
        batch = selectors.get_batch(public_id)
        batches.retry_failed(batch=batch, now=timezone.now())
        return Response(_output(batch), status=status.HTTP_202_ACCEPTED)


def _output(batch: Batch) -> dict[str, Any]:
    # The rows first and the sums from them: one moment, not two.
    rows = [
        {
            "login": row.login or row.login_given,
            "status": row.state,
            "error": row.error or None,
            "execution_arn": row.execution_arn or None,
        }
        for row in selectors.rows(batch)
    ]
    by_state: dict[str, int] = {}
    for row in rows:
        by_state[str(row["status"])] = by_state.get(str(row["status"]), 0) + 1
    counts = selectors.Counts(by_state)
    return {
        "id": str(batch.public_id),
        "total": counts.total,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "running": counts.running,
        "rows": rows,
    }


def _named_rows(errors: dict[Any, Any]) -> list[str]:
    """Name rows from 1: DRF gives errors by place, from 0, or of the list as a whole."""
    named = []
    for place, error in errors.items():
        if not isinstance(error, dict):
            named += [str(text) for text in error]
            continue
        for name, texts in error.items():
            of_what = "" if name == "non_field_errors" else f", {name}"
            named.append(f"Row {place + 1}{of_what}: {' '.join(map(str, texts))}")
    return named
