"""Questions of onboarding."""
