"""What a message from the broker wakes; the rows decide what there is to do."""

from celery import shared_task
from django.utils import timezone


@shared_task
def import_members() -> None:
    from onboarding import services  # noqa: PLC0415 -- tasks are leaves

    services.import_due_members(clock=timezone.now)


@shared_task
def check_invitations() -> None:
    from onboarding import services  # noqa: PLC0415 -- tasks are leaves

    services.check_due_invitations(clock=timezone.now)


@shared_task
def do_chores() -> None:
    from onboarding import services  # noqa: PLC0415 -- tasks are leaves

    services.do_due_chores(clock=timezone.now)


@shared_task
def advance_batches() -> None:
    from onboarding.services import batches  # noqa: PLC0415 -- tasks are leaves

    batches.advance_due_batches(clock=timezone.now)


@shared_task
def work_off_parts() -> None:
    from onboarding.services import batches  # noqa: PLC0415 -- tasks are leaves

    batches.work_off_due_parts(clock=timezone.now)


@shared_task
def follow_rows() -> None:
    from onboarding.services import batches  # noqa: PLC0415 -- tasks are leaves

    batches.follow_due_rows(clock=timezone.now)


@shared_task
def write_directory() -> None:
    from onboarding.services import directory  # noqa: PLC0415 -- tasks are leaves

    directory.write_due_directories(clock=timezone.now)
