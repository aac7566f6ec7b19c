"""Django's registration of the app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Accounts and API tokens."""

    name = "access"
