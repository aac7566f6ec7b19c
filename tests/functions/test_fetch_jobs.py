"""FetchJobs, between a secret store and a GitHub that answer over HTTP as they are told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools.utilities import parameters
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from functions import github_app
from functions.fetch_jobs import handler
from ghkit import errors
from tests.factories.http_servers import Answer, Request, serving


@dataclass
class World:
    """Secrets Manager and GitHub behind one port.

    Attributes:
        secrets: Values of the secret, one after the other; the last one stays.
        tokens: Statuses of GitHub's answers to token requests, before they are all 201.
        jobs: The answer to each request for jobs.
    """

    secrets: list[str | None] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    jobs: tuple[int, dict[str, str], Any] = (200, {}, {"total_count": 0, "jobs": []})
    secrets_read: int = 0
    tokens_asked: int = 0

    def answer(self, path: str, target: str) -> tuple[int, dict[str, str], Any]:
        if target == "secretsmanager.GetSecretValue":
            self.secrets_read += 1
            value = self.secrets.pop(0) if len(self.secrets) > 1 else self.secrets[0]
            if value is None:
                return 400, {}, {"__type": "ResourceNotFoundException", "message": "no value"}
            return 200, {}, {"SecretString": value, "Name": "app"}
        if path.endswith("/access_tokens"):
            self.tokens_asked += 1
            status = self.tokens.pop(0) if self.tokens else 201
            expires_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
            return status, {}, {"token": "ghs_x", "expires_at": expires_at}
        return self.jobs


@pytest.fixture
def world(monkeypatch) -> Iterator[World]:
    world = World()

    def answer(request: Request) -> Answer:
        target = request.headers.get("X-Amz-Target", "")
        return world.answer(request.path.partition("?")[0], target)

    with serving(answer) as url:
        for name, value in {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "GITHUB_API_URL": url,
            "GITHUB_APP_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:app",
        }.items():
            monkeypatch.setenv(name, value)
        forget()
        yield world
        forget()


def forget():
    """Be a new Lambda process."""
    github_app.app.cache_clear()
    parameters.clear_caches()
    parameters.base.DEFAULT_PROVIDERS.clear()


@pytest.fixture(scope="module")
def secret() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return json.dumps({"app_id": "4241", "private_key": pem.decode()})


def event(waits=0):
    return {
        "event": {
            "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "installation_id": 4242,
            "repository": {"owner": "acme", "name": "web"},
            "run": {"id": 77, "run_attempt": 1},
        },
        "waits": waits,
    }


def job(number, **fields):
    return {
        "id": number,
        "name": f"job {number}",
        "status": "completed",
        "conclusion": "success",
        "started_at": "2026-11-02T10:34:58Z",
        "completed_at": "2026-11-02T10:38:16Z",
        "labels": ["ubuntu-latest"],
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
        **fields,
    }


def test_jobs_are_handed_on(world, secret, lambda_context):
    world.secrets = [secret]
    world.jobs = (200, {}, {"total_count": 1, "jobs": [job(1)]})

    found = handler.handle(event(), lambda_context)

    expected = job(1)
    del expected["status"]
    assert found == {"jobs": [expected], "retry_at": None}


def test_key_and_token_are_read_once_a_process(world, secret, lambda_context):
    world.secrets = [secret]

    for _ in range(3):
        handler.handle(event(), lambda_context)

    assert (world.secrets_read, world.tokens_asked) == (1, 1)


def test_a_rotated_key_is_fetched_again_at_once(world, secret, lambda_context):
    new_key = json.dumps(json.loads(secret) | {"app_id": "4242"})
    world.secrets = [secret, new_key]
    world.tokens = [401]

    assert handler.handle(event(), lambda_context) == {"jobs": [], "retry_at": None}
    assert world.secrets_read == 2


def test_a_key_that_stays_refused_fails_by_name(world, secret, lambda_context):
    world.secrets = [secret]
    world.tokens = [401, 401, 401]

    with pytest.raises(errors.GitHubRejected) as refusal:
        handler.handle(event(), lambda_context)

    assert refusal.value.status == 401
    assert world.secrets_read == 2


@pytest.mark.parametrize(
    "value",
    [None, "", "a key", "[]", "{}", '{"app_id": "1"}', '{"app_id": "1", "private_key": ""}'],
)
def test_a_secret_without_a_key_is_told_as_such(world, lambda_context, value):
    world.secrets = [value]

    with pytest.raises(errors.AppKeyUnusable):
        handler.handle(event(), lambda_context)


def test_a_limit_is_handed_on_as_a_time_a_little_later(world, secret, lambda_context):
    world.secrets = [secret]
    world.jobs = (403, {"Retry-After": "90"}, {"message": "slow down"})
    now = datetime.now(UTC)

    found = handler.handle(event(), lambda_context)

    assert found["jobs"] == []
    assert found["retry_at"].endswith("Z")
    wait_s = (datetime.fromisoformat(found["retry_at"]) - now).total_seconds()
    assert 90 <= wait_s <= 90 + 5 + github_app.SPREAD_S


def test_a_limit_after_the_last_wait_fails_by_name(world, secret, lambda_context):
    world.secrets = [secret]
    world.jobs = (403, {"Retry-After": "90"}, {"message": "slow down"})

    with pytest.raises(errors.RateLimited):
        handler.handle(event(waits=github_app.WAITS_MAX), lambda_context)


def test_256_jobs_with_long_names_fit_into_the_next_state(world, secret, lambda_context):
    world.secrets = [secret]
    page = [job(number, name="😀" * 3_000, runner_name="x" * 300) for number in range(256)]
    world.jobs = (200, {}, {"total_count": 256, "jobs": page})

    found = handler.handle(event(), lambda_context)

    assert len(json.dumps(found)) < 256 * 1024 - 64 * 1024
    assert len(found["jobs"]) == 256


def test_a_log_line_carries_the_delivery_and_no_secret(world, secret, lambda_context, monkeypatch):
    world.secrets = [secret]
    log = StringIO()
    monkeypatch.setattr(handler.logger.handlers[0], "stream", log)

    handler.handle(event(), lambda_context)

    output = log.getvalue()
    assert "72d3162e-cc78-11e3-81ab-4c9367dc0958" in output
    assert "ghs_x" not in output
    assert "PRIVATE KEY" not in output
