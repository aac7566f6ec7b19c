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
from core.api import PAGE_PARAMETERS, paged
from onboarding.enums import BatchSource, BatchState, RowState
from onboarding.selectors import batches as selectors
from onboarding.services import batches

if TYPE_CHECKING:
    from collections.abc import Callable
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
        max_length=100, required=False, default="", help_text="Left out: GITHUB_ORG."
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


class SummaryOutput(serializers.Serializer[Any]):
    """An onboarding without its people.

    `state`: `checking` (everybody is being looked up), `ready` (checked; waits for `start/`),
    `running`, `paused`, `done` (nobody is left, whether or not it went well), `cancelled`.
    """

    id = serializers.UUIDField()
    organization = serializers.CharField()
    title = serializers.CharField(allow_blank=True, help_text="The name of an uploaded file.")
    # A field named source, which the metaclass takes for one; the checker sees the base's attribute.
    source = serializers.ChoiceField(choices=BatchSource.choices)  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=BatchState.choices)
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField(allow_blank=True)
    total = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    running = serializers.IntegerField()


class OnboardingPage(serializers.Serializer[Any]):
    """A page of onboardings."""

    results = SummaryOutput(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


@needs(Role.OPERATOR, to="onboard people")
class OnboardingListApi(APIView):
    """Onboarding by hand, one person or thousands."""

    ordering = "-pk"

    class FilterSerializer(serializers.Serializer[Any]):
        state = serializers.ChoiceField(choices=BatchState.choices, required=False)

    @extend_schema(
        operation_id="onboardings_list",
        parameters=[FilterSerializer, *PAGE_PARAMETERS],
        responses=OnboardingPage,
    )
    def get(self, request: Request) -> Response:
        """List onboardings, the latest first."""
        asked = self.FilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)

        def told(page: list[Batch]) -> list[dict[str, Any]]:
            counts = selectors.counts_of(page)
            return [_summary(one, counts[one.pk]) for one in page]

        return paged(self, selectors.batches(**asked.validated_data), told)

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


class _SteerApi(APIView):
    """A turn of the wheel: the batch as it stands afterwards, or 409 with the reason."""

    turn: Callable[..., object]

    def _steer(self, public_id: UUID) -> Response:
        batch = selectors.get_batch(public_id)
        type(self).turn(batch=batch, now=timezone.now())
        batch.refresh_from_db()
        answer = _summary(batch, selectors.counts(batch))
        return Response(answer, status=status.HTTP_202_ACCEPTED)


@needs(Role.OPERATOR, to="steer an onboarding")
class OnboardingStartApi(_SteerApi):
    """The start of an onboarding that was checked on a page."""

    turn = batches.start

    @extend_schema(operation_id="onboardings_start", request=None, responses={202: SummaryOutput})
    def post(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        """Run what has been checked; 409 where it does not wait for that."""
        return self._steer(public_id)


@needs(Role.OPERATOR, to="steer an onboarding")
class OnboardingPauseApi(_SteerApi):
    """A pause."""

    turn = batches.pause

    @extend_schema(operation_id="onboardings_pause", request=None, responses={202: SummaryOutput})
    def post(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        """Release nobody more for now; who is with AWS goes on. 409 where it does not run."""
        return self._steer(public_id)


@needs(Role.OPERATOR, to="steer an onboarding")
class OnboardingResumeApi(_SteerApi):
    """The end of a pause."""

    turn = batches.resume

    @extend_schema(operation_id="onboardings_resume", request=None, responses={202: SummaryOutput})
    def post(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        """Release on; 409 where it is not paused."""
        return self._steer(public_id)


@needs(Role.OPERATOR, to="steer an onboarding")
class OnboardingCancelApi(_SteerApi):
    """The end of an onboarding before its time."""

    turn = batches.cancel

    @extend_schema(operation_id="onboardings_cancel", request=None, responses={202: SummaryOutput})
    def post(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 -- DRF's signature
        """Release nobody more, for good; who is with AWS goes on. 409 where it is over."""
        return self._steer(public_id)


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


def _summary(batch: Batch, counts: selectors.Counts) -> dict[str, Any]:
    return dict(
        SummaryOutput(
            {
                "id": batch.public_id,
                "organization": batch.organization,
                "title": batch.title,
                "source": batch.source,
                "state": batch.state,
                "requested_at": batch.requested_at,
                "requested_by": batch.requested_by_name,
                "total": counts.total,
                "succeeded": counts.succeeded,
                "failed": counts.failed,
                "running": counts.running,
            }
        ).data
    )


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
