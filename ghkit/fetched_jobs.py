"""The jobs of a run, cut to what a state machine can carry from one state to the next.

Step Functions passes 256 KiB at most between two states. GitHub's own jobs are 2.9 kB each; what
their price and their row on a page need is a tenth of that.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from ghkit.errors import JobsNotSettled, RunTooLarge
from ghkit.jobs import parse_job
from ghkit.timestamps import timestamp_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ghkit.contracts import FetchedJob

JOBS_MAX_BYTES: Final = 144 * 1024
"""Bound of all fetched jobs, as the JSON text inside JSON that they end up as.

The rest of Step Functions' quota is for what pricing adds: 300 bytes a job (measured), and its
labels once more. 256 jobs, GitHub's limit of a matrix, take 85 KiB beside their texts, so they
fit whatever they are called.
"""

NAME_MAX_BYTES: Final = (240, 120, 60)
"""Cuts of the texts that are only shown, tried in turn until the jobs fit; bytes as above."""


def project_job(raw: object, *, field: str) -> FetchedJob:
    """Keep what pricing and pages need of a job, after checking it.

    Args:
        raw: GitHub's REST object.
        field: Dotted path of the object, for the error.

    Raises:
        InvalidPayload: It is not a job.
        JobsNotSettled: It is not completed, so what it costs is not known yet. GitHub's list may
            lag behind its webhook.
    """
    job = parse_job(raw, field=field)
    status = raw.get("status") if isinstance(raw, dict) else None
    if status != "completed":
        message = f"job {job.id} is not completed: its status is {status!r}"
        raise JobsNotSettled(message)
    return {
        "id": job.id,
        "name": job.name,
        "conclusion": job.conclusion,
        "started_at": timestamp_text(job.started_at) if job.started_at else None,
        "completed_at": timestamp_text(job.completed_at) if job.completed_at else None,
        "labels": list(job.labels),
        "runner_id": job.runner_id,
        "runner_name": job.runner_name,
        "runner_group_name": job.runner_group_name,
    }


def fit(jobs: Sequence[FetchedJob]) -> list[FetchedJob]:
    """Cut names until the jobs fit; labels and groups stay whole, for prices depend on them.

    Raises:
        RunTooLarge: They do not fit even with the shortest names.
    """
    for max_bytes in NAME_MAX_BYTES:
        cut = [_with_short_names(job, max_bytes) for job in jobs]
        if _size(cut) <= JOBS_MAX_BYTES:
            return cut
    message = f"{len(jobs)} jobs are more than one execution can carry; 256 usual ones are not"
    raise RunTooLarge(message)


def _with_short_names(job: FetchedJob, max_bytes: int) -> FetchedJob:
    runner_name = job["runner_name"]
    return {
        **job,
        "name": _cut(job["name"], max_bytes),
        "runner_name": None if runner_name is None else _cut(runner_name, max_bytes),
    }


def _cut(text: str, max_bytes: int) -> str:
    if _size(text) <= max_bytes:
        return text
    room = max_bytes - _size("…")
    ends = accumulate(_size(letter) for letter in text[:room])
    return text[: sum(end <= room for end in ends)] + "…"


def _size(value: object) -> int:
    """Count the bytes of a value as JSON inside JSON: a quote of its text takes four there."""
    return len(json.dumps(json.dumps(value))) - _QUOTES


_QUOTES: Final = len(json.dumps(json.dumps("")))
