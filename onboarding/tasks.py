"""What a message from the broker wakes; the rows decide what there is to do."""

from celery import shared_task
from django.utils import timezone


@shared_task
def import_members() -> None:
    from onboarding import services  # noqa: PLC0415 -- tasks are leaves

    services.import_due_members(clock=timezone.now)
