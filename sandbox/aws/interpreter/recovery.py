"""What Retry and Catch make of a failure."""

from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions as asl

if TYPE_CHECKING:
    from sandbox.aws.interpreter.scopes import Outcome, Scope, State


class Retries:
    """Counts the retries of one state, by retrier, as long as it is not left."""

    def __init__(self, scope: "Scope", state: "State") -> None:
        self._scope = scope
        self._retriers = state.get("Retry", [])
        self._used: dict[int, int] = {}
        self._context_state = dict(scope.context["State"])

    def begin(self) -> None:
        """Show this attempt its number, and the state's own context after a part changed it."""
        count = sum(self._used.values())
        self._scope.context["State"] = {**self._context_state, "RetryCount": count}

    def wait(self, failure: Any) -> bool:
        """Wait until the state may be tried again; False when it may not."""
        retrier, index = asl._find_matching_retrier(self._retriers, failure.error, self._used)
        if retrier is None:
            return False
        used = self._used.get(index, 0)
        seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** used
        self._scope.token.sleep(seconds * asl._SFN_WAIT_SCALE)
        self._used[index] = used + 1
        return True


def catch(scope: "Scope", state: "State", failure: Any) -> "Outcome | None":
    """Where the first matching catcher leads, or None when nothing catches it."""
    catcher = asl._find_matching_catcher(state.get("Catch", []), failure.error)
    if catcher is None:
        return None
    error_output = {"Error": failure.error, "Cause": failure.cause}
    language = asl._state_query_language(state, scope.context)
    value = scope.position["input"]
    output = asl._apply_catcher(catcher, value, scope.context, language, error_output)
    return output, catcher["Next"]
