"""Executions over REST."""

from executions.api.executions import (
    ExecutionDetailApi,
    ExecutionHistoryApi,
    ExecutionListApi,
    ExecutionRetryApi,
    ExecutionStepsApi,
    ExecutionStopApi,
)
from executions.api.orders import (
    BulkCancelApi,
    BulkDetailApi,
    BulkItemsApi,
    BulkListApi,
    StartApi,
    StartDetailApi,
)

__all__ = [
    "BulkCancelApi",
    "BulkDetailApi",
    "BulkItemsApi",
    "BulkListApi",
    "ExecutionDetailApi",
    "ExecutionHistoryApi",
    "ExecutionListApi",
    "ExecutionRetryApi",
    "ExecutionStepsApi",
    "ExecutionStopApi",
    "StartApi",
    "StartDetailApi",
]
