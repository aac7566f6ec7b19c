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
        state=state,
        organization_id=42,
        installation_id=4242,
        started_at=None if state == BatchState.READY else now,
    )
    batch.refresh_from_db()
    return batch


def states(batch):
    """Everybody's state, in order."""
    return list(batch.rows.order_by("number").values_list("state", flat=True))


def onboardings(*, now):
    """One onboarding in each state that has a look of its own, by name."""
    newcomers = [f"newcomer-{number}" for number in range(520)]
    members = [f"member-{number}" for number in range(480)]
    ready = checked(
        *members, *newcomers, "ada lovelace", state="ready", invited=newcomers, now=now,
        source=BatchSource.FILE, title="autumn-intake.csv", organization="sandbox-org",
    )  # fmt: skip
    ready.rows.filter(login="ada lovelace").update(
        state=RowState.FAILED,
        error="“ada lovelace” has a space in it; a GitHub login has none.",
    )
    for row in ready.rows.filter(number__lte=40):
        found = {
            "code": "already_member",
            "text": "Is a member of sandbox-org already.",
            "blocks": False,
        }
        ready.rows.filter(pk=row.pk).update(
            checks=[found], name="Maja Example", department="Engineering",
            teams=[{"slug": "everyone", "because": "everybody gets it"}, {"slug": "engineering", "because": "rule 1"}],
        )  # fmt: skip
    running = checked(
        *(f"person-{number}" for number in range(200)), now=now, organization="sandbox-org"
    )
    running.rows.filter(number__lte=120).update(state=RowState.SUCCEEDED)
    running.rows.filter(number__range=(121, 160)).update(state=RowState.RUNNING)
    running.rows.filter(number=7).update(
        state=RowState.FAILED, error="PersonUnknown: the company directory knows no person-6"
    )
    checking = created("ada", "grace", "ada ", "two words", now=now, organization="sandbox-org")
    away = "GitHubUnavailable: GitHub answered 502"
    partly = checked(
        *(f"late-{number}" for number in range(24)),
        state="done",
        now=now,
        organization="sandbox-org",
    )
    partly.rows.update(state=RowState.SUCCEEDED)
    partly.rows.filter(number__gt=21).update(state=RowState.FAILED, error=away)
    failed = checked("mia", "noah", "zoe", state="done", now=now, organization="sandbox-org")
    failed.rows.update(state=RowState.FAILED, error=away)
    return {
        "ready": ready,
        "running": running,
        "checking": checking,
        "partly": partly,
        "failed": failed,
    }
