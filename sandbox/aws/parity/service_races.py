"""Gap: in ministack executions race with requests for the same item, queue or topic.

Requests run on the event loop, one after the other; native integrations and status events run on
the executions' own threads. An ADD that another one interrupts is lost; a message sent while a
consumer looks at the queue may be, too, and a transaction may be seen half done.

AWS: a write to an item is atomic and transactions are serialisable ("Read consistency" and
"DynamoDB transactions: how it works", DynamoDB Developer Guide); SQS loses no message.

Closed by running these calls on the event loop too, where nothing interrupts them.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.services import eventbridge
from ministack.services import stepfunctions as asl

from sandbox.aws.patching import replace

INTEGRATIONS = ("dynamodb:", "sqs:", "sns:", "events:")


def apply() -> None:
    put_events = replace(eventbridge, "_put_events", None)
    replace(eventbridge, "_put_events", on_the_loop(put_events))
    for resource, call in list(asl._SERVICE_DISPATCH.items()):
        if resource.removeprefix("arn:aws:states:::").startswith(INTEGRATIONS):
            asl._SERVICE_DISPATCH[resource] = on_the_loop(call)


def on_the_loop(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same call, made by ministack's event loop whichever thread asks for it."""

    def call_there(*args: Any, **kwargs: Any) -> Any:
        async def handler(*_request: Any) -> Any:
            return call(*args, **kwargs)

        if _is_on_the_loop():
            return call(*args, **kwargs)
        return app.call_service_handler_sync(handler, "POST", "/", {}, b"", {})

    return call_there


def _is_on_the_loop() -> bool:
    try:
        return asyncio.get_running_loop() is app._MAIN_LOOP
    except RuntimeError:
        return False
