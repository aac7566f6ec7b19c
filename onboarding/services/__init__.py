"""What changes onboarding."""

from onboarding.services.members import import_due_members, rebuild

__all__ = ["import_due_members", "rebuild"]
