"""What is to be done while the emulator runs; parity modules add theirs."""

from collections.abc import Callable, Coroutine
from typing import Any

# On the event loop for every request.
on_request: list[Callable[[], None]] = []

# Once, on a thread, when ministack has loaded its state.
on_ready: list[Callable[[], None]] = []

# On the event loop from then on, until the emulator stops.
background: list[Callable[[], Coroutine[Any, Any, None]]] = []

# Once, when no request is served and no execution moves any more.
on_stop: list[Callable[[], None]] = []
