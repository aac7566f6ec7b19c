"""GitHub's webhook signature: proof that the bytes of a delivery come from who knows the secret.

Source: GitHub Docs, webhooks/using-webhooks/validating-webhook-deliveries, read 2026-08-22.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def sign(secret: bytes, body: bytes) -> str:
    """Write the `X-Hub-Signature-256` header of a delivery: `sha256=` and 64 hex digits.

    Args:
        secret: The App's webhook secret.
        body: The raw bytes as they travel; a form-encoded delivery is signed in its encoded form.
    """
    return "sha256=" + hmac.digest(secret, body, "sha256").hex()


def is_signed_by(secrets: Sequence[bytes], body: bytes, signature: str) -> bool:
    """Tell whether one of the secrets signed this body.

    The time this takes depends neither on where a wrong signature differs nor on which secret
    signed. An empty secret signs nothing, for everybody knows it.

    Args:
        secrets: Those in force: one, or two while GitHub's is being rotated.
        body: The raw bytes as they came.
        signature: The header `X-Hub-Signature-256`, or an empty text where there was none.
    """
    # As bytes, since compare_digest refuses texts beyond ASCII and a header may hold anything.
    given = signature.encode("utf-8", "replace")
    matches = [
        hmac.compare_digest(sign(secret, body).encode(), given) for secret in secrets if secret
    ]
    return any(matches)
