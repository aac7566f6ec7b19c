"""Executions over REST."""

from executions.api.executions import (
    ExecutionDetailApi,
    ExecutionListApi,
    ExecutionRetryApi,
    ExecutionStopApi,
)
from executions.api.histories import ExecutionHistoryApi, ExecutionStepsApi
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
