"""What the REST API's schema says beyond the views: the errors that each of them may answer."""

from http import HTTPStatus
from typing import Any

_ERROR = {
    "type": "object",
    "description": "What went wrong, in one shape everywhere.",
    "properties": {
        "code": {"type": "string", "description": "For programs.", "example": "invalid"},
        "message": {"type": "string", "description": "For people."},
        "fields": {
            "type": "object",
            "additionalProperties": True,
            "description": "What is wrong with each field; empty where it is not about fields.",
        },
    },
    "required": ["code", "message", "fields"],
}
_ORDERS = frozenset({"post", "put", "patch", "delete"})


def describe_errors(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """Add to each operation the errors that it may answer; a hook of drf-spectacular's."""
    result["components"]["schemas"]["Error"] = _ERROR
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status, when in _errors_of(path, method, operation).items():
                operation["responses"].setdefault(str(status.value), _described(when))
    return result


def _errors_of(path: str, method: str, operation: dict[str, Any]) -> dict[HTTPStatus, str]:
    asked = {parameter["name"] for parameter in operation.get("parameters", ())}
    has_fields = bool(asked) or "requestBody" in operation
    errors = {HTTPStatus.UNAUTHORIZED: "No token or session, or one that is not valid any more."}
    if has_fields:
        errors[HTTPStatus.BAD_REQUEST] = "`fields` names what is not valid, and why."
    if "{" in path or "cursor" in asked:
        errors[HTTPStatus.NOT_FOUND] = "There is no such thing, or no such page."
    if method in _ORDERS:
        errors[HTTPStatus.FORBIDDEN] = (
            "Your role does not allow it; `message` says which one would."
        )
        errors[HTTPStatus.CONFLICT] = "Not as things stand; `message` says why."
    if "requestBody" in operation:
        errors[HTTPStatus.REQUEST_ENTITY_TOO_LARGE] = "The body, or what it lists, is too large."
        errors[HTTPStatus.UNSUPPORTED_MEDIA_TYPE] = "The body is of a type that is not read here."
    errors[HTTPStatus.SERVICE_UNAVAILABLE] = (
        "The database, AWS or GitHub does not answer; try again."
    )
    return errors


def _described(when: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": when, "content": {"application/json": {"schema": schema}}}
