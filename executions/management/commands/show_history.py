"""`manage.py show_history FILE --json`: fold exported histories, without AWS or a database."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ghkit.history import FoldedHistory, Step, fold


@dataclass(frozen=True, slots=True)
class Export:
    """One exported answer of GetExecutionHistory, with its name if it has one."""

    name: str | None
    events: list[dict[str, Any]]


class Command(BaseCommand):
    """Show the steps of exported histories."""

    help = (
        "Folds exported GetExecutionHistory answers into steps. FILE holds one answer"
        ' ({"events": [...]}, or the bare list), or JSON lines of them with an optional "name";'
        " - reads standard input."
    )
    # Needs no setting, no database and nobody else's code to be sound.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="one JSON line a history")

    def handle(self, **options: Any) -> None:
        show = as_json if options["json"] else as_text
        for export in read_exports(read_text(options["file"])):
            try:
                folded = fold(export.events)
            except (KeyError, TypeError, ValueError, AttributeError) as exc:
                message = f"{export.name or 'history'}: these are no history events ({exc!r})"
                raise CommandError(message) from exc
            self.stdout.write(show(export.name, folded))


def read_text(file: str) -> str:
    """Read a file, or standard input for `-`."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        message = f"{file} cannot be read: {exc}"
        raise CommandError(message) from exc


def read_exports(text: str) -> Iterator[Export]:
    """Part a text into exports: one JSON value, or one a line."""
    try:
        values = [json.loads(text)]
    except ValueError:
        values = list(_lines(text))
    for value in values:
        if isinstance(value, list):
            yield Export(None, value)
        elif isinstance(value, dict) and isinstance(value.get("events"), list):
            name = value.get("name")
            yield Export(None if name is None else str(name), value["events"])
        else:
            message = 'expected {"events": [...]} or a list of events'
            raise CommandError(message)


def _lines(text: str) -> Iterator[Any]:
    # Not splitlines(): JSON texts may hold other line separators as they are.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError as exc:
            message = f"line {number} is not JSON: {exc}"
            raise CommandError(message) from exc


def as_json(name: str | None, folded: FoldedHistory) -> str:
    """Write one history as one line of JSON."""
    return json.dumps(
        {
            "name": name,
            "status": folded.status,
            "steps": [_step(step) for step in folded.steps],
            "unknown_event_types": list(folded.unknown_event_types),
        },
        ensure_ascii=False,
    )


def _step(step: Step) -> dict[str, Any]:
    return {
        "state": step.state,
        "type": step.type,
        "path": step.path,
        "iteration": step.iteration,
        "attempt": step.attempt,
        "status": step.status,
        "entered_at": step.entered_at.isoformat(),
        "exited_at": None if step.exited_at is None else step.exited_at.isoformat(),
        "error": step.error,
        "cause": step.cause,
        "child_execution_arn": step.child_execution_arn,
    }


def as_text(name: str | None, folded: FoldedHistory) -> str:
    """Write one history for people: a line a step."""
    lines = [f"{name or 'history'}: {folded.status}"]
    for step in folded.steps:
        tries = f", {step.attempt} tries" if step.attempt > 1 else ""
        error = f"  {step.error}" if step.error else ""
        lines.append(f"  {step.status:<10} {step.path} ({step.type}{tries}){error}")
    if folded.unknown_event_types:
        lines.append(f"  unknown events: {', '.join(folded.unknown_event_types)}")
    return "\n".join(lines)
