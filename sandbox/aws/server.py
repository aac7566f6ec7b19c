"""Serve the emulator on loopback until it is told to stop."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from ministack import app as ministack
from ministack.core import lambda_runtime

from sandbox.aws.settings import LOOPBACK, Settings

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

# SDKs keep connections open; an idle one must not hold up a stop.
_GRACE_S = 1.0


async def run(settings: Settings) -> None:
    """Serve every AWS service until the process is told to stop, then leave at once."""
    await serve(ministack.app, port=settings.port)
    lambda_runtime.reset()
    logging.shutdown()
    # Not sys.exit(): threads that wait for a Lambda would keep the process for as long as it runs.
    os._exit(0)


async def serve(application: Application, *, port: int) -> None:
    """Serve until SIGTERM or SIGINT; ministack saves its state before this returns."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"{LOOPBACK}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_S
    await hypercorn_serve(application, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
