"""Ids that nobody gave: the same name always gets the same one, also after a restart."""

import base64
import hashlib


def number(seed: str, *, digits: int) -> int:
    """A whole number of exactly so many digits."""
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    lowest: int = 10 ** (digits - 1)
    return int(lowest + digest % (9 * lowest))


def commit(seed: str) -> str:
    """Forty hex digits, like a commit."""
    return hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()


def node_id(prefix: str, number: int) -> str:
    """An opaque id as GraphQL knows it, such as `R_kgDO…`."""
    return f"{prefix}_{base64.urlsafe_b64encode(str(number).encode()).decode().rstrip('=')}"
