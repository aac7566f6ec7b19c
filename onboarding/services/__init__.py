"""What changes onboarding."""

from onboarding.services.members import import_due_members, rebuild, retry_dead_imports

__all__ = ["import_due_members", "rebuild", "retry_dead_imports"]
