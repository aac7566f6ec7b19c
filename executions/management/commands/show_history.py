"""`manage.py show_history FILE --json`: fold exported histories, without AWS or a database."""

import codecs
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ghkit.history import FoldedHistory, Step, fold


@dataclass(frozen=True, slots=True)
class Export:
    """One exported answer of GetExecutionHistory, with its name if it has one.

    Attributes:
        place: Where it stands, for errors: `line 3: `; empty where it is the whole file.
    """

    place: str
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
        try:
            for export in read_exports(read_text(options["file"])):
                self.stdout.write(show(export.name, folded(export)))
                self.stdout.flush()
        except BrokenPipeError:  # whoever reads has seen enough, for example `head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def read_text(file: str) -> str:
    """Read a file, or standard input for `-`: UTF-8, or what a byte order mark says (PowerShell's)."""
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        message = f"{file} cannot be read: {exc}"
        raise CommandError(message) from exc


def read_exports(text: str) -> Iterator[Export]:
    """Part a text into exports: one JSON value, or one a line; an error names its line."""
    if not text.strip():
        message = "it is empty: there is no history in it"
        raise CommandError(message)
    try:
        values = iter([("", json.loads(text))])
    except (ValueError, RecursionError):
        values = _lines(text)
    for place, value in values:
        if isinstance(value, list):
            yield Export(place, None, value)
        elif isinstance(value, dict) and isinstance(value.get("events"), list):
            name = value.get("name")
            yield Export(place, None if name is None else str(name), value["events"])
        else:
            message = f'{place}expected {{"events": [...]}} or a list of events'
            raise CommandError(message)


def _lines(text: str) -> Iterator[tuple[str, Any]]:
    # Not splitlines(): JSON texts may hold other line separators as they are.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield f"line {number}: ", json.loads(line)
        except (ValueError, RecursionError) as exc:
            message = f"line {number} is not JSON: {exc}"
            raise CommandError(message) from exc


def folded(export: Export) -> FoldedHistory:
    """Fold an export; what is no history is an error that says where and why."""
    try:
        for number, event in enumerate(export.events, start=1):
            _check(event, number)
        return fold(export.events)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as exc:
        why = str(exc) if type(exc) is ValueError else repr(exc)
        name = f"{export.name}: " if export.name else ""
        message = f"{export.place}{name}these are no history events: {why}"
        raise CommandError(message) from exc


def _check(event: Any, number: int) -> None:
    if not isinstance(event, dict):
        message = f"event {number} is no object"
        raise ValueError(message)
    for key, kinds in (("id", int), ("type", str), ("timestamp", str | int | float)):
        if not isinstance(event.get(key), kinds) or isinstance(event[key], bool):
            message = f"event {number} has no {key}, or none that is one"
            raise ValueError(message)


def as_json(name: str | None, history: FoldedHistory) -> str:
    """Write one history as one line of JSON."""
    return json.dumps(
        {
            "name": name,
            "status": history.status,
            "steps": [_step(step) for step in history.steps],
            "unknown_event_types": list(history.unknown_event_types),
        }
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


def as_text(name: str | None, history: FoldedHistory) -> str:
    """Write one history for people: a line a step."""
    lines = [f"{name or 'history'}: {history.status}"]
    for step in history.steps:
        tries = f", {step.attempt} tries" if step.attempt > 1 else ""
        error = f"  {step.error}" if step.error else ""
        lines.append(f"  {step.status:<10} {step.path} ({step.type}{tries}){error}")
    if history.unknown_event_types:
        lines.append(f"  unknown events: {', '.join(history.unknown_event_types)}")
    # JSON may hold halves of characters, which no terminal takes.
    return "\n".join(lines).encode(errors="backslashreplace").decode()
