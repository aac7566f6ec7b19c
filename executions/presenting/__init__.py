"""Rows made ready to print: no arithmetic is left to templates."""

from executions.presenting.bulk import (
    OUTCOME_TONES,
    OUTCOME_WORDS,
    PREVIEW_TONES,
    BulkRow,
    Share,
    bulk_rows,
    bulk_standing,
    bulk_tag,
    filter_in_words,
    filter_query,
    shares,
)
from executions.presenting.changes import Changes, RetryRow, changes_between, retry_rows
from executions.presenting.children import ChildList, child_list
from executions.presenting.deadlines import DeadlineBar, deadline_bars
from executions.presenting.deeds import Deeds, deeds
from executions.presenting.executions import (
    ExecutionRow,
    execution_rows,
    execution_tag,
    is_moving,
    list_tag,
)
from executions.presenting.failures import DayBar, FamilyRow, family_rows
from executions.presenting.graphs import StateGraph, last_states, state_graph
from executions.presenting.maps import IterationList, MapSummary, iteration_list, map_summaries
from executions.presenting.notices import notices
from executions.presenting.steps import (
    STEPS_SHOWN,
    StepList,
    StepRow,
    iteration_steps,
    one_step,
    step_list,
)
from executions.presenting.sweeps import SweepBar, sweep_bars

__all__ = [
    "OUTCOME_TONES",
    "OUTCOME_WORDS",
    "PREVIEW_TONES",
    "STEPS_SHOWN",
    "BulkRow",
    "Changes",
    "ChildList",
    "DayBar",
    "DeadlineBar",
    "Deeds",
    "ExecutionRow",
    "FamilyRow",
    "IterationList",
    "MapSummary",
    "RetryRow",
    "Share",
    "StateGraph",
    "StepList",
    "StepRow",
    "SweepBar",
    "bulk_rows",
    "bulk_standing",
    "bulk_tag",
    "changes_between",
    "child_list",
    "deadline_bars",
    "deeds",
    "execution_rows",
    "execution_tag",
    "family_rows",
    "filter_in_words",
    "filter_query",
    "is_moving",
    "iteration_list",
    "iteration_steps",
    "last_states",
    "list_tag",
    "map_summaries",
    "notices",
    "one_step",
    "retry_rows",
    "shares",
    "state_graph",
    "step_list",
    "sweep_bars",
]
