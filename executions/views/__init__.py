"""The pages of executions."""

from executions.views.detail import execution_detail, execution_events, execution_retry
from executions.views.lists import execution_find, execution_list
from executions.views.orders import (
    execution_deadlines,
    execution_start_anew,
    execution_stop,
    start_by_hand,
    start_choose,
    start_detail,
)

__all__ = [
    "execution_deadlines",
    "execution_detail",
    "execution_events",
    "execution_find",
    "execution_list",
    "execution_retry",
    "execution_start_anew",
    "execution_stop",
    "start_by_hand",
    "start_choose",
    "start_detail",
]
