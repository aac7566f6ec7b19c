"""How fast a state graph is made: laid out once a definition, written once a change."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.timing import best_seconds
from executions.graph.drawing import Sheet
from executions.graph.states import Status

_MACHINE = Path(__file__).parents[1] / "aws" / "statemachines" / "workflow-cost.asl.json"
_STATES = 80


def figures() -> Iterator[dict[str, object]]:
    """Yield the figures."""
    machine = json.loads(_MACHINE.read_text("utf-8"))
    sheet = Sheet(machine)
    statuses = {node.state.path: Status("succeeded", tries=2) for node in sheet.graph.nodes}
    for figure, seconds in (
        ("lay workflow-cost's graph out", best_seconds(lambda: Sheet(machine), rounds=5)),
        (
            "write workflow-cost's graph",
            best_seconds(lambda: sheet.draw(statuses, (), name="x"), rounds=5),
        ),
        (
            "lay a tangle of 80 states out",
            best_seconds(lambda: Sheet(_tangle()), rounds=1),
        ),
    ):
        yield {"figure": figure, "value": round(seconds * 1000, 2), "unit": "ms"}


def _tangle() -> dict[str, Any]:
    """Choices that lead anywhere, by a rule that looks like chance."""
    states = {
        f"S{number}": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericEquals": 1, "Next": f"S{number * 37 % _STATES}"}
            ],
            "Default": f"S{(number * 61 + 7) % _STATES}",
        }
        for number in range(_STATES)
    }
    return {"StartAt": "S1", "States": states}
