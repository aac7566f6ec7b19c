"""Django's registration of the app."""

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    """Members, team rules, and onboarding by webhook, by hand and by the thousand."""

    name = "onboarding"

    def ready(self) -> None:
        """Listen to the mirror."""
        from onboarding import receivers  # noqa: F401, PLC0415 -- registers by being imported
