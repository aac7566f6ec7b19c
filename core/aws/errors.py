"""What can go wrong with AWS, named by what the caller can do about it.

botocore's errors are translated here and nowhere else. `AwsUnavailable` means the same call may work
later; `AwsRejected` means it will not until somebody changes something.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from core.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterator


class AwsError(DomainError):
    """A call to AWS did not do what it should.

    Attributes:
        aws_code: AWS's own name of the error, for example `ThrottlingException`.
    """

    code = "aws_error"
    status_code = 502

    def __init__(self, message: str, aws_code: str = "") -> None:
        super().__init__(message)
        self.aws_code = aws_code


class AwsUnavailable(AwsError):
    """AWS did not answer, answered 5xx, or we have no valid credentials: try again later."""

    code = "aws_unavailable"
    status_code = 503


class AwsThrottled(AwsUnavailable):
    """AWS asks for patience, after the client has already tried several times."""

    code = "aws_throttled"


class AwsRejected(AwsError):
    """AWS understood the call and refused it: the same call will be refused again."""

    code = "aws_rejected"


class AwsForbidden(AwsRejected):
    """We are not allowed to: no call of this kind works until somebody changes a policy."""


class ConditionFailed(AwsRejected):
    """What a write expected to find is no longer there: nothing was written."""

    code = "condition_failed"
    status_code = 409


class ExecutionAlreadyExists(AwsRejected):
    """The name is taken, by a closed execution or by one with another input."""

    code = "execution_already_exists"
    status_code = 409


class ExecutionDoesNotExist(AwsRejected):
    """AWS knows no such execution, or has forgotten it (90 days after it closed)."""

    code = "execution_does_not_exist"
    status_code = 404


class ExecutionNotRedrivable(AwsRejected):
    """The execution runs, has succeeded, closed over 14 days ago, or has 25,000 events."""

    code = "execution_not_redrivable"
    status_code = 409


class InvalidExecutionInput(AwsRejected):
    """The input is not JSON or is larger than 256 KiB."""

    code = "invalid_execution_input"


class StateMachineDoesNotExist(AwsRejected):
    """The stack's output names a state machine that is gone."""

    code = "state_machine_does_not_exist"


_NAMED: dict[str, type[AwsError]] = {
    "ConditionalCheckFailedException": ConditionFailed,
    "ExecutionAlreadyExists": ExecutionAlreadyExists,
    "ExecutionDoesNotExist": ExecutionDoesNotExist,
    "ExecutionNotRedrivable": ExecutionNotRedrivable,
    "InvalidExecutionInput": InvalidExecutionInput,
    "StateMachineDoesNotExist": StateMachineDoesNotExist,
    # Too many open executions: some will end.
    "ExecutionLimitExceeded": AwsThrottled,
    "AccessDenied": AwsForbidden,
    "AccessDeniedException": AwsForbidden,
    # Credentials that are not valid, or not yet, or a clock that is wrong: Step Functions API
    # Reference, "Common Errors", read 2026-11-26.
    "ExpiredToken": AwsUnavailable,
    "ExpiredTokenException": AwsUnavailable,
    "IncompleteSignature": AwsUnavailable,
    "InvalidClientTokenId": AwsUnavailable,
    "InvalidSignatureException": AwsUnavailable,
    "MissingAuthenticationToken": AwsUnavailable,
    "MissingAuthenticationTokenException": AwsUnavailable,
    "RequestExpired": AwsUnavailable,
    "SignatureDoesNotMatch": AwsUnavailable,
    "UnrecognizedClientException": AwsUnavailable,
    "InternalFailure": AwsUnavailable,
    "InternalServerError": AwsUnavailable,
    "ServiceUnavailable": AwsUnavailable,
}
# As botocore's own retry policy lists them (botocore/retries/standard.py, read in 1.44.5).
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    }
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn botocore's errors into ours, chained to the original.

    Read the required fields of the answer inside the block: a missing one is told apart, too.
    """
    try:
        yield
    except ClientError as exc:
        raise _named(exc) from exc
    except ParamValidationError as exc:
        message = f"The call to AWS was not even sent: {exc}"
        raise AwsRejected(message, "ParamValidation") from exc
    except (BotoCoreError, ResponseParserError) as exc:
        # Connections, timeouts, credentials, and answers that are not AWS's (a proxy's HTML page).
        message = f"AWS could not be reached: {exc}"
        raise AwsUnavailable(message, type(exc).__name__) from exc
    except KeyError as exc:
        # Something between us and AWS answers 200 with a page of its own; botocore reads that as
        # an answer without fields.
        message = f"What answered was not AWS: its answer has no {exc}."
        raise AwsUnavailable(message, "NotAws") from exc


def _named(exc: ClientError) -> AwsError:
    error = exc.response.get("Error", {})
    # Older services send "AWS.SimpleQueueService.RequestThrottled" and "com.amazon…#Name".
    code = str(error.get("Code", "")).rpartition("#")[2].rpartition(".")[2]
    status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    text = str(error.get("Message") or "no message")
    if known := _NAMED.get(code):
        return known(text, code)
    if code in _THROTTLED or status == 429:
        return AwsThrottled(f"AWS asks for patience ({code}): {text}", code)
    if status >= 500:
        return AwsUnavailable(f"AWS answered {status} ({code}): {text}", code)
    return AwsRejected(f"AWS refused {exc.operation_name} ({code}): {text}", code)
