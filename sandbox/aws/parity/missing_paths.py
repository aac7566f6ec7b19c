"""Gap: in ministack a path that leads nowhere gives null, and IsPresent is false for a null.

AWS: it fails the execution with States.Runtime ("Error handling", Step Functions Developer Guide;
messages as in histories recorded from AWS). In a Choice rule only IsPresent may meet it, and a
null that is there is present ("Choice state").

Closed by a stricter walk along the path. A path beyond ministack's subset of JSONPath (filters,
slices, `..`) fails too, and says so, instead of giving null.
"""

from typing import Any

from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter.errors import ExecutionError, runtime_error
from sandbox.aws.interpreter.history import dumps
from sandbox.aws.patching import replace

Rule = dict[str, Any]
Context = dict[str, Any] | None


def apply() -> None:
    resolve = replace(asl, "_resolve_path", None)
    evaluate = replace(asl, "_evaluate_rule", None)

    def resolve_or_fail(path: str, data: Any) -> Any:
        if path in ("", "$") or not path.startswith("$"):
            return data
        tokens = asl._parse_jsonpath_tokens(path)
        if tokens is None:
            raise runtime_error(f"Invalid path '{path}': not in the sandbox's subset of JSONPath")
        if any(kind == "wildcard" for kind, _ in tokens):
            return resolve(path, data)
        return _follow(path, tokens, data)

    def evaluate_or_fail(rule: Rule, data: Any, context: Context = None) -> bool:
        variable = rule.get("Variable")
        if variable is None:
            return bool(evaluate(rule, data, context))
        present = _leads_somewhere(variable, data, context)
        if "IsPresent" in rule:
            return bool(present == rule["IsPresent"])
        if not present:
            raise runtime_error(
                f"Invalid path '{variable}': The choice state's condition path references an "
                "invalid value."
            )
        return bool(evaluate(rule, data, context))

    replace(asl, "_resolve_path", resolve_or_fail)
    replace(asl, "_evaluate_rule", evaluate_or_fail)
    replace(asl, "_resolve_params_obj", fill)


def fill(template: Any, data: Any, context: Context = None) -> Any:
    """Resolve a payload template, naming the field whose path leads nowhere."""
    if isinstance(template, list):
        return [fill(item, data, context) for item in template]
    if not isinstance(template, dict):
        return template
    filled = {}
    for key, value in template.items():
        if key.endswith(".$") and isinstance(value, str):
            filled[key[:-2]] = _field(key, value, data, context)
        else:
            filled[key] = fill(value, data, context)
    return filled


def _field(key: str, path: str, data: Any, context: Context) -> Any:
    if path.startswith("States."):
        return asl._evaluate_intrinsic(path, data, context)
    try:
        return asl._resolve_path_or_ctx(path, data, context)
    except ExecutionError as failure:
        raise runtime_error(
            f"The JSONPath '{path}' specified for the field '{key}' could not be found in the "
            f"input '{dumps(data)}'"
        ) from failure


def _leads_somewhere(path: str, data: Any, context: Context) -> bool:
    try:
        asl._resolve_path_or_ctx(path, data, context)
    except ExecutionError:
        return False
    return True


def _follow(path: str, tokens: list[tuple[str, Any]], data: Any) -> Any:
    walked = "$"
    for number, (kind, key) in enumerate(tokens, start=1):
        walked += f"[{key!r}]"
        there = (
            isinstance(data, dict) and key in data
            if kind == "field"
            else isinstance(data, list) and key < len(data)
        )
        if not there:
            what = "No results for path:" if number == len(tokens) else "Missing property in path"
            raise runtime_error(f"Invalid path '{path}' : {what} {walked}")
        data = data[key]
    return data
