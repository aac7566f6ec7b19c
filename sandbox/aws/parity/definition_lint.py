"""Gap: ministack takes definitions that AWS refuses, and finds every definition valid.

AWS: CreateStateMachine and UpdateStateMachine answer with InvalidDefinition and all that is wrong;
ValidateStateMachineDefinition answers with a diagnostic for each (Step Functions API reference;
words of transitions as AWS gave them in issues of LocalStack, serverless-step-functions and floci).

Closed by looking at the definition (`sandbox.aws.definitions`) before ministack does. JSONata
expressions are parsed by ministack itself.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions as asl

from sandbox.aws.definitions import Finding, lint
from sandbox.aws.patching import replace

MOST_DIAGNOSTICS = 100


def apply() -> None:
    for name in ("_create_state_machine", "_update_state_machine"):
        replace(asl, name, _refusing(getattr(asl, name)))
    replace(asl, "_validate_state_machine_definition", validate)


def validate(data: dict[str, Any]) -> Any:
    findings = lint(data.get("definition", ""))
    most = int(data.get("maxResults") or MOST_DIAGNOSTICS)
    answer = {
        "result": "FAIL" if findings else "OK",
        "diagnostics": [_diagnostic(finding) for finding in findings[:most]],
        "truncated": len(findings) > most,
    }
    return json_response(answer)


def _refusing(take: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def refuse_or_take(data: dict[str, Any]) -> Any:
        findings = lint(data["definition"]) if "definition" in data else []
        if findings:
            message = ", ".join(map(str, findings))
            return error_response_json(
                "InvalidDefinition", f"Invalid State Machine Definition: '{message}'", 400
            )
        return take(data)

    return refuse_or_take


def _diagnostic(finding: Finding) -> dict[str, str]:
    told = {"severity": "ERROR", "code": finding.code, "message": finding.message}
    return told if finding.location is None else told | {"location": finding.location}
