"""What GitHub says of its limits."""

from datetime import UTC, datetime

import pytest

from ghkit import errors
from ghkit.github.limits import get_hourly_limit
from tests.factories.scripted_github import TOKEN


def asked(app, script, answer):
    script.answers += [TOKEN, answer]
    return get_hourly_limit(app, organization="acme", installation_id=4242)


def test_what_is_left_of_the_hour_is_told_with_its_end(app, script):
    core = {"limit": 5_000, "used": 1, "remaining": 4_999, "reset": 1_700_000_000}

    limit = asked(app, script, (200, {}, {"resources": {"core": core, "search": {}}}))

    assert limit == {
        "limit": 5_000,
        "remaining": 4_999,
        "resets_at": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
    }
    assert script.requests[1][:2] == ("GET", "/api/v3/rate_limit")


def test_a_server_without_limits_has_none(app, script):
    assert asked(app, script, (404, {}, {"message": "Rate limiting is not enabled."})) is None


def test_another_refusal_is_not_taken_for_no_limit(app, script):
    with pytest.raises(errors.GitHubRejected) as refusal:
        asked(app, script, (403, {}, {"message": "Resource not accessible by integration"}))

    assert refusal.value.status == 403


@pytest.mark.parametrize(
    "answer", [[], {}, {"resources": {}}, {"resources": {"core": {"limit": 5_000}}}]
)
def test_an_answer_without_the_limit_is_not_taken_for_no_limit(app, script, answer):
    with pytest.raises(errors.GitHubUnavailable):
        asked(app, script, (200, {}, answer))
