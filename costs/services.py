"""What changes the costs: recording runs, and reading them from DynamoDB when their workflow ends."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from core import work
from core.aws import dynamodb, stack
from core.aws.errors import AwsError
from costs.items import UnreadableItem, read_item
from costs.models import Repository, Run, RunImport
from costs.rollups import Differences
from costs.shares import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from executions.models import Execution

    Key = tuple[int, int]

log = structlog.get_logger(__name__)

WORKFLOW = "workflow-cost"
"""The state machine whose results these are."""

REBUILD_BATCH = 100
"""Runs a transaction: the per-run cost of a commit is gone by then, and SQLite's one writer is free
again within some 30 ms."""

_RUN_KEY = ("run_id", "run_attempt")


class RunMoved(ValueError):
    """An attempt is said to be of another repository than before: GitHub never moves a run."""


@transaction.atomic
def record_runs(*, runs: Sequence[Run], now: datetime) -> None:
    """Store attempts, new or changed, and bring the rollups to the sum of all runs.

    Recording the same again changes nothing, in whatever order and however many do so at once.

    Args:
        runs: Unsaved, from `costs.items.read_item`; of one attempt given twice the last counts.
        now: Marks the months that change.

    Raises:
        RunMoved: Nothing was stored.
    """
    fresh = {(run.run_id, run.run_attempt): run for run in runs}
    repositories = _lock_repositories(fresh.values())
    # Read under the lock: nobody else changes what these rows contributed.
    stored = {
        (run.run_id, run.run_attempt): run
        for run in Run.objects.filter(run_id__in={run_id for run_id, _ in fresh}).defer("jobs")
    }
    differences = Differences()
    for key, run in fresh.items():
        if old := stored.get(key):
            if old.repository_id != run.repository_id:
                message = f"{old} was recorded in repository {old.repository_id}"
                raise RunMoved(message)
            differences.add_shares(old.repository_id, _shares(old), sign=-1)
        differences.add_shares(run.repository_id, _shares(run), sign=1)
    _count_attempts(differences, stored.values(), sign=-1)
    _count_attempts(differences, (stored | fresh).values(), sign=1)

    Run.objects.bulk_create(
        fresh.values(),
        update_conflicts=True,
        unique_fields=_RUN_KEY,
        update_fields=[
            field.attname
            for field in Run._meta.concrete_fields
            if not field.primary_key and field.name not in _RUN_KEY
        ],
    )
    differences.apply(now=now)
    _rename(repositories, fresh.values(), replaced=stored)


def request_import(*, execution: Execution, now: datetime) -> None:
    """Have the result of an ended execution read, once more if it was read before."""
    work.order(RunImport, execution=execution, now=now)


def retry_dead_imports(*, now: datetime) -> int:
    """Have all given-up imports tried again; returns how many."""
    return work.retry_dead(RunImport, now=now)


def import_due_runs(*, clock: Callable[[], datetime]) -> int:
    """Work off the outbox; returns how many results were looked at."""
    due = RunImport.objects.select_related("execution").defer("execution__packed_input")
    return work.work_off(due, import_run, clock=clock)


def import_run(row: RunImport, now: datetime) -> None:
    """Read one execution's result from DynamoDB and record it; a handler of `work_off`."""
    try:
        key = _result_key(row.execution.output)
        item = dynamodb.get_item(stack.output("RunsTable"), key)
    except UnreadableItem as exc:
        work.give_up(row, reason=f"The execution's output names no run: {exc}.")
        return
    except AwsError as exc:
        # Even a refusal is not this row's fault: once the permission is there, it goes on by itself.
        raise work.TryLater(str(exc)) from exc
    if item is None:
        reason = f"DynamoDB has no run {key['run_id']}, attempt {key['run_attempt']}."
        work.postpone(row, not_before=work.retry_at(row, now=now), error=reason, strike=True)
        return
    try:
        run = read_item(item, imported_at=now)
        with transaction.atomic():
            record_runs(runs=[run], now=now)
            work.finish(row, imported_at=now)
    except (UnreadableItem, RunMoved) as exc:
        work.give_up(row, reason=f"The run in DynamoDB makes no sense: {exc}.")
        return
    log.info("costs.run_imported", run_id=run.run_id, run_attempt=run.run_attempt)


def rebuild(*, items: Iterable[Mapping[str, Any]], now: datetime) -> int:
    """Record every item of RunsTable; twice changes nothing.

    Args:
        items: All of them, in any order.
        now: Marks the months that change.

    Returns:
        How many runs were recorded; an item that cannot be read is logged and left out.
    """
    count = 0
    for batch in _batched(items, REBUILD_BATCH):
        runs = []
        for item in batch:
            try:
                runs.append(read_item(item, imported_at=now))
            except UnreadableItem as exc:
                log.warning("costs.item_unreadable", run_id=item.get("run_id"), reason=str(exc))
        record_runs(runs=runs, now=now)
        count += len(runs)
    return count


def _lock_repositories(runs: Iterable[Run]) -> dict[int, Repository]:
    """Hold the repositories' rows until the commit, creating those that are new.

    Two workers with attempts of the same run would otherwise both count it as the first of its
    month. In the order of the ids, so that no two of them wait for each other. SQLite has taken its
    one write lock at BEGIN.
    """
    named = {
        run.repository_id: Repository(
            id=run.repository_id, full_name=run.full_name, visibility=run.visibility
        )
        for run in runs
    }
    Repository.objects.bulk_create([named[pk] for pk in sorted(named)], ignore_conflicts=True)
    rows = Repository.objects.select_for_update().filter(pk__in=named).order_by("pk")
    return {row.pk: row for row in rows}


def _rename(
    repositories: Mapping[int, Repository], runs: Iterable[Run], replaced: Container[Key]
) -> None:
    """Let each repository bear the name of its latest run, in whatever order runs arrive."""
    for run in runs:
        repository = repositories[run.repository_id]
        is_named_so = _name(run) == _name(repository)
        if is_named_so and (run.run_id, run.run_attempt) not in replaced:
            continue
        latest = (
            Run.objects.filter(repository=repository)
            .order_by("-completed_at", "-run_id", "-run_attempt")
            .only("full_name", "visibility")[:1]
            .get()
        )
        if _name(latest) != _name(repository):
            repository.full_name, repository.visibility = _name(latest)
            repository.save(update_fields=["full_name", "visibility"])


def _name(thing: Run | Repository) -> tuple[str, str]:
    return thing.full_name, thing.visibility


def _count_attempts(differences: Differences, runs: Iterable[Run], *, sign: int) -> None:
    ends: dict[int, dict[int, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        ends[run.repository_id][run.run_id].append(run.completed_at)
    for repository_id, by_run in ends.items():
        differences.add_attempts(repository_id, by_run, sign=sign)


def _shares(run: Run) -> list[Share]:
    return [Share.from_json(raw) for raw in run.shares]


def _result_key(output: str | None) -> dict[str, int]:
    """Read where the result stands; see `ghkit.contracts.WorkflowCostResult`."""
    if output is None:
        message = "it has none"
        raise UnreadableItem(message)
    try:
        run = json.loads(output)["run"]
        return {name: int(run[name]) for name in _RUN_KEY}
    except (KeyError, TypeError, ValueError) as exc:
        raise UnreadableItem(repr(exc)) from exc


def _batched(items: Iterable[Mapping[str, Any]], size: int) -> Iterator[list[Mapping[str, Any]]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
