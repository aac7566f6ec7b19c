"""A column for money that is exact on every database, whatever is computed there."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import models

if TYPE_CHECKING:
    _Field = models.Field[Decimal | int, Decimal]
else:
    _Field = models.Field  # takes no type arguments when it runs

NANO_PER_USD: Final = 10**9
"""GitHub's minute rates have three digits after the point and its storage rate eight, so nine lose
nothing; 64 bits of nano-dollars reach nine billion dollars."""


class AmountNotStorable(ValueError):
    """An amount does not fit the column exactly: refused, for storing it would change it."""


class UsdField(_Field):
    """US dollars: a Decimal in Python, a whole number of nano-dollars in the database.

    DecimalField is exact on PostgreSQL alone. SQLite keeps it as REAL and adds it up in floats, so
    a sum of a few thousand amounts may end in ...9999. Whole numbers are exact in both, also in
    SUM() and in column arithmetic (docs/adr/0008). Multiplying two such columns is meaningless.
    """

    description = "US dollars, exact to a nano-dollar"

    def get_internal_type(self) -> str:
        """Be a 64-bit whole number to the database."""
        return "BigIntegerField"

    def get_prep_value(self, value: Any) -> Any:
        """Turn dollars into nano-dollars.

        Raises:
            AmountNotStorable: Storing the amount would change it.
        """
        value = super().get_prep_value(value)
        return value if value is None else to_nano_usd(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:  # noqa: ARG002 -- Django's signature
        """Turn nano-dollars, or a sum of them, into dollars."""
        return None if value is None else from_nano_usd(int(value))

    def to_python(self, value: Any) -> Decimal | None:
        """Read dollars from what a fixture or a form holds."""
        return None if value is None else Decimal(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Write dollars for a fixture."""
        return f"{self.value_from_object(obj):f}"


def to_nano_usd(amount: Decimal | int | str) -> int:
    """Count the nano-dollars in an amount of dollars.

    Raises:
        AmountNotStorable: It is no whole number of them, or more than 64 bits hold.
    """
    try:
        # Not by Decimal's operators: they round to the context's precision.
        numerator, denominator = Decimal(amount).as_integer_ratio()
    except (ArithmeticError, ValueError) as exc:
        message = f"{amount!r} is no amount of money"
        raise AmountNotStorable(message) from exc
    nano, rest = divmod(numerator * NANO_PER_USD, denominator)
    if rest or not -(2**63) <= nano < 2**63:
        message = f"{amount} USD is no whole number of nano-dollars within 64 bits"
        raise AmountNotStorable(message)
    return nano


def from_nano_usd(nano: int) -> Decimal:
    """Write nano-dollars as dollars, without trailing zeros: 12,000,000 are 0.012."""
    whole, fraction = divmod(abs(nano), NANO_PER_USD)
    digits = f"{whole}.{fraction:09}".rstrip("0").rstrip(".")
    return Decimal(f"-{digits}" if nano < 0 else digits)
