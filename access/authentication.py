"""API tokens for Django REST framework: `Authorization: Bearer ghadmin_…`."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from access import services
from access.models import ApiToken


class BearerTokenAuthentication(BaseAuthentication):
    """Sign a request in by an API token; without one the next way (the session) is asked."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ApiToken] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()  # noqa: TID251 -- an edge
        token = services.find_token(secret=secret.strip(), now=now)
        if token is None:
            message = "The token is unknown, revoked or expired."
            raise AuthenticationFailed(message, code="token_not_valid")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 -- DRF's signature
        """Make the answer a 401 with its challenge, not a 403."""
        return 'Bearer realm="ghadmin"'


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI schema describes it; drf-spectacular finds the class by its target."""

    target_class = BearerTokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from /account/tokens/.",
        }
