from decimal import Decimal

import pytest
from django.db.models import F, Sum, Value
from hypothesis import given
from hypothesis import strategies as st

from costs.fields import AmountNotStorable, UsdField, from_nano_usd, to_nano_usd
from costs.models import Repository, RepositoryDaySku

nano_usd = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(nano_usd)
def test_every_amount_of_64_bits_comes_back_unchanged(nano):
    assert to_nano_usd(from_nano_usd(nano)) == nano


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=9))
def test_every_amount_of_nine_places_comes_back_unchanged(amount):
    assert from_nano_usd(to_nano_usd(amount)) == amount


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (12_000_000, "0.012"),
        (0, "0"),
        (-6_000_000, "-0.006"),
        (100 * 10**9, "100"),
        (1, "0.000000001"),
    ],
)
def test_amounts_are_written_without_trailing_zeros_or_exponent(nano, text):
    assert f"{from_nano_usd(nano):f}" == text


@pytest.mark.parametrize(
    "amount",
    [
        Decimal("0.0000000001"),
        # More digits than a Decimal context keeps: arithmetic would drop the last one.
        Decimal("1.0000000000000000000000000000001"),
        Decimal(2**63),
        Decimal("NaN"),
        Decimal("Infinity"),
    ],
)
def test_an_amount_that_would_change_is_refused(amount):
    with pytest.raises(AmountNotStorable):
        to_nano_usd(amount)


on_both_databases = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)


@on_both_databases
@pytest.mark.django_db
def test_ten_thousand_tenths_add_up_exactly_in_the_database(database):
    repository = Repository.objects.create(id=1, full_name="a/b", visibility="private")
    RepositoryDaySku.objects.bulk_create(
        RepositoryDaySku(
            repository=repository,
            day="2026-11-10",
            sku=f"sku {number}",
            sku_kind="standard",
            minutes=1,
            jobs=1,
            cost_usd=Decimal("0.1"),
            billed_usd=Decimal("0.1"),
        )
        for number in range(10_000)
    )

    assert RepositoryDaySku.objects.aggregate(total=Sum("cost_usd"))["total"] == Decimal(1000)


@on_both_databases
@pytest.mark.django_db
def test_column_arithmetic_and_comparison_are_in_dollars(database):
    repository = Repository.objects.create(id=1, full_name="a/b", visibility="private")
    row = RepositoryDaySku.objects.create(
        repository=repository,
        day="2026-11-10",
        sku="actions_linux",
        sku_kind="standard",
        minutes=1,
        jobs=1,
        cost_usd=Decimal("0.1"),
        billed_usd=Decimal(0),
    )

    RepositoryDaySku.objects.update(cost_usd=F("cost_usd") + Value(Decimal("0.2"), UsdField()))

    row.refresh_from_db()
    assert row.cost_usd == Decimal("0.3")
    assert RepositoryDaySku.objects.filter(cost_usd=Decimal("0.3")).exists()
    assert not RepositoryDaySku.objects.filter(cost_usd__gt=Decimal("0.3")).exists()
