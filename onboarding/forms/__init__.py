"""Input of the pages of onboarding."""
