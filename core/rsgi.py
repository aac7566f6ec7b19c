"""What granian's interface leaves to whoever speaks it.

https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from granian.rsgi import ProtocolClosed

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol

# Whoever is refused and sends on for longer, or pauses, may find the connection broken.
_READ_ON_BYTES = 128 * 1024 * 1024
_PAUSE_S = 10.0


async def read_on(protocol: HTTPProtocol) -> None:
    """Read what is left of a body that is refused already, and drop it.

    Many clients, browsers among them, send all of it before they look for an answer. A server that
    closes on them in the middle has refused without saying why.
    """
    clock = asyncio.get_running_loop().time
    size = 0
    with suppress(ProtocolClosed, TimeoutError):
        async with asyncio.timeout(_PAUSE_S) as patience:
            async for part in protocol:
                size += len(part)
                if size > _READ_ON_BYTES:
                    return
                patience.reschedule(clock() + _PAUSE_S)
