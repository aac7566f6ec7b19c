"""The schema of the REST API."""

import json

import pytest
from django.core.management import call_command


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
