"""The folder that stands in for a broker, with whole messages only.

kombu's own transport gives a message its name before it has a content. A worker that comes between
the two reads nothing, takes that for the end of the world and exits.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """kombu's, but for how a message gets into the folder."""

    def _put(self, queue: str, payload: dict[str, Any], **_kwargs: Any) -> None:  # type: ignore[override]  # kombu contradicts itself
        """Write a message under a name that no worker looks for, and then give it its own."""
        # Workers take them by name: the oldest first.
        name = f"{round(time.monotonic() * 1_000)}_{uuid4()}.{queue}.msg"
        partial = Path(self.data_folder_out, f".{name}")
        partial.write_text(json.dumps(payload))
        partial.rename(partial.with_name(name))


class Transport(filesystem.Transport):
    """What `filesystem://` means here."""

    Channel = Channel
