"""Batches in the states that tests need, made as the product makes them where that is short."""

from datetime import UTC, datetime
from itertools import count

from onboarding.enums import BatchSource, BatchState, RowState
from onboarding.models import Batch, Row
from onboarding.services import batches

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
_ids = count(7_000)


def named(*logins):
    return [batches.Named(number=number, login=login) for number, login in enumerate(logins, 1)]


def created(*logins, now=NOW, **fields):
    """A batch that has yet to be checked."""
    given = {"organization": "octo-org", "source": BatchSource.PASTE, "user": None} | fields
    return batches.create_batch(people=named(*logins), now=now, **given)


def checked(*logins, state=BatchState.RUNNING, invited=(), now=NOW, **fields):
    """A batch whose people GitHub knows, all of them waiting for their release."""
    batch = created(*logins, now=now, **fields)
    for row in batch.rows.order_by("number"):
        Row.objects.filter(pk=row.pk).update(
            github_id=next(_ids),
            login=row.login_given,
            state=RowState.WAITING,
            membership="none" if row.login_given in invited else "active",
            invitations=int(row.login_given in invited),
        )
    Batch.objects.filter(pk=batch.pk).update(
        state=state, organization_id=42, installation_id=4242, started_at=now
    )
    batch.refresh_from_db()
    return batch


def states(batch):
    """Everybody's state, in order."""
    return list(batch.rows.order_by("number").values_list("state", flat=True))
