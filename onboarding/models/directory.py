"""The company directory from files: what was uploaded, and the work of writing it to DynamoDB."""

import uuid
from typing import Any, ClassVar

import orjson
import zstandard
from django.conf import settings
from django.db import models
from django.db.models import Q

from core.work import LeasedWork, WorkState
from onboarding.enums import DirectoryMode


class DirectoryUpload(models.Model):
    """A file that was read. Its people are in its parts; what DynamoDB has is the truth."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    filename = models.CharField(max_length=255)
    size_bytes = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    uploaded_at = models.DateTimeField(db_index=True)
    # How it was read: "CSV", "UTF-8", …; and sentences about what had to be guessed.
    reading = models.JSONField(default=list)
    warnings = models.JSONField(default=list, blank=True)
    # A list of objects with number, name and field, as `directory_files.Column` has them.
    columns = models.JSONField(default=list)
    people_count = models.PositiveIntegerField()
    problem_count = models.PositiveIntegerField()
    # The first of them, as objects with row, column and reason.
    problems = models.JSONField(default=list, blank=True)
    # Whether all parts are stored; an upload whose process died half-way has none to offer.
    is_stored = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.filename

    @property
    def can_be_written(self) -> bool:
        """Whether it is whole and nothing in it is wrong."""
        return self.is_stored and not self.problem_count and self.people_count > 0


class DirectoryPart(models.Model):
    """Some people of an upload."""

    upload = models.ForeignKey(
        DirectoryUpload, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()
    # {login: record} as JSON, zstd.
    packed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="directorypart_once")
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.upload_id}"

    @property
    def people(self) -> dict[str, dict[str, str]]:
        """The records by login, in the file's order."""
        # PostgreSQL's driver hands out memoryviews.
        packed = zstandard.ZstdDecompressor().decompress(bytes(self.packed))
        people: dict[str, dict[str, str]] = orjson.loads(packed)
        return people


class DirectoryWrite(LeasedWork):
    """Somebody's wish to have an upload written. As work: write it, then take away what is old."""

    work_task: ClassVar[str] = "onboarding.tasks.write_directory"

    upload = models.ForeignKey(DirectoryUpload, on_delete=models.CASCADE, related_name="writes")
    mode = models.CharField(max_length=8, choices=DirectoryMode.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    requested_at = models.DateTimeField()
    next_part = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    # Cleared when it ends, well or badly: two at once would undo each other.
    is_open = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedWork.Meta):
        constraints = [
            *LeasedWork.Meta.constraints,
            models.UniqueConstraint(
                fields=["is_open"], condition=Q(is_open=True), name="directorywrite_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.upload_id}"

    @property
    def is_dead(self) -> bool:
        """Whether it was given up."""
        return self.work_state == WorkState.DEAD

    def dead_fields(self, reason: str) -> dict[str, Any]:  # noqa: ARG002 -- the row keeps it
        """Make room for the next."""
        return {"is_open": False}
