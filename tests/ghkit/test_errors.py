import copy
import pickle
from datetime import UTC, date, datetime

import pytest

from ghkit import errors

RETRY_AT = datetime(2026, 11, 2, 10, 34, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            errors.RateLimited(RETRY_AT),
            "GitHub's rate limit is used up until 2026-11-02T10:34:58+00:00",
        ),
        (
            errors.InvalidPayload("workflow_run.id", "expected int, got str"),
            "workflow_run.id: expected int, got str",
        ),
        (
            errors.GitHubRejected(403, "Resource not accessible by integration"),
            "GitHub answered 403: Resource not accessible by integration",
        ),
        (
            errors.UnknownSku("actions_windows_arm", date(2025, 12, 31)),
            "no price is known for actions_windows_arm on 2025-12-31",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_tells_a_person_what_happened(error, message):
    assert str(error) == message


@pytest.mark.parametrize(
    ("error", "details"),
    [
        (errors.RateLimited(RETRY_AT), {"retry_at": RETRY_AT}),
        (errors.GitHubRejected(422, "no"), {"status": 422, "message": "no"}),
        (
            errors.InvalidPayload("run.id", "missing"),
            {"field": "run.id", "problem": "missing"},
        ),
        (
            errors.UnknownSku("box", date(2026, 1, 1)),
            {"sku": "box", "day": date(2026, 1, 1)},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_keeps_its_details_when_copied_and_pickled(error, details):
    copied = [copy.copy(error), pickle.loads(pickle.dumps(error))]  # noqa: S301 -- our own bytes

    assert [vars(each) for each in copied] == [details, details]


def test_every_error_is_caught_as_one_of_ghkit():
    defined = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and value.__module__ == errors.__name__
    ]

    assert len(defined) > 10
    assert [error for error in defined if not issubclass(error, errors.GhkitError)] == []
