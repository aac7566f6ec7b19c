"""The Celery application: messages wake workers, rows are the work (core/work/)."""

import os
import sys
from pathlib import Path
from typing import Any

import structlog
from celery import Celery, signals
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections
from django.utils import timezone
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ghadmin.settings")

TRANSPORT_ALIASES["filesystem"] = "core.work.folder:Transport"
app = Celery("ghadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def make_broker_folders(**_: Any) -> None:
    """Make what kombu's filesystem transport expects to find, before the first message."""
    if broker_dir := getattr(settings, "CELERY_BROKER_DIR", None):
        for folder in ("queue", "control"):
            Path(broker_dir, folder).mkdir(parents=True, exist_ok=True)


@signals.setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Leave logging as settings.LOGGING has it: Celery asks by this signal before it sets its own."""


@signals.worker_init.connect
def refuse_half_set_settings(**_: Any) -> None:
    """Stop a worker that could not do its work; Celery runs Django's checks but ignores them."""
    from core.checks import require_sound_settings  # noqa: PLC0415 -- needs Django's app registry

    try:
        require_sound_settings()
    except ImproperlyConfigured as exc:
        # An Exception Celery would log and go on.
        sys.exit(str(exc))


@signals.worker_ready.connect
def start_sweeper(**_: Any) -> None:
    """Look for due work from now on, whatever the broker forgets.

    First of all, compare with GitHub: who knows what it sent while nobody was there.
    """
    from core.work.sweeper import Sweeper  # noqa: PLC0415 -- needs Django's app registry
    from webhooks import services  # noqa: PLC0415 -- needs Django's app registry

    sweeper = Sweeper(
        clock=timezone.now, at_start=lambda: services.start_routines(now=timezone.now())
    )
    signals.worker_shutting_down.connect(lambda **_: sweeper.stop(), weak=False)
    sweeper.start()


@signals.task_prerun.connect
@signals.task_postrun.connect
def keep_connections(**_: Any) -> None:
    """Close a thread's connection when it is broken or too old, as Django does around requests."""
    close_old_connections()


@signals.task_prerun.connect
def bind_task(task_id: str, task: Any, **_: Any) -> None:
    """Name the task in every log line it causes."""
    structlog.contextvars.bind_contextvars(task_id=task_id, task=task.name)


@signals.task_postrun.connect
def clear_context(**_: Any) -> None:
    """Leave nothing of this task to the next one of the thread."""
    structlog.contextvars.clear_contextvars()
