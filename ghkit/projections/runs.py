"""A completed workflow run: the input of `workflow-cost`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ghkit.errors import InvalidPayload
from ghkit.projections.fields import (
    expected,
    id_of,
    installation_id_of,
    login_of,
    object_of,
    optional_id,
    optional_object,
    shown,
    text_of,
    timestamp_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from ghkit.contracts import Repository, Run, Visibility, WorkflowRunCompleted

# GitHub's logins hold letters, digits, hyphens (and an underscore before an enterprise's suffix),
# its repositories dots as well. Both become parts of URLs.
_FULL_NAME: Final = re.compile(
    r"([A-Za-z0-9_-]{1,100})/(?!\.{1,2}\Z)([A-Za-z0-9._-]{1,100})", re.ASCII
)


def workflow_run_completed(payload: Mapping[str, Any], *, delivery: UUID) -> WorkflowRunCompleted:
    """Project a `workflow_run` event whose action is `completed`.

    Args:
        payload: The decoded body.
        delivery: Its `X-GitHub-Delivery`; tells apart, in every log, what came of it.

    Raises:
        InvalidPayload: The body cannot be that event.
    """
    root = object_of(payload, "payload")
    if root.get("action") != "completed":
        raise InvalidPayload("action", "expected 'completed'")
    field = "workflow_run"
    run = object_of(root.get(field), field)
    workflow = optional_object(root.get("workflow"), "workflow")
    return {
        "delivery": str(delivery),
        "event": "workflow_run",
        "action": "completed",
        "installation_id": installation_id_of(root),
        "organization": login_of(root.get("organization"), "organization"),
        "repository": _repository(object_of(root.get("repository"), "repository")),
        "run": _run(run, workflow, field, actor=login_of(run.get("actor"), f"{field}.actor")),
    }


def read_workflow_run_completed(value: object) -> WorkflowRunCompleted:
    """Read a projection back, however it came to be an execution's input.

    Anyone who may start an execution may write its input by hand, so everything is checked again.
    What `workflow_run_completed` made comes back unchanged.

    Raises:
        InvalidPayload: It is no such projection.
    """
    root = object_of(value, "input")
    for key, wanted in (("event", "workflow_run"), ("action", "completed")):
        if root.get(key) != wanted:
            raise InvalidPayload(key, f"expected '{wanted}'")
    run = object_of(root.get("run"), "run")
    return {
        "delivery": shown(root.get("delivery")),
        "event": "workflow_run",
        "action": "completed",
        "installation_id": optional_id(root, "installation_id", "input"),
        "organization": shown(root.get("organization")) or None,
        "repository": _repository(object_of(root.get("repository"), "repository")),
        "run": _run(run, {}, "run", actor=shown(run.get("actor")) or None),
    }


def _repository(raw: Mapping[str, Any]) -> Repository:
    repository_id = id_of(raw, "id", "repository")
    match = _FULL_NAME.fullmatch(text_of(raw, "full_name", "repository"))
    if match is None:
        raise InvalidPayload("repository.full_name", "expected 'owner/name'")
    owner, name = match.groups()
    private = raw.get("private")
    if not isinstance(private, bool):
        raise InvalidPayload("repository.private", expected("true or false", private))
    return {
        "id": repository_id,
        "owner": owner,
        "name": name,
        "full_name": f"{owner}/{name}",
        "private": private,
        "visibility": _visibility(raw.get("visibility"), private=private),
    }


def _visibility(value: object, *, private: bool) -> Visibility:
    """Read the visibility; older bodies lack it, and then only `private` is known."""
    if value == "internal":
        return "internal"
    return "private" if private else "public"


def _run(
    raw: Mapping[str, Any], workflow: Mapping[str, Any], field: str, *, actor: str | None
) -> Run:
    created_at = timestamp_of(raw, "created_at", field)
    return {
        "id": id_of(raw, "id", field),
        "run_attempt": id_of(raw, "run_attempt", field),
        "run_number": id_of(raw, "run_number", field),
        "name": shown(raw.get("name")) or shown(workflow.get("name")),
        "path": shown(raw.get("path")) or shown(workflow.get("path")),
        "event": shown(raw.get("event")),
        "conclusion": shown(raw.get("conclusion")) or None,
        "head_branch": shown(raw.get("head_branch")) or None,
        "actor": actor,
        "created_at": created_at,
        "run_started_at": timestamp_of(raw, "run_started_at", field, default=created_at),
        "updated_at": timestamp_of(raw, "updated_at", field),
    }
