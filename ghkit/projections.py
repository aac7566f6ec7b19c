"""From GitHub's webhook bodies to the inputs of the state machines.

A body may hold 25 MB, an execution's input 256 KiB. A projection keeps the fields that the
workflow needs: those that identify something are checked, those that are only shown are cut to
`TEXT_MAX_CHARS`. The result is ever less than `INPUT_MAX_BYTES` of JSON, whatever GitHub sends.

What is missing in real bodies stays tolerable here (an App's installation, an organisation, a
branch, a conclusion, a workflow, even the run's name); an error means that this is another event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ghkit.errors import InvalidPayload
from ghkit.timestamps import parse_timestamp, timestamp_text

if TYPE_CHECKING:
    from uuid import UUID

    from ghkit.contracts import Repository, Run, Visibility, WorkflowRunCompleted

TEXT_MAX_CHARS: Final = 255
"""Cut of a text that is only shown."""

INPUT_MAX_BYTES: Final = 32 * 1024
"""Bound of a projection as JSON: eight texts of 255 characters of up to twelve bytes each."""

ID_MAX: Final = 2**53 - 1
"""Largest number that every JSON reader on the way, Step Functions included, keeps exact."""

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
    root = _object(payload, "payload")
    if root.get("action") != "completed":
        raise InvalidPayload("action", "expected 'completed'")
    field = "workflow_run"
    run = _object(root.get(field), field)
    workflow = _optional_object(root.get("workflow"), "workflow")
    return {
        "delivery": str(delivery),
        "event": "workflow_run",
        "action": "completed",
        "installation_id": _installation_id(root),
        "organization": _login(root.get("organization"), "organization"),
        "repository": _repository(_object(root.get("repository"), "repository")),
        "run": _run(run, workflow, field, actor=_login(run.get("actor"), f"{field}.actor")),
    }


def read_workflow_run_completed(value: object) -> WorkflowRunCompleted:
    """Read a projection back, however it came to be an execution's input.

    Anyone who may start an execution may write its input by hand, so everything is checked again.
    What `workflow_run_completed` made comes back unchanged.

    Raises:
        InvalidPayload: It is no such projection.
    """
    root = _object(value, "input")
    for key, expected in (("event", "workflow_run"), ("action", "completed")):
        if root.get(key) != expected:
            raise InvalidPayload(key, f"expected '{expected}'")
    run = _object(root.get("run"), "run")
    installation_id = root.get("installation_id")
    return {
        "delivery": _shown(root.get("delivery")),
        "event": "workflow_run",
        "action": "completed",
        "installation_id": (
            None if installation_id is None else _id(root, "installation_id", "input")
        ),
        "organization": _shown(root.get("organization")) or None,
        "repository": _repository(_object(root.get("repository"), "repository")),
        "run": _run(run, {}, "run", actor=_shown(run.get("actor")) or None),
    }


def _repository(raw: Mapping[str, Any]) -> Repository:
    repository_id = _id(raw, "id", "repository")
    match = _FULL_NAME.fullmatch(_text(raw, "full_name", "repository"))
    if match is None:
        raise InvalidPayload("repository.full_name", "expected 'owner/name'")
    owner, name = match.groups()
    private = raw.get("private")
    if not isinstance(private, bool):
        raise InvalidPayload("repository.private", _expected("true or false", private))
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
    created_at = _timestamp(raw, "created_at", field)
    return {
        "id": _id(raw, "id", field),
        "run_attempt": _id(raw, "run_attempt", field),
        "run_number": _id(raw, "run_number", field),
        "name": _shown(raw.get("name")) or _shown(workflow.get("name")),
        "path": _shown(raw.get("path")) or _shown(workflow.get("path")),
        "event": _shown(raw.get("event")),
        "conclusion": _shown(raw.get("conclusion")) or None,
        "head_branch": _shown(raw.get("head_branch")) or None,
        "actor": actor,
        "created_at": created_at,
        "run_started_at": _timestamp(raw, "run_started_at", field, default=created_at),
        "updated_at": _timestamp(raw, "updated_at", field),
    }


def _installation_id(root: Mapping[str, Any]) -> int | None:
    installation = _optional_object(root.get("installation"), "installation")
    return _id(installation, "id", "installation") if installation else None


def _login(raw: object, field: str) -> str | None:
    return _shown(_optional_object(raw, field).get("login")) or None


def _object(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidPayload(field, _expected("an object", value))
    return value


def _optional_object(value: object, field: str) -> Mapping[str, Any]:
    return {} if value is None else _object(value, field)


def _id(raw: Mapping[str, Any], key: str, parent: str) -> int:
    value = raw.get(key)
    # JSON's true is no number, though Python counts it as one.
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidPayload(f"{parent}.{key}", _expected("a whole number", value))
    if not 1 <= value <= ID_MAX:
        raise InvalidPayload(f"{parent}.{key}", f"expected a number from 1 to {ID_MAX}")
    return value


def _text(raw: Mapping[str, Any], key: str, parent: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str):
        raise InvalidPayload(f"{parent}.{key}", _expected("a text", value))
    return value


def _timestamp(
    raw: Mapping[str, Any], key: str, parent: str, *, default: str | None = None
) -> str:
    if raw.get(key) is None and default is not None:
        return default
    return timestamp_text(parse_timestamp(raw.get(key), field=f"{parent}.{key}"))


def _shown(value: object) -> str:
    """Clip a text that is only shown; whatever is no text is as good as none.

    Lone surrogates (JSON may spell them) and NUL cannot be stored by what reads this later.
    """
    if not isinstance(value, str):
        return ""
    clipped = value[:TEXT_MAX_CHARS].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return clipped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _expected(what: str, value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        type(None): "nothing",
    }
    found = "a number" if type(value) in (int, float) else names.get(type(value), "something else")
    return f"expected {what}, got {found}"
