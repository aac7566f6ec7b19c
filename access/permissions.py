"""Roles for Django REST framework; a token may do what its owner may."""

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from access import selectors
from access.middleware import is_allowed
from access.roles import need_of


class RoleAllows(IsAuthenticated):
    """Let in who is signed in and whose role allows it; the refusal says which one would."""

    message = ""
    code = "role_needed"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Answer 401 to strangers, and 403 with the reason to others."""
        if not super().has_permission(request, view):
            return False
        # The class's own word: the instance that DRF hands over has no `cls`.
        need = need_of(type(view))
        if is_allowed(request, need):
            return True
        self.message = selectors.refusal(need=need, user=request.user).sentence
        return False
