"""Django's registration of the app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Ingress: GitHub's deliveries, stored once and handed to Step Functions."""

    name = "webhooks"
