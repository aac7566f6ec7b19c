"""Durable work: the database row is the truth, a Celery message only wakes a worker.

A model that derives from `LeasedWork` is a queue. Its life: `waiting` → `leased` → `done`, or back
to `waiting` with a later `not_before`, or `dead` with a reason. Whoever claims a row holds it until
its lease ends and has its `attempt` number as a fence: a worker that comes back after its lease went
to another finds that its number is old (`LeaseLost`) and changes nothing. So work may *start* twice,
never *end* twice; what it calls outside must bear a repetition.

How an app uses it::

    class Import(LeasedWork):                               # models.py
        work_task = "costs.tasks.import_runs"

        class Meta(LeasedWork.Meta):                        # only where it adds some of its own
            indexes = [*LeasedWork.Meta.indexes, ...]

    Import.objects.create(not_before=now, ...)              # services.py, in a transaction
    work.wake(Import)                                       # sent after the commit; may get lost
    work.order(Import, execution=execution, now=now)        # both, where one row may be due again

    @shared_task                                            # tasks.py
    def import_runs() -> None:
        from costs import services
        work.work_off(Import, services.import_run, clock=timezone.now)

    def import_run(row: Import, now: datetime) -> None:     # services.py
        item = dynamodb.get_item(...)                       # network first, outside a transaction
        with transaction.atomic():
            ...                                             # all effects and the end together:
            work.finish(row)                                # LeaseLost rolls them back

Nothing depends on the broker: the sweeper of each worker looks every second for due rows. A row
stops after `MAX_STRIKES` strikes. A strike is an attempt that vanished (the process died, its lease
ran out), raised something unforeseen, or was postponed with `strike=True`; waiting for a service
that is away (`TryLater`) is none, so an outage of days loses nothing.
"""

from core.work.loop import LEASE_S, TryLater, keep_alive, work_off
from core.work.ordering import order, retry_dead
from core.work.rows import (
    MAX_STRIKES,
    Backlog,
    LeasedWork,
    LeaseLost,
    WorkState,
    backlog,
    backoff,
    claim,
    due,
    finish,
    give_up,
    kinds,
    postpone,
    rearm,
    renew,
    retry_at,
)
from core.work.waking import wake

__all__ = [
    "LEASE_S",
    "MAX_STRIKES",
    "Backlog",
    "LeaseLost",
    "LeasedWork",
    "TryLater",
    "WorkState",
    "backlog",
    "backoff",
    "claim",
    "due",
    "finish",
    "give_up",
    "keep_alive",
    "kinds",
    "order",
    "postpone",
    "rearm",
    "renew",
    "retry_at",
    "retry_dead",
    "wake",
    "work_off",
]
