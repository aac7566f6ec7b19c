"""Executions over REST."""

from executions.api.executions import (
    DeadlineListApi,
    ExecutionDetailApi,
    ExecutionListApi,
    ExecutionRetryApi,
    ExecutionStopApi,
)
from executions.api.failures import FailureAcknowledgeApi, FailureDetailApi, FailureListApi
from executions.api.histories import ExecutionHistoryApi, ExecutionStepsApi
from executions.api.mirror import MirrorApi
from executions.api.orders import (
    BulkCancelApi,
    BulkDetailApi,
    BulkItemsApi,
    BulkListApi,
    ExecutionRetriesApi,
    StartApi,
    StartDetailApi,
)

__all__ = [
    "BulkCancelApi",
    "BulkDetailApi",
    "BulkItemsApi",
    "BulkListApi",
    "DeadlineListApi",
    "ExecutionDetailApi",
    "ExecutionHistoryApi",
    "ExecutionListApi",
    "ExecutionRetriesApi",
    "ExecutionRetryApi",
    "ExecutionStepsApi",
    "ExecutionStopApi",
    "FailureAcknowledgeApi",
    "FailureDetailApi",
    "FailureListApi",
    "MirrorApi",
    "StartApi",
    "StartDetailApi",
]
