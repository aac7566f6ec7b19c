"""Django's registration of the app."""

from django.apps import AppConfig


class CostsConfig(AppConfig):
    """Costs of GitHub Actions per run and repository."""

    name = "costs"

    def ready(self) -> None:
        """Listen to the mirror."""
        from costs import receivers  # noqa: F401, PLC0415 -- registers by being imported
