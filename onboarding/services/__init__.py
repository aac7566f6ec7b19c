"""What changes onboarding."""
