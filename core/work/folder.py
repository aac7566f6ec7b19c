"""The folder that stands in for a broker, with whole messages only, and for as long as it is there.

kombu's own transport gives a message its name before it has a content. A worker that comes between
the two reads nothing, takes that for the end of the world and exits. So it does when somebody has
deleted the folder, whose messages only wake; and whoever sends finds no queue any more.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """kombu's, but for how a message gets into the folder, and for a folder that is gone."""

    def get_table(self, exchange: str) -> list[Any]:
        """Return what is bound to an exchange: as the folder has it, else as we declared it."""
        declared = (self.state.exchanges or {}).get(exchange, {}).get("table", [])
        return super().get_table(exchange) or [
            filesystem.exchange_queue_t(*binding) for binding in declared
        ]

    def _put(self, queue: str, payload: dict[str, Any], **_kwargs: Any) -> None:  # type: ignore[override]  # kombu contradicts itself
        """Write a message under a name that no worker looks for, and then give it its own."""
        # Workers take them by name: the oldest first.
        name = f"{round(time.monotonic() * 1_000)}_{uuid4()}.{queue}.msg"
        partial = self._made(self.data_folder_out) / f".{name}"
        partial.write_text(json.dumps(payload))
        partial.rename(partial.with_name(name))

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 -- kombu's signature
        try:
            return super()._get(queue)
        except FileNotFoundError:
            self._made(self.data_folder_in)
            raise Empty from None

    def _size(self, queue: str) -> int:
        self._made(self.data_folder_in)
        return int(super()._size(queue))

    @staticmethod
    def _made(folder: str) -> Path:
        made = Path(folder)
        made.mkdir(parents=True, exist_ok=True)
        return made


class Transport(filesystem.Transport):
    """What `filesystem://` means here."""

    Channel = Channel
