"""Django's registration of the app."""

from django.apps import AppConfig


class CostsConfig(AppConfig):
    """Costs of GitHub Actions per run and repository."""

    name = "costs"
