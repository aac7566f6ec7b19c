"""What a request asks of AWS, and how that service's protocol says no."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

_FORM = "application/x-www-form-urlencoded"
_CREDENTIAL_SCOPE = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/")

# What a status is called when nobody says so; the names are those that SDKs retry, or do not.
_CODES = {
    HTTPStatus.BAD_REQUEST: "ThrottlingException",
    HTTPStatus.FORBIDDEN: "AccessDeniedException",
    HTTPStatus.TOO_MANY_REQUESTS: "ThrottlingException",
    HTTPStatus.SERVICE_UNAVAILABLE: "ServiceUnavailable",
}
_MESSAGES = {"ThrottlingException": "Rate exceeded"}


@dataclass(frozen=True)
class Operation:
    """One request's operation.

    Attributes:
        name: As faults and logs know it: `AWSStepFunctions.StartExecution`, `sns.Publish`, or
            None for a service whose paths say it (Lambda, S3).
        protocol: `json`, `query` or `rest`.
        content_type: That of the request, which JSON answers repeat.
    """

    name: str | None
    protocol: str
    content_type: str


@dataclass(frozen=True)
class Refusal:
    status: int
    headers: dict[str, str]
    body: bytes


def needs_body(headers: Mapping[str, str]) -> bool:
    """Whether only the body tells which operation it is."""
    return "x-amz-target" not in headers and headers.get("content-type", "").startswith(_FORM)


def operation_of(headers: Mapping[str, str], body: bytes) -> Operation:
    content_type = headers.get("content-type", "application/x-amz-json-1.0")
    if "x-amz-target" in headers:
        return Operation(headers["x-amz-target"], "json", content_type)
    if needs_body(headers):
        action = parse_qs(body.decode("utf-8", "replace")).get("Action", ["?"])[0]
        scope = _CREDENTIAL_SCOPE.search(headers.get("authorization", ""))
        return Operation(f"{scope[1] if scope else '?'}.{action}", "query", "text/xml")
    return Operation(None, "rest", "application/json")


def refusal(
    operation: Operation,
    status: int,
    *,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Refusal:
    """An error answer from which an SDK makes its usual exception.

    Args:
        operation: What was asked.
        status: HTTP status; a 5xx says that it is AWS's fault.
        code: AWS's name of the error; by default one that fits the status.
        headers: Set over the usual ones.
    """
    default = "InternalServerError" if status >= 500 else "ValidationException"
    code = code or _CODES.get(HTTPStatus(status), default)
    message = _MESSAGES.get(code, "A fault that was ordered from the sandbox")
    request_id = str(uuid4())
    fault = "Receiver" if status >= 500 else "Sender"
    if operation.protocol == "query":
        body = (
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{escape(code)}</Code>"
            f"<Message>{escape(message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    else:
        body = json.dumps({"__type": code, "message": message})
    usual = {
        "content-type": operation.content_type,
        "x-amzn-errortype": code,
        "x-amzn-requestid": request_id,
    }
    if (operation.name or "").startswith("AmazonSQS."):
        # botocore's SQS errors keep the codes of the old protocol, which come in this header.
        usual["x-amzn-query-error"] = f"{code};{fault}"
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Refusal(status, usual | lower, body.encode())
