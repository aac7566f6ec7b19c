"""The gate, one's own account, everybody's accounts, and the audit."""

from access.views.accounts import account_change, account_list
from access.views.audit import change_list
from access.views.own import (
    ChangePassword,
    SignedInRequest,
    SignIn,
    client_address,
    token_list,
    token_revoke,
)

__all__ = [
    "ChangePassword",
    "SignIn",
    "SignedInRequest",
    "account_change",
    "account_list",
    "change_list",
    "client_address",
    "token_list",
    "token_revoke",
]
