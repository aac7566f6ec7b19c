"""Django's registration of the app."""

from django.apps import AppConfig


class GhadminConfig(AppConfig):
    """The composition root."""

    name = "ghadmin"
