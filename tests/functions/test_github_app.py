"""When executions come back that GitHub's limits have turned away."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from functions import github_app
from ghkit.errors import RateLimited
from ghkit.timestamps import parse_timestamp

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked_to_wait_s", "spread_s"), [(0, 1), (4, 4), (60, 30), (3_600, 30), (-5, 1)]
)
def test_whoever_waits_shortly_is_not_made_to_wait_long(monkeypatch, asked_to_wait_s, spread_s):
    monkeypatch.setattr(github_app.secrets, "randbelow", lambda below: below - 1)
    limit = RateLimited(NOW + timedelta(seconds=asked_to_wait_s))

    with time_machine.travel(NOW, tick=False):
        told = github_app.retry_at(limit, waits=0)

    latest = parse_timestamp(told, field="retry_at") - limit.retry_at
    assert latest == timedelta(seconds=spread_s)
