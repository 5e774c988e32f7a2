"""Amounts of money: minor units and a currency, never a float."""

import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, Self

from attrs import evolve, field, frozen

from mockspark.domain.errors import CurrencyMismatch, InvalidValue

# ISO 4217: currencies whose minor unit is not a hundredth.
EXPONENTS: Final[dict[str, int]] = dict.fromkeys(
    (
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
        "XAF", "XOF", "XPF",
    ),
    0,
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)  # fmt: skip


def exponent(currency: str) -> int:
    """Return how many decimals *currency* has."""
    return EXPONENTS.get(currency, 2)


@frozen(kw_only=True)
class Money:
    """*minor* units (cents, yen, fils) of *currency* (ISO 4217)."""

    minor: int
    currency: str = field()

    @currency.validator
    def _three_letters(self, _: object, value: str) -> None:
        if not (len(value) == 3 and value.isascii() and value.isupper() and value.isalpha()):
            raise InvalidValue(f"{value!r} is not an ISO 4217 currency")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Self:
        """Read a decimal amount such as "12.5"; refuse what has more decimals than *currency*."""
        try:
            scaled = Decimal(amount).scaleb(exponent(currency))
        except InvalidOperation as problem:
            raise InvalidValue(f"{amount!r} is not an amount of money") from problem
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise InvalidValue(f"{amount!r} is not an amount in {currency}")
        return cls(minor=int(scaled), currency=currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return nothing of *currency*."""
        return cls(minor=0, currency=currency)

    def __add__(self, other: "Money") -> "Money":
        return evolve(self, minor=self.minor + self._same(other).minor)

    def __sub__(self, other: "Money") -> "Money":
        return evolve(self, minor=self.minor - self._same(other).minor)

    def __mul__(self, times: int) -> "Money":
        return evolve(self, minor=self.minor * times)

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    @property
    def decimal(self) -> Decimal:
        """Return the amount in major units with the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def allocate(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Split by *weights* so that the parts always sum to the whole.

        Raises InvalidValue for weights that are negative or sum to nothing.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise InvalidValue("weights must be positive in sum and none negative")
        borders = [self.minor * running // total for running in itertools.accumulate(weights, initial=0)]
        return tuple(evolve(self, minor=after - before) for before, after in itertools.pairwise(borders))

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
        return other


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add up *amounts*, all of *currency*."""
    return sum(amounts, start=Money.zero(currency))
