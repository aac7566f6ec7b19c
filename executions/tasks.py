"""Woken by messages; the rows say what is to be done."""

from celery import shared_task
from django.utils import timezone


@shared_task
def refresh_executions() -> None:
    from executions import services  # noqa: PLC0415 -- tasks are leaves

    services.refresh_due_executions(clock=timezone.now)


@shared_task
def carry_out_retries() -> None:
    from executions import services  # noqa: PLC0415 -- tasks are leaves

    services.carry_out_due_retries(clock=timezone.now)


@shared_task
def carry_out_stops() -> None:
    from executions import services  # noqa: PLC0415 -- tasks are leaves

    services.carry_out_due_stops(clock=timezone.now)


@shared_task
def carry_out_starts() -> None:
    from executions import services  # noqa: PLC0415 -- tasks are leaves

    services.carry_out_due_starts(clock=timezone.now)


@shared_task
def advance_bulk_retries() -> None:
    from executions import services  # noqa: PLC0415 -- tasks are leaves

    services.advance_due_bulk_retries(clock=timezone.now)
