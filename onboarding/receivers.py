"""What onboarding hears from the mirror of executions."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from executions.models import Execution
from executions.signals import execution_finished
from onboarding.services import batches, members


@receiver(execution_finished)
def request_member_import(execution: Execution, **_signal: Any) -> None:
    """Have the member read whom an execution was about; runs in the transaction that records its end."""
    if execution.state_machine in members.WORKFLOWS:  # failed ones may have stored the record
        members.request_import(execution=execution, now=timezone.now())


@receiver(execution_finished)
def follow_batch(execution: Execution, **_signal: Any) -> None:
    """Have a batch look at its part or person; runs in the transaction that records the end."""
    batches.note_finished(execution=execution, now=timezone.now())
