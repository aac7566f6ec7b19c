"""Gap: ministack's DynamoDB integrations fail with less than AWS's.

AWS: the cause names service, status, error code and request as well; a request that DynamoDB finds
invalid fails with DynamoDB.AmazonDynamoDBException, whose Java exception that is, and not with a
ValidationException, so a Retry or Catch by that name never matches (histories recorded from AWS).

Closed by renaming the one and completing the other.
"""

from typing import Any

from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter.errors import ExecutionError, refused_by
from sandbox.aws.patching import replace

_RESOURCE = "arn:aws:states:::dynamodb:"
_NAMES = {"ValidationException": "AmazonDynamoDBException"}


def apply() -> None:
    invoke = replace(asl, "_invoke_resource", None)

    def invoke_or_fail_as_aws(resource: str, parameters: Any) -> Any:
        try:
            return invoke(resource, parameters)
        except ExecutionError as failure:
            service, _, code = str(failure.error).partition(".")
            if not resource.startswith(_RESOURCE) or service != "DynamoDB":
                raise
            cause = refused_by("AmazonDynamoDBv2", code, failure.cause)
            raise ExecutionError(f"{service}.{_NAMES.get(code, code)}", cause) from None

    replace(asl, "_invoke_resource", invoke_or_fail_as_aws)
