"""Django's registration of the app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """What two apps or more share; knows no product nouns."""

    name = "core"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from core import checks  # noqa: F401, PLC0415 -- registers on import, once apps are loaded
