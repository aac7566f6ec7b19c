"""What costs hear from the mirror of executions."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from costs import services
from executions.enums import ExecutionStatus
from executions.models import Execution
from executions.signals import execution_finished


@receiver(execution_finished)
def request_import(execution: Execution, **_signal: Any) -> None:
    """Have the result of a `workflow-cost` read; runs in the transaction that records its end."""
    if (
        execution.state_machine == services.WORKFLOW
        and execution.status == ExecutionStatus.SUCCEEDED
    ):
        services.request_import(execution=execution, now=timezone.now())
