"""Whether a parcel could arrive."""

import pytest
from attrs import evolve

from mockspark.domain.address_check import AddressLimits, address_problems
from mockspark.domain.holds import HoldReason
from tests.domain.values import AUSTIN


def test_a_whole_address_has_no_problem() -> None:
    """Nothing speaks against it."""
    assert () == address_problems(AUSTIN)


def test_no_address_is_one_problem() -> None:
    """An order without an address is completed in the store."""
    (problem,) = address_problems(None)

    assert (HoldReason.ADDRESS_INCOMPLETE, True) == (problem.reason, "Sync" in problem.words)


@pytest.mark.parametrize("part", ["line1", "city", "country", "postal_code", "region", "name"])
def test_what_every_door_needs_is_asked_for(part: str) -> None:
    """The missing field is named (D15)."""
    (problem,) = (found for found in address_problems(evolve(AUSTIN, **{part: ""})) if found.field == part)

    assert HoldReason.ADDRESS_INCOMPLETE == problem.reason
    assert part.replace("_", " ") in problem.words


def test_a_company_stands_for_a_name() -> None:
    """Somebody has to be named, not necessarily a person."""
    assert () == address_problems(evolve(AUSTIN, name="", company="Acme"))


def test_countries_without_postcodes_need_none() -> None:
    """Hong Kong has no postcodes, and no states."""
    assert () == address_problems(evolve(AUSTIN, country="HK", postal_code="", region=""))


def test_only_some_countries_sort_by_region() -> None:
    """A German address has no state."""
    assert () == address_problems(evolve(AUSTIN, country="DE", postal_code="10115", region=""))


@pytest.mark.parametrize(
    "part", ["name", "company", "line1", "line2", "city", "region", "postal_code", "phone"]
)
def test_a_providers_limit_is_said_before_it_bites(part: str) -> None:
    """Never truncated silently: the field, its length and the limit are named (D16)."""
    limits = AddressLimits(max_length={part: 3})
    address = evolve(AUSTIN, **{part: "12345"})

    (problem,) = address_problems(address, limits)

    assert (part, HoldReason.ADDRESS_LIMIT) == (problem.field, problem.reason)
    assert "has 5 characters; the provider takes 3" in problem.words


def test_what_fits_exactly_fits() -> None:
    """The limit itself is allowed."""
    limits = AddressLimits(max_length={"line1": len(AUSTIN.line1)})

    assert () == address_problems(AUSTIN, limits)


def test_letters_that_a_label_cannot_show_are_named() -> None:
    """A provider of Latin letters says so (D16); accents are Latin."""
    limits = AddressLimits(latin_only=True)

    (problem,) = address_problems(evolve(AUSTIN, city="Москва"), limits)

    assert ("city", HoldReason.ADDRESS_LIMIT) == (problem.field, problem.reason)
    assert () == address_problems(evolve(AUSTIN, city="Łódź"), limits)


def test_a_provider_may_need_mail_and_phone() -> None:
    """Both are asked for only where the provider needs them."""
    limits = AddressLimits(needs_email=True, needs_phone=True)

    assert ["email", "phone"] == [problem.field for problem in address_problems(AUSTIN, limits)]
    assert () == address_problems(evolve(AUSTIN, phone="1"), limits, email="zoe@example.com")
