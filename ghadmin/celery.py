"""The Celery application: messages wake workers, rows are the work (core/work.py)."""

import os
from pathlib import Path

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ghadmin.settings")

app = Celery("ghadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

if broker_dir := getattr(settings, "CELERY_BROKER_DIR", None):
    # kombu's filesystem transport does not create its folders.
    for folder in ("queue", "control"):
        Path(broker_dir, folder).mkdir(parents=True, exist_ok=True)
