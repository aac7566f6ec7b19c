"""What changes onboarding."""

from onboarding.services.chores import do_due_chores
from onboarding.services.invitations import check_due_invitations, check_now
from onboarding.services.members import import_due_members, rebuild, retry_dead_imports

__all__ = [
    "check_due_invitations",
    "check_now",
    "do_due_chores",
    "import_due_members",
    "rebuild",
    "retry_dead_imports",
]
