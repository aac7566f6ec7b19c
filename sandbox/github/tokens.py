"""Who asks: the App by its JWT, or an installation by its token."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sandbox.github.answers import GitHubError
from sandbox.github.moments import iso
from sandbox.github.shapes.accounts import client_id
from sandbox.github.state import PERMISSIONS, TOKEN_LIFE, Account, GitHub, Repository, Token

LONGEST_JWT_S = 600
"""GitHub takes a JWT that expires within ten minutes (Generating a JSON Web Token)."""

SIGNATURE_BYTES = 256
"""An RS256 signature with a 2048-bit key; it makes the token about 520 characters long."""


@dataclass(frozen=True)
class Caller:
    """An installation that asks, with what its token allows."""

    account: Account
    token: Token

    def can_see(self, repository: Repository) -> bool:
        """Anyone sees a public repository; a private one is its own installation's."""
        if not repository.private:
            return True
        own = repository.owner.lower() == self.account.login.lower()
        narrowed = self.token.repository_ids
        return own and (narrowed is None or repository.id in narrowed)


def bearer(headers: Mapping[str, str]) -> str | None:
    """The credentials of a request; GitHub takes `Bearer` and, for tokens, `token`."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() in ("bearer", "token") else None


def require_app(
    headers: Mapping[str, str], *, app_id: int, public_key: RSAPublicKey, now: datetime
) -> None:
    """Let only the App itself pass.

    Raises:
        GitHubError: 401 with GitHub's words for what is wrong with the JWT; 404 where it was
            issued by an App that GitHub does not know.
    """
    try:
        claims = jwt.decode(
            bearer(headers) or "",
            public_key,
            algorithms=["RS256"],
            # The claims are checked below, each with GitHub's own message.
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.InvalidTokenError as exc:
        raise GitHubError(401, "A JSON web token could not be decoded") from exc
    moment = now.timestamp()
    expires, issued = claims.get("exp"), claims.get("iat")
    if type(expires) is not int or expires <= moment:
        raise GitHubError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future "
            "time at which the assertion expires",
        )
    if expires > moment + LONGEST_JWT_S:
        raise GitHubError(401, "'Expiration time' claim ('exp') is too far in the future")
    if type(issued) is not int or issued > moment:
        raise GitHubError(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the "
            "assertion was issued",
        )
    if str(claims.get("iss")) not in (str(app_id), client_id(app_id)):
        raise GitHubError(404, "Integration not found")


def require_installation(
    github: GitHub,
    headers: Mapping[str, str],
    *,
    permission: str,
    now: datetime,
    level: str = "read",
) -> Caller:
    """Let only an installation pass whose token may read, or write, this kind of thing.

    GitHub shows public repositories to anybody, 60 times an hour. Here a request without a token
    gets 401: for an App it is always a mistake.

    Raises:
        GitHubError: 401 without a good token, 403 where it lacks the permission or is suspended.
    """
    credentials = bearer(headers)
    if credentials is None:
        raise GitHubError(401, "Requires authentication")
    token = github.find_token(credentials, now=now)
    account = github.find_installation(token.installation_id) if token else None
    if token is None or account is None or not account.is_installed:
        raise GitHubError(401, "Bad credentials")
    refuse_suspended(account)
    if token.permissions.get(permission) not in (level, "write"):
        raise GitHubError(
            403,
            "Resource not accessible by integration",
            headers={"x-accepted-github-permissions": f"{permission}={level}"},
        )
    return Caller(account, token)


def refuse_suspended(account: Account) -> None:
    """Let nothing pass that an account's owner has suspended.

    Raises:
        GitHubError: 403, it is suspended.
    """
    if account.suspended_at:
        raise GitHubError(403, "This installation has been suspended")


def issue(
    github: GitHub, account: Account, *, app_id: int, order: Mapping[str, Any], now: datetime
) -> tuple[str, Token]:
    """Make an installation token, narrowed to what the order names.

    Raises:
        GitHubError: 422 where the order names what the installation does not have.
    """
    permissions = order.get("permissions") or dict(PERMISSIONS)
    for name, level in permissions.items():
        if PERMISSIONS.get(name) not in (level, "write"):
            raise GitHubError(
                422, "The permissions requested are not granted to this installation."
            )
    token = Token(
        installation_id=account.installation_id,
        expires_at=iso(now + TOKEN_LIFE),
        permissions={**permissions, "metadata": "read"},
        repository_ids=narrowed(github.repositories_of(account), order),
    )
    text = new_text(app_id, account.installation_id, expires_at=now + TOKEN_LIFE)
    github.keep_token(text, token, now=now)
    return text, token


def narrowed(owned: list[Repository], order: Mapping[str, Any]) -> list[int] | None:
    """Ids of the repositories that the order names, by id or by name; None is all of them."""
    wanted = [*(order.get("repository_ids") or []), *(order.get("repositories") or [])]
    if not wanted:
        return None
    ids: dict[object, int] = {repository.id: repository.id for repository in owned}
    names: dict[object, int] = {repository.name: repository.id for repository in owned}
    try:
        return [ids[each] if each in ids else names[each] for each in wanted]
    except (KeyError, TypeError) as exc:
        raise GitHubError(
            422,
            "There is at least one repository that does not exist or is not accessible to the "
            "parent installation.",
        ) from exc


def new_text(app_id: int, installation_id: int, *, expires_at: datetime) -> str:
    """A token in the form that GitHub has used since April 2026: `ghs_<app id>_<JWT>`.

    Only its form is GitHub's: what it allows is looked up, and its signature is random.
    """
    claims = {
        "iss": "github.com",
        "sub": f"installation:{installation_id}",
        "exp": int(expires_at.timestamp()),
        "jti": secrets.token_hex(16),
    }
    parts = (
        json.dumps({"typ": "JWT", "alg": "RS256"}, separators=(",", ":")).encode(),
        json.dumps(claims, separators=(",", ":")).encode(),
        secrets.token_bytes(SIGNATURE_BYTES),
    )
    encoded = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f"ghs_{app_id}_{'.'.join(encoded)}"
