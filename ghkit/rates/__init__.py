"""Dated prices of GitHub Actions: what a minute of each runner cost on a given day.

The prices themselves, with their sources, are in actions.toml beside this module.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from ghkit.errors import UnknownSku
from ghkit.skus import SELF_HOSTED_SKU, SkuKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Rate:
    """Price of one minute of one SKU on the days `starts_on` <= day < `ends_on` (UTC)."""

    sku: str
    kind: SkuKind
    usd_per_minute: Decimal
    starts_on: date
    ends_on: date
    source: str

    def is_in_force(self, day: date) -> bool:
        """Whether this is the price on that day."""
        return self.starts_on <= day < self.ends_on


class RateTable:
    """Looks up rates by SKU and day, whichever of its two names a larger runner's SKU goes by."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._by_name: dict[str, list[Rate]] = {}
        for rate in rates:
            self._by_name.setdefault(rate.sku, []).append(rate)
            if rate.kind is SkuKind.LARGER:
                # Whole names only: `actions_linux_arm` is a standard runner, while
                # `actions_linux_2_core_arm` is the larger `linux_2_core_arm`.
                self._by_name.setdefault(f"actions_{rate.sku}", []).append(rate)

    def __iter__(self) -> Iterator[Rate]:
        """Go through every rate once, in the order given."""
        return (
            rate for name, rates in self._by_name.items() for rate in rates if rate.sku == name
        )

    def get(self, sku: str, day: date) -> Rate:
        """Return the price of a SKU on a day.

        Raises:
            UnknownSku: No price is known for that day; never taken as zero.
        """
        for rate in self._by_name.get(sku, ()):
            if rate.is_in_force(day):
                return rate
        raise UnknownSku(sku, day)


def published_rates(*, platform_charge_starts_on: date | None = None) -> RateTable:
    """Read the prices that GitHub published.

    Args:
        platform_charge_starts_on: Charge self-hosted minutes too from this day on, by the rate
            that GitHub announced and then postponed. None, as is true today: they are free.
    """
    text = files(__package__).joinpath("actions.toml").read_text(encoding="utf-8")
    published = tomllib.loads(text, parse_float=Decimal)
    return RateTable(
        [*_hosted(published["list"]), *_self_hosted(published, platform_charge_starts_on)]
    )


def _hosted(lists: list[dict[str, Any]]) -> Iterator[Rate]:
    ends = [later["starts_on"] for _, later in pairwise(lists)]
    for prices, ends_on in zip(lists, [*ends, date.max], strict=True):
        for kind in (SkuKind.STANDARD, SkuKind.LARGER):
            for sku, usd_per_minute in prices[kind].items():
                yield Rate(
                    sku, kind, usd_per_minute, prices["starts_on"], ends_on, prices["source"]
                )


def _self_hosted(published: Mapping[str, Any], charge_starts_on: date | None) -> Iterator[Rate]:
    free, charge = published["self_hosted"], published["self_hosted_platform_charge"]
    yield _self_hosted_rate(free, free["starts_on"], charge_starts_on or date.max)
    if charge_starts_on:
        yield _self_hosted_rate(charge, charge_starts_on, date.max)


def _self_hosted_rate(terms: Mapping[str, Any], starts_on: date, ends_on: date) -> Rate:
    usd_per_minute = Decimal(terms["usd_per_minute"])
    return Rate(
        SELF_HOSTED_SKU, SkuKind.SELF_HOSTED, usd_per_minute, starts_on, ends_on, terms["source"]
    )


PUBLISHED: Final = published_rates()
"""The prices in force; parsed once, for every process prices many runs."""
