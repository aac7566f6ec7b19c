"""ReadRunEvent."""

import json
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest

from functions.read_run_event import handler
from ghkit import projections
from ghkit.errors import InvalidPayload

EXAMPLE = Path(__file__).parent.parent / "fixtures" / "github" / "workflow_run__completed.json"
GUID = UUID("72d3162e-cc78-11e3-81ab-4c9367dc0958")


def test_an_input_is_passed_on_as_it_was_projected(lambda_context):
    event = projections.workflow_run_completed(json.loads(EXAMPLE.read_text()), delivery=GUID)

    assert handler.handle(event, lambda_context) == event


@pytest.mark.parametrize("event", [{}, {"event": "push"}, {"delivery": 1, "event": None}])
def test_an_input_of_another_kind_fails_by_name(lambda_context, event):
    with pytest.raises(InvalidPayload):
        handler.handle(event, lambda_context)


def test_a_log_line_carries_the_delivery_and_no_payload(lambda_context, monkeypatch):
    log = StringIO()
    monkeypatch.setattr(handler.logger.handlers[0], "stream", log)
    event = projections.workflow_run_completed(json.loads(EXAMPLE.read_text()), delivery=GUID)

    handler.handle(event, lambda_context)

    (line,) = log.getvalue().splitlines()
    logged = json.loads(line)
    assert (logged["message"], logged["correlation_id"], logged["run_id"]) == (
        "workflow_cost.event_read",
        str(GUID),
        289782451,
    )
    assert "octo-repo" not in line
