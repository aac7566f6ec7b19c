"""How a state's trouble reaches its machine."""

from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions as asl

# ministack raises it everywhere with the two things that AWS reports: error and cause.
ExecutionError = asl._ExecutionError

RUNTIME = "States.Runtime"
QUERY_EVALUATION = "States.QueryEvaluationError"

_EXPLAINED = "An error occurred while executing the state"


def runtime_error(cause: str) -> Exception:
    return ExecutionError(RUNTIME, cause)  # type: ignore[no-any-return]


def is_explained(failure: Any) -> bool:
    """Whether the failure already says where it happened, or is of a kind that never does."""
    of_definition = failure.error in (RUNTIME, QUERY_EVALUATION)
    return not of_definition or str(failure.cause or "").startswith(_EXPLAINED)


def explained(failure: Any, *, state: str, entered: int) -> Any:
    """Say where it happened, as AWS does for errors in the definition itself."""
    where = f"{_EXPLAINED} '{state}' (entered at the event id #{entered}). "
    return ExecutionError(failure.error, where + str(failure.cause or ""))


def refused_by(service: str, code: str, message: str) -> str:
    """The cause of a task whose request a service of AWS refused."""
    return (
        f"{message} (Service: {service}; Status Code: 400; Error Code: {code}; "
        f"Request ID: {new_uuid()}; Proxy: null)"
    )
