"""Amounts: exact, of one currency, and never lost in sharing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.errors import CurrencyMismatch, InvalidValue
from mockspark.domain.money import Money, exponent, total

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD"])
AMOUNTS = st.builds(Money, minor=st.integers(-(10**9), 10**9), currency=CURRENCIES)


@given(
    AMOUNTS, st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(lambda weights: sum(weights) > 0)
)
def test_shares_always_sum_to_the_whole(amount: Money, weights: list[int]) -> None:
    """No cent appears or disappears (C1)."""
    assert amount == total(amount.allocate(weights), amount.currency)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=1).filter(lambda w: sum(w) > 0))
def test_a_share_is_fair_to_a_cent(minor: int, weights: list[int]) -> None:
    """A share differs from the exact one by less than one unit, and no weight means no share."""
    shares = Money(minor=minor, currency="USD").allocate(weights)

    assert all(
        abs(share.minor * sum(weights) - minor * weight) < sum(weights)
        for share, weight in zip(shares, weights, strict=True)
    )
    assert all(share.minor == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


@given(AMOUNTS)
def test_a_printed_amount_reads_back(amount: Money) -> None:
    """Decimals follow the currency."""
    assert amount == Money.of(amount.decimal, amount.currency)


@given(AMOUNTS, st.integers(-(10**6), 10**6))
def test_adding_and_taking_away_cancel_out(amount: Money, minor: int) -> None:
    """Arithmetic is exact."""
    other = Money(minor=minor, currency=amount.currency)

    assert amount == amount + other - other


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.5", "USD", 1250), ("12", "JPY", 12), ("1.234", "KWD", 1234), (7, "EUR", 700)],
)
def test_an_amount_is_read_with_its_currencys_decimals(amount: str | int, currency: str, minor: int) -> None:
    """Yen have none, Kuwaiti dinars three."""
    assert Money(minor=minor, currency=currency) == Money.of(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("12.505", "USD"), ("0.5", "JPY"), ("nan", "USD"), ("Infinity", "USD"), ("x", "USD")],
)
def test_what_is_no_amount_is_refused(amount: str, currency: str) -> None:
    """Nothing is rounded silently."""
    with pytest.raises(InvalidValue):
        Money.of(amount, currency)


@pytest.mark.parametrize("currency", ["usd", "US", "", "€", "DOLLAR", "ÄÖÜ"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    """Three capital letters."""
    with pytest.raises(InvalidValue):
        Money(minor=1, currency=currency)


def test_currencies_do_not_mix() -> None:
    """Two amounts of different currencies are refused, in either direction."""
    dollars, euros = Money.of(1, "USD"), Money.of(1, "EUR")

    with pytest.raises(CurrencyMismatch):
        dollars + euros
    with pytest.raises(CurrencyMismatch):
        dollars - euros
    with pytest.raises(CurrencyMismatch):
        total([euros], "USD")


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_shares_need_weights(weights: list[int]) -> None:
    """Weights are none negative and not all nothing."""
    with pytest.raises(InvalidValue):
        Money.of(1, "USD").allocate(weights)


def test_an_amount_is_shown_with_its_currency() -> None:
    """As people write it."""
    assert ("19.00 USD", "300 JPY") == (str(Money.of("19", "USD")), str(Money.of(300, "JPY")))
    assert (Decimal("19.00"), 3, 2) == (Money.of(19, "USD").decimal, exponent("KWD"), exponent("XXX"))


def test_times_a_number() -> None:
    """A price times a quantity."""
    assert Money.of("57.00", "USD") == Money.of("19.00", "USD") * 3
