"""Questions to the mirror."""

from executions.selectors.families import FamilyCount, families, family_by_id, open_failure_count
from executions.selectors.histories import events_after, events_by_id, step_count, steps, visits
from executions.selectors.lists import (
    ATTENTION_CHOICES,
    Filter,
    execution_by_arn,
    execution_by_id,
    executions,
    matching,
    startable_machines,
    state_machines,
)
from executions.selectors.mirror import (
    HOURS,
    Hour,
    hours,
    mirror_lag_s,
    mirror_state,
    sweep_reports,
    totals,
)
from executions.selectors.orders import (
    SOON,
    advice_of,
    deadlines_by_day,
    predecessor_of,
    retries_of,
    soon_unrecoverable,
    start_by_id,
    stops_of,
)

__all__ = [
    "ATTENTION_CHOICES",
    "HOURS",
    "SOON",
    "FamilyCount",
    "Filter",
    "Hour",
    "advice_of",
    "deadlines_by_day",
    "events_after",
    "events_by_id",
    "execution_by_arn",
    "execution_by_id",
    "executions",
    "families",
    "family_by_id",
    "hours",
    "matching",
    "mirror_lag_s",
    "mirror_state",
    "open_failure_count",
    "predecessor_of",
    "retries_of",
    "soon_unrecoverable",
    "start_by_id",
    "startable_machines",
    "state_machines",
    "step_count",
    "steps",
    "stops_of",
    "sweep_reports",
    "totals",
    "visits",
]
