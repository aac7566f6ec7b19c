"""Django's registration of the app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """What two apps or more share; knows no product nouns."""

    name = "core"
