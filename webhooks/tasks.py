"""Woken by messages; the rows say what is to be done."""

from celery import shared_task
from django.utils import timezone


@shared_task(acks_late=True, ignore_result=True)
def dispatch_deliveries() -> None:
    from webhooks import services  # noqa: PLC0415 -- tasks are leaves

    services.dispatch_deliveries(clock=timezone.now)


@shared_task(acks_late=True, ignore_result=True)
def run_routines() -> None:
    from webhooks import services  # noqa: PLC0415 -- tasks are leaves

    services.run_routines(clock=timezone.now)


@shared_task(acks_late=True, ignore_result=True)
def carry_out_replays() -> None:
    from webhooks import services  # noqa: PLC0415 -- tasks are leaves

    services.carry_out_replays(clock=timezone.now)


@shared_task(acks_late=True, ignore_result=True)
def carry_out_backfills() -> None:
    from webhooks import services  # noqa: PLC0415 -- tasks are leaves

    services.carry_out_backfills(clock=timezone.now)
