"""What an execution did to the world: what it wrote, what it mailed, with links to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse

from executions import selectors
from executions.effects import RESOURCES, Mail, Write, effects

if TYPE_CHECKING:
    from executions.models import Execution, Step

_STEPS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class WriteRow:
    """An item that a state wrote, so many times; `url` is empty where it has no page.

    `step` is the state's first step that wrote it.
    """

    write: Write
    step: Step
    url: str
    count: int


@dataclass(frozen=True, slots=True)
class MailRow:
    """What a step had mailed."""

    mail: Mail
    step: Step


@dataclass(frozen=True, slots=True)
class Deeds:
    """What an execution wrote and mailed; `hidden` counts the steps that are not told of here."""

    writes: list[WriteRow]
    mails: list[MailRow]
    hidden: int


def deeds(execution: Execution) -> Deeds | None:
    """Read what an execution wrote and mailed from its steps that succeeded; None for nothing."""
    steps, total = selectors.steps_calling(execution, resources=RESOURCES, limit=_STEPS_SHOWN)
    events = selectors.events_of_steps(execution, steps)
    mails: list[MailRow] = []
    # A Map writes the same item once for each of its items.
    written: dict[tuple[str, Write], tuple[Step, int]] = {}
    for step in steps:
        for one in effects(events[step.number]):
            if isinstance(one, Mail):
                mails.append(MailRow(one, step))
            else:
                first, count = written.get((step.state, one), (step, 0))
                written[step.state, one] = first, count + 1
    writes = [
        WriteRow(one, step, _page_of(one), count) for (_, one), (step, count) in written.items()
    ]
    if not writes and not mails:
        return None
    return Deeds(writes, mails, hidden=total - len(steps))


def _page_of(write: Write) -> str:
    """Return the page of an item; apps above this one have them, so their names are texts here."""
    names = dict(write.key) | dict(write.item)
    try:
        if "organization_id" in names and "member" in names:
            place = [int(names["organization_id"]), names["member"]]
            return reverse("onboarding:member-detail", args=place)
        if "run_id" in names:
            return reverse("costs:run", args=[int(names["run_id"])])
    except (NoReverseMatch, ValueError):
        pass
    return ""
