"""The arithmetic of the rollups: which differences a batch of runs makes, and how they are added.

The difference is computed in Python and added by the database, so that no sum is ever read,
changed and written back.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db import connections, router
from django.db.models import F, Value

from costs.enums import SkuKind
from costs.models import RepositoryDaySku, RepositoryMonth, RepositoryMonthSku
from costs.periods import month_of
from costs.shares import HOSTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from django.db.models import Field

    from costs.shares import Share

    Key = tuple[Any, ...]
    Sums = dict[str, int | Decimal]

Rollup = RepositoryDaySku | RepositoryMonthSku | RepositoryMonth


class RollupBroken(RuntimeError):
    """The rollups do not hold what the runs say: somebody else wrote there."""


class Row(NamedTuple):
    """What is to be added to one row."""

    key: Key
    sums: Sums


class Differences:
    """What is to be added to the rollups; a run taken out is added with the sign -1."""

    def __init__(self) -> None:
        self._found: dict[type[Rollup], dict[Key, Sums]] = {
            model: defaultdict(dict)
            for model in (RepositoryDaySku, RepositoryMonthSku, RepositoryMonth)
        }
        # Where something is taken out, and so a row is known to stand.
        self._taken: set[tuple[type[Rollup], Key]] = set()

    def add_shares(self, repository_id: int, shares: Iterable[Share], sign: int) -> None:
        """Put minutes, jobs and money to the days and months of the jobs."""
        for share in shares:
            minutes = share.minutes
            sums: Sums = {
                "jobs": share.jobs,
                "cost_usd": share.cost_usd,
                "billed_usd": share.billed_usd,
            }
            sku = (share.sku, share.kind)
            by_sku = {**sums, "minutes": minutes}
            self._add(RepositoryDaySku, (repository_id, share.day, *sku), by_sku, sign)
            self._add(RepositoryMonthSku, (repository_id, share.month, *sku), by_sku, sign)
            by_kind = {**sums, _minutes_column(share.kind): minutes}
            self._add(RepositoryMonth, (repository_id, share.month), by_kind, sign)

    def add_attempts(
        self, repository_id: int, ends: Mapping[int, Iterable[datetime]], sign: int
    ) -> None:
        """Count attempts, and in each month every run once.

        Args:
            repository_id: Where they ran.
            ends: By run, when each of its attempts ended: all of them, for a run that was counted
                in a month by one attempt is not counted again by the next.
            sign: 1 to count, -1 to take back.
        """
        for moments in ends.values():
            months = [month_of(moment) for moment in moments]
            for month in months:
                self._add(RepositoryMonth, (repository_id, month), {"attempts": 1}, sign)
            for month in set(months):
                self._add(RepositoryMonth, (repository_id, month), {"runs": 1}, sign)

    def apply(self, *, now: datetime) -> None:
        """Add them to the rows; the caller holds the locks of the repositories.

        Rows that come to nothing are deleted, so that the tables depend on the runs alone and not
        on the way there.
        """
        self._apply(RepositoryDaySku, {})
        self._apply(RepositoryMonthSku, {})
        self._apply(RepositoryMonth, {"updated_at": now})

    def _add(self, model: type[Rollup], key: Key, sums: Sums, sign: int) -> None:
        row = self._found[model][key]
        for name, value in sums.items():
            row[name] = row.get(name, 0) + sign * value
        if sign < 0:
            self._taken.add((model, key))

    def _apply(self, model: type[Rollup], also: Mapping[str, Any]) -> None:
        added: list[Row] = []
        changed: list[Row] = []
        for key, found in sorted(self._found[model].items(), key=itemgetter(0)):
            row = Row(key, {name: found.get(name, 0) for name in model.sum_fields})
            if any(row.sums.values()):
                (changed if (model, key) in self._taken else added).append(row)
        _add_to_rows(model, added, also)
        for row in changed:
            _change_row(model, row, also)


def _minutes_column(kind: SkuKind) -> str:
    if kind in HOSTED:
        return "billable_minutes"
    return "self_hosted_minutes" if kind is SkuKind.SELF_HOSTED else "unknown_sku_minutes"


def _add_to_rows(model: type[Rollup], rows: list[Row], also: Mapping[str, Any]) -> None:
    """Add to rows, and create those that are not there; one statement for many.

    In SQL, because Django's upsert can set columns but not add to them.
    """
    table, names = model._meta.db_table, [*model.key_fields, *model.sum_fields, *also]
    fields = [_column(model, name) for name in names]
    changes = [f"{name} = {table}.{name} + excluded.{name}" for name in model.sum_fields]
    changes += [f"{name} = excluded.{name}" for name in also]
    connection = connections[router.db_for_write(model)]
    step = (connection.features.max_query_params or 30_000) // len(names)
    with connection.cursor() as cursor:
        for batch in _batched(rows, step):
            values = [
                field.get_db_prep_save(value, connection)
                for row in batch
                for field, value in zip(
                    fields, (*row.key, *row.sums.values(), *also.values()), strict=True
                )
            ]
            places = ", ".join([f"({', '.join(['%s'] * len(names))})"] * len(batch))
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES {places}"  # noqa: S608 -- our own names
                f" ON CONFLICT ({', '.join(model.key_fields)}) DO UPDATE SET {', '.join(changes)}",
                values,
            )


def _change_row(model: type[Rollup], row: Row, also: Mapping[str, Any]) -> None:
    """Add differences of any sign to a row that stands.

    Not by an upsert: both databases check the row to be inserted before they look for the conflict,
    and a difference need not obey the constraints that a sum does.
    """
    rows = model._default_manager.filter(**dict(zip(model.key_fields, row.key, strict=True)))
    changes = {
        name: F(name) + Value(value, _column(model, name))
        for name, value in row.sums.items()
        if value
    }
    if rows.update(**changes, **also) != 1:
        message = f"{model._meta.label} lacks the row {row.key} that runs were counted in"
        raise RollupBroken(message)
    rows.filter(**dict.fromkeys(model.sum_fields, 0)).delete()


def _batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def _column(model: type[Rollup], name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", model._meta.get_field(name))
