"""Issue and check API tokens, throttle sign-ins, set up accounts, note who changed what."""

from access.services.accounts import (
    LastAdmin,
    UsernameTaken,
    create_account,
    ensure_admin,
    new_password,
    reset_password,
    set_active,
    set_role,
)
from access.services.audit import (
    Deed,
    close_change,
    drop_change,
    note_refusal,
    open_change,
)
from access.services.sign_ins import (
    TooManySignIns,
    admit_sign_in,
    forgive_sign_in,
)
from access.services.tokens import (
    TokenNameTaken,
    digest_of,
    find_token,
    issue_token,
    revoke_token,
)

__all__ = [
    "Deed",
    "LastAdmin",
    "TokenNameTaken",
    "TooManySignIns",
    "UsernameTaken",
    "admit_sign_in",
    "close_change",
    "create_account",
    "digest_of",
    "drop_change",
    "ensure_admin",
    "find_token",
    "forgive_sign_in",
    "issue_token",
    "new_password",
    "note_refusal",
    "open_change",
    "reset_password",
    "revoke_token",
    "set_active",
    "set_role",
]
