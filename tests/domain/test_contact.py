"""Spellings of people and doors."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.contact import Address, destination_key, fold, fold_email, fold_order_name
from mockspark.domain.errors import InvalidValue
from tests.domain.values import AUSTIN

TEXT = st.text(max_size=30)


@given(TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    """A folded spelling is a fixed point."""
    assert fold(text) == fold(fold(text))


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz éüñçå", max_size=30))
def test_case_makes_no_difference(text: str) -> None:
    """Capital letters do not make another door."""
    assert fold(text) == fold(text.upper())


@pytest.mark.parametrize(
    ("one", "other"),
    [("Zoë", "ZOE"), ("1 Main St.", "1  main st"), ("Straße", "STRASSE"), ("O'Neill-Roe", "o neill roe")],
)
def test_one_door_has_many_spellings(one: str, other: str) -> None:
    """Case, accents, punctuation and blanks are noise (D18)."""
    assert fold(one) == fold(other)


def test_a_street_is_not_guessed() -> None:
    """ "St" and "Street" stay different: a wrong merge is worse than a missed one."""
    assert destination_key(AUSTIN) != destination_key(evolve(AUSTIN, line1="1 Main Street"))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Zoë Doe"},
        {"company": "Acme"},
        {"line1": "2 Main St"},
        {"line2": "Apt 2"},
        {"city": "Houston"},
        {"region": "CA"},
        {"postal_code": "78702"},
        {"country": "CA"},
        {"phone": "+1 512 555 0100"},
    ],
)
def test_every_part_of_an_address_counts(change: dict[str, str]) -> None:
    """No two different doors are one (D18)."""
    assert destination_key(AUSTIN) != destination_key(evolve(AUSTIN, **change))


def test_lines_may_be_broken_elsewhere() -> None:
    """The second line of an address is the first one's continuation."""
    one = evolve(AUSTIN, line1="1 Main St", line2="Apt 2")
    other = evolve(AUSTIN, line1="1 Main St Apt 2", line2="")

    assert destination_key(one) == destination_key(other)


def test_a_postcode_may_have_blanks() -> None:
    """ "SW1A 1AA" and "sw1a1aa" are one."""
    london = evolve(AUSTIN, country="GB", postal_code="SW1A 1AA")

    assert destination_key(london) == destination_key(evolve(london, postal_code="sw1a1aa"))


@pytest.mark.parametrize("country", ["us", "USA", "U", "1X", "ÄÖ"])
def test_a_country_is_two_capital_letters(country: str) -> None:
    """ISO 3166-1 alpha-2."""
    with pytest.raises(InvalidValue):
        Address(country=country)


def test_searched_words_are_folded() -> None:
    """E-mail and order name are compared as people mean them (A8)."""
    assert ("zoe@example.com", "1001", "_store1001") == (
        fold_email(" Zoe@Example.com "),
        fold_order_name(" #1001"),
        fold_order_name("_Store1001"),
    )
