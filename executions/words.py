"""Errors of executions in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

# What an error name means to somebody who did not write the workflow.
_MEANINGS = {
    "GitHubUnavailable": "GitHub did not answer, or answered with an error of its own.",
    "GitHubRejected": "GitHub refused the request.",
    "InstallationMissing": "The GitHub App is not installed there, or is suspended.",
    "JobsNotSettled": "GitHub still listed jobs of the finished run as unfinished.",
    "InvalidPayload": "The input is not what it should be.",
    "UnknownSku": "A runner has no known price.",
    "TIMED_OUT": "The workflow as a whole took longer than it may.",
    "ABORTED": "It was stopped.",
    "StoppedByHand": "Somebody stopped it here.",
    "PersonUnknown": "The company directory does not know this person.",
    "DirectoryUnavailable": "The company directory did not answer.",
    "DirectoryRejected": "The company directory refused the request.",
    "UserUnknown": "GitHub knows no such user.",
    "TeamMissing": "A team that the rules name does not exist (any more).",
    "TeamSynced": "The team is owned by an identity provider.",
    "RateLimited": "GitHub asked for patience more often than the workflow waits.",
    "States.Timeout": "It took longer than it may.",
    "States.HeartbeatTimeout": "The task was not heard of for too long.",
    "States.TaskFailed": "A task failed.",
    "States.DataLimitExceeded": "A state's data is larger than the 256 KiB that AWS allows.",
    "States.Permissions": "The state machine may not do this: its role lacks a permission.",
    "States.Runtime": "The workflow could not go on: a definition and its data do not fit.",
    "States.QueryEvaluationError": "An expression of the workflow could not be evaluated.",
    "States.ServiceRestart": "The workflow engine was restarted in the middle of it.",
    "Lambda.TooManyRequestsException": "AWS Lambda was busy.",
    "Lambda.ServiceException": "AWS Lambda failed.",
    "Lambda.Unknown": "The function ended without a word: it ran out of memory or was stopped.",
    "Sandbox.Timedout": "The function took longer than it may.",
}
# A Lambda's own words for running out of time come without an error name of their own.
_TIMED_OUT = re.compile(r"Task timed out after ([0-9.]+) seconds")
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class PlainError:
    """An error for people.

    Attributes:
        name: Its name, as it can be matched in a workflow.
        meaning: What that means; empty where nobody knows.
        message: What the failing code said.
        detail: The cause as AWS has it, where it holds more than the message.
    """

    name: str
    meaning: str
    message: str
    detail: str


def plain_error(error: str | None, cause: str | None) -> PlainError | None:
    """Put an error and its cause in plain words; None where there is neither.

    A failed Lambda's cause is JSON with `errorMessage`; a failed child execution's is its whole
    description, with an error and a cause of its own.
    """
    if not error and not cause:
        return None
    name, message = _innermost(error or "", cause or "", _DEPTH)
    meaning = _MEANINGS.get(name, "")
    if not meaning and (match := _TIMED_OUT.search(message)):
        meaning = f"The function took longer than its {float(match[1]):g} seconds."
    return PlainError(
        name=name,
        meaning=meaning,
        message=message,
        detail="" if message == (cause or "") else cause or "",
    )


def _innermost(error: str, cause: str, depth: int) -> tuple[str, str]:
    told = _object(cause)
    if told is None or not depth:
        return error, cause
    if isinstance(told.get("errorMessage"), str):
        return error or str(told.get("errorType", "")), told["errorMessage"]
    if "ExecutionArn" in told:
        inner = str(told.get("Error") or error)
        return _innermost(inner, str(told.get("Cause") or ""), depth - 1)
    return error, cause


def _object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
