"""How long a Wait state waits."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter.errors import runtime_error

if TYPE_CHECKING:
    from sandbox.aws.interpreter.scopes import Outcome, Scope, State


def execute(scope: "Scope", state: "State") -> "Outcome":
    """Wait, and not again for time that passed before a redrive or restart."""
    position = scope.position
    if position["until"] is None:
        seconds = _seconds(scope, state) * asl._SFN_WAIT_SCALE
        position["until"] = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    until = datetime.fromisoformat(position["until"])
    scope.token.sleep((until - datetime.now(UTC)).total_seconds())
    value = position["input"]
    following = asl._next_or_end(state)
    if scope.uses_jsonata(state):
        output = asl._apply_jsonata_output(state, value, scope.context, default=value)
        asl._apply_state_assign(state, value, scope.context)
        return output, following
    value = asl._apply_input_path(state, value, scope.context)
    return asl._apply_output_path(state, value, scope.context), following


def _seconds(scope: "Scope", state: "State") -> float:
    value = scope.position["input"]
    if scope.uses_jsonata(state):
        if "Seconds" in state:
            return float(asl._jsonata_wait_seconds(state, value, scope.context))
        return _until(asl._jsonata_wait_timestamp(state, value, scope.context))
    if "Seconds" in state:
        return float(state["Seconds"])
    if "Timestamp" in state:
        return _until(state["Timestamp"])
    value = asl._apply_input_path(state, value, scope.context)
    if "TimestampPath" in state:
        return _until_path(state["TimestampPath"], value, scope.context)
    return _seconds_path(state.get("SecondsPath", "$"), value, scope.context)


def _seconds_path(path: str, value: Any, context: dict[str, Any]) -> float:
    seconds = asl._resolve_path_or_ctx(path, value, context)
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise runtime_error(
            "The SecondsPath parameter cannot be parsed as a long value: "
            f"{path} == {json.dumps(seconds)}"
        )
    if seconds < 0:
        raise runtime_error(
            f"The SecondsPath parameter references a negative value: {path} == {seconds}"
        )
    return float(seconds)


def _until_path(path: str, value: Any, context: dict[str, Any]) -> float:
    stamp = asl._resolve_path_or_ctx(path, value, context)
    moment = _moment(stamp)
    if moment is None:
        raise runtime_error(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
            f"date-time format string: {path} == {stamp}"
        )
    return (moment - datetime.now(UTC)).total_seconds()


def _until(stamp: str) -> float:
    moment = _moment(stamp)
    if moment is None:
        raise runtime_error(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time "
            f"format string: {stamp}"
        )
    return (moment - datetime.now(UTC)).total_seconds()


def _moment(stamp: Any) -> datetime | None:
    """A moment with its offset; AWS takes no others, and no blank instead of the T."""
    if not isinstance(stamp, str) or "T" not in stamp:
        return None
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
