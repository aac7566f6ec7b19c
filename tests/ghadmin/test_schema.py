"""The schema of the REST API."""

import json

import pytest
from django.core.management import call_command
from django.test import Client

from tests.factories.accounts import account


def filled(path):
    """A path with something in its holes, which names nothing that is there."""
    return path.format(
        public_id="00000000-0000-4000-8000-000000000000",
        guid="00000000-0000-4000-8000-000000000000",
        organization="octo-org",
        github_id=7,
    )


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "schema.json"
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", file=str(path)
    )
    return json.loads(path.read_text("utf-8"))


def test_every_order_is_described_by_its_own_fields(schema):
    """Of two that were called alike, one was described by the other's."""
    orders = {
        "executions/{public_id}/retry/": {"input"},
        "executions/{public_id}/stop/": {"note"},
        "failures/{public_id}/acknowledge/": {"note"},
        "starts/": {"state_machine", "input"},
        "retries/": {"filter", "preview"},
    }

    for path, fields in orders.items():
        body = schema["paths"][f"/api/v1/{path}"]["post"]["requestBody"]["content"]
        name = body["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert set(schema["components"]["schemas"][name]["properties"]) == fields
        assert list(body) == ["application/json"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "viewer", "admin"])
def test_every_error_that_an_operation_answers_is_in_the_schema(schema, role):
    client = Client()
    if role:
        client.force_login(account("vera", role))
    seen, unknown = set(), []
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            for body, query in (
                ("{}", ""),
                ("[", "?cursor=nonsense"),
                ("", "?status=%00&month=x"),
            ):
                answer = client.generic(method, filled(path) + query, body, "application/json")
                if answer.status_code < 400:
                    continue
                seen.add(answer.status_code)
                assert set(answer.json()) == {"code", "message", "fields"}
                if str(answer.status_code) not in operation["responses"]:
                    unknown.append((method, path, answer.status_code))

    assert unknown == []
    assert seen == {None: {401}, "viewer": {400, 403, 404}, "admin": {400, 404}}[role]
