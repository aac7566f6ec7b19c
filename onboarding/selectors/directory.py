"""Questions about the uploaded company directory."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from core.tables import Problem
from ghkit.directory import FIELDS
from onboarding.directory_files import Column
from onboarding.models import DirectoryPart, DirectoryUpload, DirectoryWrite

if TYPE_CHECKING:
    from uuid import UUID

SHOWN_UPLOADS: Final = 20
PREVIEWED_PEOPLE: Final = 5


@dataclass(frozen=True, slots=True)
class PersonPreview:
    """One person as the directory will have them; `others` are the columns that are only kept."""

    login: str
    known: tuple[str, ...]
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An upload with the latest wish to write it."""

    upload: DirectoryUpload
    write: DirectoryWrite | None
    preview: tuple[PersonPreview, ...] = ()

    @property
    def state(self) -> str:
        """A code for `{% status %}`."""
        if self.write is not None:
            if self.write.is_open:
                return "running"
            return "failed" if self.write.is_dead else "succeeded"
        return "waiting" if self.upload.can_be_written else "rejected"

    @property
    def label(self) -> str:
        """The same in a word."""
        words = {
            "running": "Being written",
            "failed": "Given up",
            "succeeded": "Written",
            "waiting": "Ready to write",
            "rejected": "Not written",
        }
        return words[self.state]

    @property
    def columns(self) -> list[Column]:
        """How the columns were understood."""
        return [Column(**raw) for raw in self.upload.columns]

    @property
    def problems(self) -> list[Problem]:
        """The first of what is wrong."""
        return [Problem(**raw) for raw in self.upload.problems]

    @property
    def tag(self) -> str:
        """Changes with what the page shows of the progress."""
        write = self.write
        if write is None:
            return "none"
        return f"{write.pk}-{write.work_state}-{write.written}-{write.deleted}-{write.last_error}"


def latest_uploads() -> list[UploadRow]:
    """List the latest uploads, the newest first."""
    uploads = DirectoryUpload.objects.select_related("uploaded_by").prefetch_related("writes")
    return [_row(upload) for upload in uploads.order_by("-uploaded_at", "-pk")[:SHOWN_UPLOADS]]


def find_upload(public_id: UUID) -> UploadRow | None:
    """Return one upload."""
    upload = (
        DirectoryUpload.objects.select_related("uploaded_by")
        .prefetch_related("writes")
        .filter(public_id=public_id)
        .first()
    )
    return _row(upload, preview=_preview(upload)) if upload else None


def _row(upload: DirectoryUpload, preview: tuple[PersonPreview, ...] = ()) -> UploadRow:
    writes = sorted(upload.writes.all(), key=lambda write: write.pk)
    return UploadRow(upload, writes[-1] if writes else None, preview)


def _preview(upload: DirectoryUpload) -> tuple[PersonPreview, ...]:
    part = DirectoryPart.objects.filter(upload=upload).order_by("number").first()
    if part is None:
        return ()
    people = islice(part.people.items(), PREVIEWED_PEOPLE)
    return tuple(
        PersonPreview(
            login=login,
            known=tuple(record[name] for name in FIELDS),
            others=tuple((name, value) for name, value in record.items() if name not in FIELDS),
        )
        for login, record in people
    )
