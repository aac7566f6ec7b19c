"""Gap: ministack's lambda:invoke and DynamoDB integrations answer with less than AWS's.

AWS: optimised integrations answer with SdkHttpMetadata and SdkResponseMetadata as well, and
lambda:invoke with ExecutedVersion (histories recorded from AWS). Forgetting a ResultSelector
carries all of it along, and it counts towards the 256 KiB.

Closed by adding them.
"""

from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter.history import dumps
from sandbox.aws.patching import replace

_LAMBDA = "arn:aws:states:::lambda:invoke"
_DYNAMODB = "arn:aws:states:::dynamodb:"


def apply() -> None:
    invoke = replace(asl, "_invoke_resource", None)

    def invoke_with_metadata(resource: str, parameters: Any) -> Any:
        result = invoke(resource, parameters)
        if resource.startswith(_LAMBDA):
            content = dumps(result.get("Payload"))
            version = {"ExecutedVersion": "$LATEST"}
            return version | result | metadata(content, "application/json")
        if resource.startswith(_DYNAMODB):
            return result | metadata(dumps(result), "application/x-amz-json-1.0")
        return result

    replace(asl, "_invoke_resource", invoke_with_metadata)


def metadata(content: str, content_type: str) -> dict[str, Any]:
    request_id = new_uuid()
    headers = {
        "Connection": "keep-alive",
        "Content-Length": str(len(content.encode())),
        "Content-Type": content_type,
        "x-amzn-RequestId": request_id,
    }
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
