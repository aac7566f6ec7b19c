"""Rows made ready to print: no arithmetic is left to templates."""

from executions.presenting.bulk import (
    OUTCOME_TONES,
    OUTCOME_WORDS,
    PREVIEW_TONES,
    BulkRow,
    Share,
    bulk_rows,
    filter_in_words,
    filter_query,
    shares,
)
from executions.presenting.deadlines import DeadlineBar, deadline_bars
from executions.presenting.executions import (
    STEPS_SHOWN,
    TIMELINE_SHOWN,
    ExecutionRow,
    StateGraph,
    StepList,
    StepRow,
    execution_rows,
    execution_tag,
    is_moving,
    list_tag,
    state_graph,
    step_list,
)
from executions.presenting.failures import DayBar, FamilyRow, family_rows
from executions.presenting.sweeps import SweepBar, sweep_bars

__all__ = [
    "OUTCOME_TONES",
    "OUTCOME_WORDS",
    "PREVIEW_TONES",
    "STEPS_SHOWN",
    "TIMELINE_SHOWN",
    "BulkRow",
    "DayBar",
    "DeadlineBar",
    "ExecutionRow",
    "FamilyRow",
    "Share",
    "StateGraph",
    "StepList",
    "StepRow",
    "SweepBar",
    "bulk_rows",
    "deadline_bars",
    "execution_rows",
    "execution_tag",
    "family_rows",
    "filter_in_words",
    "filter_query",
    "is_moving",
    "list_tag",
    "shares",
    "state_graph",
    "step_list",
    "sweep_bars",
]
