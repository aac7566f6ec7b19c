"""The pages of executions."""

from executions.views.bulk import (
    bulk_cancel,
    bulk_detail,
    bulk_export,
    bulk_list,
    bulk_new,
    execution_export,
)
from executions.views.detail import execution_detail, execution_retry
from executions.views.events import execution_events, history_export
from executions.views.failures import failure_acknowledge, failure_list
from executions.views.lists import execution_find, execution_list
from executions.views.mirror import mirror_state
from executions.views.orders import (
    execution_deadlines,
    execution_start_anew,
    execution_stop,
    start_by_hand,
    start_choose,
    start_detail,
)
from executions.views.steps import iteration_detail, step_detail

__all__ = [
    "bulk_cancel",
    "bulk_detail",
    "bulk_export",
    "bulk_list",
    "bulk_new",
    "execution_deadlines",
    "execution_detail",
    "execution_events",
    "execution_export",
    "execution_find",
    "execution_list",
    "execution_retry",
    "execution_start_anew",
    "execution_stop",
    "failure_acknowledge",
    "failure_list",
    "history_export",
    "iteration_detail",
    "mirror_state",
    "start_by_hand",
    "start_choose",
    "start_detail",
    "step_detail",
]
