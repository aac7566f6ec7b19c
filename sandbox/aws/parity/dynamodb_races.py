"""Gap: in ministack two executions that write one DynamoDB item by putItem or updateItem race.

The optimised integrations call DynamoDB's code on the executions' own threads, while every other
request runs on the event loop: an ADD that another one interrupts is lost, and a transaction may
be seen half done.

AWS: a write to an item is atomic, and transactions are serialisable ("Read consistency" and
"DynamoDB transactions: how it works", DynamoDB Developer Guide).

Closed by running these calls on the event loop too, where nothing interrupts them.
"""

from typing import Any

from ministack import app
from ministack.services import stepfunctions as asl

from sandbox.aws.patching import replace


def apply() -> None:
    invoke = replace(asl, "_invoke_dynamodb", None)

    def invoke_on_the_loop(operation: str, parameters: dict[str, Any]) -> Any:
        async def handler(*_request: Any) -> Any:
            return invoke(operation, parameters)

        return app.call_service_handler_sync(handler, "POST", "/", {}, b"", {})

    replace(asl, "_invoke_dynamodb", invoke_on_the_loop)
