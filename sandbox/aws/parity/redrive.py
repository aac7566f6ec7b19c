"""Gap: ministack has no RedriveExecution, and no redrive fields in DescribeExecution.

AWS: a failed, aborted or timed out execution goes on from the state that did not succeed, under
the same ARN, with the same input and definition, of a Map or Parallel only the iterations or
branches that did not succeed. The history goes on with ExecutionRedriven. A client token repeated
within 15 minutes answers again without acting (RedriveExecution and DescribeExecution, Step
Functions API reference; "Redriving executions", Developer Guide).

Closed by taking the interpreter's position up again. A redriven state gets no second StateEntered:
AWS redrives "if there's no <stateType>Exited event" ("Redriving Map Runs"); its next event follows
its last one, as a retry's does. That link is our inference; no recording of a redrive is at hand.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter import history, runs
from sandbox.aws.patching import replace

NEEDS = ("interpreter",)

REDRIVABLE_FOR = timedelta(days=14)
OPEN_FOR_AT_MOST = timedelta(days=365)
MOST_EVENTS = 24_999

TOKENS_KEPT = 10
TOKEN_VALID_FOR = timedelta(minutes=15)

_UNSUCCESSFUL = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})


def apply() -> None:
    handle = replace(asl, "handle_request", None)
    describe = replace(asl, "_describe_execution", None)
    list_page = replace(asl, "_list_executions", None)

    async def handle_redrives_too(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return asl._finalize_response(redrive(json.loads(body or b"{}")))
        return await handle(method, path, headers, body, query)

    def describe_with_redrives(data: dict[str, Any]) -> Any:
        return _with_fields(describe(data), None, fields)

    def list_with_redrives(data: dict[str, Any]) -> Any:
        return _with_fields(list_page(data), "executions", redriven)

    replace(asl, "handle_request", handle_redrives_too)
    replace(asl, "_describe_execution", describe_with_redrives)
    replace(asl, "_list_executions", list_with_redrives)


def redrive(data: dict[str, Any]) -> Any:
    arn, token = data.get("executionArn"), data.get("clientToken")
    record = asl._executions.get(arn)
    if record is None:
        message = f"Execution Does Not Exist: '{arn}'"
        return error_response_json("ExecutionDoesNotExist", message, 400)
    with runs.lock:
        now = datetime.now(UTC)
        answered = _answered(record, token, now)
        if answered is not None:
            return json_response({"redriveDate": answered})
        reason = obstacle(record, now)
        if reason is not None:
            return error_response_json("ExecutionNotRedrivable", reason, 400)
        _reopen(record)
        if token is not None:
            used = [*record.get("redriveTokens", []), [token, record["redriveDate"]]]
            record["redriveTokens"] = used[-TOKENS_KEPT:]
        runs.promise(record)
    asl._emit_execution_status_event(record)
    runs.start(record)
    return json_response({"redriveDate": record["redriveDate"]})


def obstacle(record: dict[str, Any], now: datetime) -> str | None:
    """Why an execution cannot be redriven, in AWS's words; None when it can be."""
    if record["status"] not in _UNSUCCESSFUL:
        return f"Execution is {record['status']} and cannot be redriven"
    if record.get("mapRunArn"):
        return "Execution is part of a Map Run and can only be redriven with it"
    if now - _moment(record["stopDate"]) > REDRIVABLE_FOR:
        return "Execution redrivable period exceeded"
    if now - _moment(record["startDate"]) > OPEN_FOR_AT_MOST:
        return "Execution has exceeded the max execution time"
    if len(record["events"]) >= MOST_EVENTS:
        return "Execution history event limit exceeded"
    return None


def redriven(record: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"redriveCount": record.get("redriveCount", 0)}
    if record.get("redriveDate"):
        shown["redriveDate"] = record["redriveDate"]
    return shown


def fields(record: dict[str, Any]) -> dict[str, Any]:
    reason = obstacle(record, datetime.now(UTC))
    if reason is None:
        return redriven(record) | {"redriveStatus": "REDRIVABLE"}
    status = {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    return redriven(record) | status


def _reopen(record: dict[str, Any]) -> None:
    for name in ("error", "cause"):
        record.pop(name, None)
    count = record.get("redriveCount", 0) + 1
    record.update(
        status="RUNNING", stopDate=None, output=None, redriveCount=count, redriveDate=now_iso()
    )
    last = len(record["events"])
    history.append(record, "ExecutionRedriven", {"redriveCount": count}, previous=last)
    runs.changed.add(record["executionArn"])


def _answered(record: dict[str, Any], token: str | None, now: datetime) -> str | None:
    """The redrive date that this client token was answered with before."""
    for known, date in record.get("redriveTokens", []):
        if token is not None and known == token and now - _moment(date) <= TOKEN_VALID_FOR:
            return str(date)
    return None


def _with_fields(response: Any, key: str | None, of: Any) -> Any:
    status, headers, body = response
    if status != 200:
        return status, headers, body
    shown = json.loads(body)
    for item in shown[key] if key else [shown]:
        item.update(of(asl._executions[item["executionArn"]]))
        if item.get("stopDate") is None:
            item.pop("stopDate", None)
    return json_response(shown)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
