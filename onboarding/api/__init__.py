"""Onboarding over REST."""
