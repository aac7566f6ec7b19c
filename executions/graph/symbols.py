"""Small pictures of state kinds and statuses, on a grid of 24; lines take the colour around them."""

from __future__ import annotations

from typing import Final

_CIRCLE: Final = "M3 12a9 9 0 1 0 18 0a9 9 0 1 0 -18 0"

KINDS: Final = {
    "lambda": "M6 20l6.5 -9M19 20c-6 0 -6 -16 -12 -16",
    "dynamodb": "M4 6a8 3 0 1 0 16 0a8 3 0 1 0 -16 0M4 6v6a8 3 0 0 0 16 0v-6"
    "M4 12v6a8 3 0 0 0 16 0v-6",
    "sns": "M10 5a2 2 0 1 1 4 0a7 7 0 0 1 4 6v3a4 4 0 0 0 2 3h-16a4 4 0 0 0 2 -3v-3a7 7 0 0 1 4 -6"
    "M9 17v1a3 3 0 0 0 6 0v-1",
    "sqs": "M4 6h16M4 12h16M4 18h16",
    "states": "M9 3h6v6h-6zM3 15h6v6h-6zM15 15h6v6h-6zM6 15v-3h12v3M12 9v3",
    "http": f"{_CIRCLE}M3.6 9h16.8M3.6 15h16.8M11.5 3a17 17 0 0 0 0 18M12.5 3a17 17 0 0 1 0 18",
    "events": "M13 3l0 7l6 0l-8 11l0 -7l-6 0l8 -11",
    "activity": "M8 7a4 4 0 1 0 8 0a4 4 0 0 0 -8 0M6 21v-2a4 4 0 0 1 4 -4h4a4 4 0 0 1 4 4v2",
    "service": "M12 3l8 4.5v9l-8 4.5l-8 -4.5v-9zM12 12l8 -4.5M12 12v9M12 12l-8 -4.5",
    "Task": "M7 8l-4 4l4 4M17 8l4 4l-4 4M14 4l-4 16",
    "Choice": "M12 3l9 9l-9 9l-9 -9z",
    "Wait": f"{_CIRCLE}M12 7v5l3 3",
    "Pass": "M4 12h15M14 7l5 5l-5 5",
    "Succeed": "M5 12l5 5l10 -10",
    "Fail": "M6 6l12 12M18 6l-12 12",
    "Map": "M12 4l-8 4l8 4l8 -4zM4 12l8 4l8 -4M4 16l8 4l8 -4",
    "Parallel": "M5 5v14M12 5v14M19 5v14",
    "other": f"{_CIRCLE}M12 16v.01M12 13a2 2 0 0 0 .9 -3.8a2 2 0 0 0 -2.4 .6",
}
"""One line each, by AWS's code of the service or ASL's type of state."""

MARKS: Final = {
    "succeeded": f'<path class="graph-disc" d="{_CIRCLE}z"/><path class="graph-cut" d="M8 12.5l2.7 2.7l5.4 -5.6"/>',
    "failed": f'<path class="graph-disc" d="{_CIRCLE}z"/><path class="graph-cut" d="M9 9l6 6m0 -6l-6 6"/>',
    "timed_out": f'<path class="graph-disc" d="{_CIRCLE}z"/><path class="graph-cut" d="M12 7v5l3 2.5"/>',
    "aborted": f'<path class="graph-disc" d="{_CIRCLE}z"/><path class="graph-cut" d="M9 9h6v6h-6z"/>',
    "caught": '<path class="graph-disc" d="M12 3.5l9.5 16.5h-19z"/>'
    '<path class="graph-cut" d="M12 10v4M12 17v.01"/>',
    "running": f'<path class="graph-ring" d="{_CIRCLE}"/><path class="graph-arc graph-turning" d="M12 3a9 9 0 0 1 9 9"/>',
    "retry": '<path class="graph-arc" d="M20 11a8.1 8.1 0 0 0 -15.5 -2m-.5 -4v4h4'
    'M4 13a8.1 8.1 0 0 0 15.5 2m.5 4v-4h-4"/>',
}
"""Statuses, by their code, and the sign of a Retry."""


def kind_of(state_type: str, service: str) -> str:
    """Choose the picture for a state: its service's for a Task, its type's for the others."""
    if state_type == "Task":
        return service if service in KINDS else "service" if service else "Task"
    return state_type if state_type in KINDS else "other"
