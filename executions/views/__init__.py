"""The pages of executions."""

from executions.views.detail import execution_detail, execution_events, execution_retry
from executions.views.lists import execution_find, execution_list

__all__ = [
    "execution_detail",
    "execution_events",
    "execution_find",
    "execution_list",
    "execution_retry",
]
