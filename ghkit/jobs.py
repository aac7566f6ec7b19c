"""A finished workflow job: the few fields of GitHub's REST object that its price depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ghkit.errors import InvalidPayload
from ghkit.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One job of one attempt, as `GET …/runs/{run_id}/attempts/{n}/jobs` lists it.

    GitHub says nowhere what machine a job ran on: `labels` is what `runs-on` asked for, and the
    runner's name and group are the only other hints. A job that never got a runner has the id 0
    and empty names there, or null.

    Source: GitHub Docs, rest/actions/workflow-jobs, API version 2026-03-10.
    """

    id: int
    name: str
    conclusion: str | None
    started_at: datetime | None
    completed_at: datetime | None
    labels: tuple[str, ...]
    runner_id: int | None = None
    runner_name: str | None = None
    runner_group_name: str | None = None

    @property
    def has_runner(self) -> bool:
        """Whether GitHub ever assigned a runner."""
        return bool(self.runner_id or self.runner_name)


def parse_job(raw: object, *, field: str = "job") -> Job:
    """Read a job from GitHub's REST object, or from the projection of it that we hand on.

    Args:
        raw: The decoded JSON object; keys that pricing has no use for are ignored.
        field: Dotted path of the object, for the error.

    Raises:
        InvalidPayload: A field is missing or of the wrong type.
    """
    if not isinstance(raw, dict):
        raise InvalidPayload(field, f"expected an object, got {type(raw).__name__}")
    labels = _required(raw, "labels", list, field)
    if not all(isinstance(label, str) for label in labels):
        raise InvalidPayload(f"{field}.labels", "expected texts")
    return Job(
        id=_required(raw, "id", int, field),
        name=_required(raw, "name", str, field),
        conclusion=_optional(raw, "conclusion", str, field),
        started_at=_moment(raw, "started_at", field),
        completed_at=_moment(raw, "completed_at", field),
        labels=tuple(labels),
        runner_id=_optional(raw, "runner_id", int, field),
        runner_name=_optional(raw, "runner_name", str, field),
        runner_group_name=_optional(raw, "runner_group_name", str, field),
    )


def _required(raw: Mapping[str, Any], key: str, kind: type[T], field: str) -> T:
    value = raw.get(key)
    # JSON's true and false are no numbers, though Python counts them as such.
    if not isinstance(value, kind) or isinstance(value, bool):
        problem = f"expected {kind.__name__}, got {type(value).__name__}"
        raise InvalidPayload(f"{field}.{key}", problem)
    return value


def _optional(raw: Mapping[str, Any], key: str, kind: type[T], field: str) -> T | None:
    return None if raw.get(key) is None else _required(raw, key, kind, field)


def _moment(raw: Mapping[str, Any], key: str, field: str) -> datetime | None:
    value = raw.get(key)
    return None if value is None else parse_timestamp(value, field=f"{field}.{key}")
