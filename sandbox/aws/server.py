"""Serve the emulator on loopback until it is told to stop."""

import asyncio
import logging
import os
import signal
import sys

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core import lambda_runtime
from ministack.core.responses import get_region

from sandbox.aws import lifecycle, parity, queues
from sandbox.aws.gateway import Application, Gateway
from sandbox.aws.interpreter import runs
from sandbox.aws.settings import LOOPBACK, Settings

# SDKs keep connections open, and long polls wait; neither may hold up a stop.
_GRACE_S = 0.5

log = logging.getLogger("sandbox.aws")


async def run(settings: Settings) -> None:
    """Serve AWS until the process is told to stop, save, and leave at once.

    Raises:
        UnknownGap: A parity module that is to stay off does not exist.
    """
    parity.apply(without=settings.without)
    queues.apply()
    gateway = Gateway(ministack.app, region=get_region())
    background = asyncio.create_task(_accompany(settings.port))
    await _serve(gateway, port=settings.port)
    await _end(background)
    runs.suspend_all()
    for finish in lifecycle.on_stop:
        finish()
    lambda_runtime.reset()
    logging.shutdown()
    # Not sys.exit(): it would wait for threads that wait for a Lambda.
    os._exit(0)


async def _serve(application: Application, *, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"{LOOPBACK}:{port}"]
    config.keep_alive_timeout = 75
    # Hypercorn would close a connection after a thousand requests, without a word to the client.
    config.keep_alive_max_requests = sys.maxsize
    config.graceful_timeout = _GRACE_S
    await hypercorn_serve(application, config, shutdown_trigger=stop.wait)


async def _accompany(port: int) -> None:
    """Do what is to be done beside serving, once requests are served."""
    await _until_open(port)
    for prepare in lifecycle.on_ready:
        await asyncio.to_thread(prepare)
    async with asyncio.TaskGroup() as tasks:
        for start in lifecycle.background:
            tasks.create_task(start())


async def _until_open(port: int) -> None:
    # Executions that are resumed call Lambdas, which call us.
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    except Exception:
        log.exception("work in the background had ended early")
