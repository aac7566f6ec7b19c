"""Deliveries that are started again because somebody asked for it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from core.work import LeasedWork, WorkState


class Replay(LeasedWork):
    """One request to replay everything that matched a filter at that time."""

    work_task: ClassVar[str] = "webhooks.tasks.carry_out_replays"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # See webhooks.selectors.Wanted.
    wanted = models.JSONField(default=dict)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # What arrived after the request is above this key; what is done is up to `done_key`.
    up_to_key = models.BigIntegerField()
    done_key = models.BigIntegerField(default=0)
    # As counted when it was asked for; a delivery may change its mind before its turn comes.
    total = models.PositiveIntegerField()
    replayed = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"replay {self.public_id}"

    def dead_fields(self, reason: str) -> dict[str, Any]:  # noqa: ARG002 -- LeasedWork's signature
        """A replay that is given up leaves its row as it stands; `last_error` has the reason."""
        return {}

    @property
    def state(self) -> str:
        """How it stands, as a code for `{% status %}`."""
        if self.work_state == WorkState.DEAD:
            return "failed"
        return "done" if self.work_state == WorkState.DONE else "running"

    @property
    def is_open(self) -> bool:
        """Whether there is more to come."""
        return self.state == "running"
