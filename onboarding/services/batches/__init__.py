"""What changes an onboarding by hand: naming people, checking them, releasing, following, steering."""

from onboarding.services.batches.creating import (
    Named,
    NobodyNamed,
    OrganizationUnnamed,
    TooManyPeople,
    create_batch,
)
from onboarding.services.batches.following import follow_row, note_finished, work_off_part
from onboarding.services.batches.looking import Look, LookFailed, look_up
from onboarding.services.batches.preflight import check_batch
from onboarding.services.batches.reading import (
    FILE_LIMITS,
    ColumnMissing,
    ReadPeople,
    read_people,
)
from onboarding.services.batches.releasing import release_part
from onboarding.services.batches.steering import (
    BatchMoved,
    cancel,
    pause,
    resume,
    retry_failed,
    start,
)
from onboarding.services.batches.working import (
    advance_batch,
    advance_due_batches,
    follow_due_rows,
    work_off_due_parts,
)

__all__ = [
    "FILE_LIMITS",
    "BatchMoved",
    "ColumnMissing",
    "Look",
    "LookFailed",
    "Named",
    "NobodyNamed",
    "OrganizationUnnamed",
    "ReadPeople",
    "TooManyPeople",
    "advance_batch",
    "advance_due_batches",
    "cancel",
    "check_batch",
    "create_batch",
    "follow_due_rows",
    "follow_row",
    "look_up",
    "note_finished",
    "pause",
    "read_people",
    "release_part",
    "resume",
    "retry_failed",
    "start",
    "work_off_due_parts",
    "work_off_part",
]
