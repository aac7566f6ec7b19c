"""AWS's token buckets, shared by all workers through the database.

Step Functions Developer Guide, "Quotas": StartExecution and RedriveExecution each have a bucket for
the account and Region. Asking for more than it holds earns a ThrottlingException and helps nobody;
who draws here first is let through by AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from executions.models import Bucket

if TYPE_CHECKING:
    from datetime import datetime

_TRIES = 10


def draw(name: str, *, wanted: int, now: datetime) -> int:
    """Take up to `wanted` tokens and return how many; 0 says that the bucket is empty for now.

    Args:
        name: The API's name, for example `RedriveExecution`.
        wanted: At most this many.
        now: The moment; a bucket fills with time.
    """
    size, per_s = settings.AWS_BUCKET_SIZE, settings.AWS_BUCKET_PER_S
    for _try in range(_TRIES):
        bucket, _ = Bucket.objects.get_or_create(
            name=name, defaults={"tokens": size, "filled_at": now}
        )
        seconds = max(0.0, (now - bucket.filled_at).total_seconds())
        tokens = min(size, bucket.tokens + seconds * per_s)
        taken = min(wanted, int(tokens))
        if not taken:
            return 0
        # Somebody else may draw at this moment: then look again.
        itself = Bucket.objects.filter(name=name, tokens=bucket.tokens, filled_at=bucket.filled_at)
        if itself.update(tokens=tokens - taken, filled_at=max(now, bucket.filled_at)):
            return taken
    return 0


def empty(name: str, *, now: datetime) -> None:
    """Note that AWS refused for want of tokens: somebody else draws on the account, too."""
    Bucket.objects.filter(name=name).update(tokens=0, filled_at=now)
