"""Django's registration of the app."""

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    """Members, team rules, and onboarding by webhook, by hand and by the thousand."""

    name = "onboarding"
