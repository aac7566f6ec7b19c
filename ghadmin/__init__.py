"""The composition root: settings, URLs, Celery and the processes' entry points."""

from ghadmin.celery import app as celery_app

__all__ = ["celery_app"]
