"""Django's registration of the app."""

from django.apps import AppConfig


class ExecutionsConfig(AppConfig):
    """The mirror of Step Functions executions, and their retries."""

    name = "executions"
