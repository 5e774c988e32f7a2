"""Who travels with whom, and who pays which part."""

from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.consolidation import Candidate, Group, consolidate, same_parcel, share_shipping, split
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ConnectionId, OrderId, OrderItemId, ShopId
from mockspark.domain.money import Money, total
from tests.domain.values import AUSTIN, SHOP

DOORS = [
    AUSTIN,
    evolve(AUSTIN, line1="2 Main St"),
    evolve(AUSTIN, name="ZOE ROE"),
    evolve(AUSTIN, country="CA"),
]


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Draw items of a few shops, accounts, doors and ways of shipping."""
    count = draw(st.integers(0, 12))
    return [
        Candidate(
            item_id=OrderItemId(UUID(int=number)),
            order_id=OrderId(UUID(int=draw(st.integers(1, 3)))),
            shop_id=ShopId(draw(st.sampled_from(["a", "b"]))),
            connection_id=ConnectionId(UUID(int=draw(st.integers(1, 2)))),
            ship_to=draw(st.sampled_from(DOORS)),
            shipping_method=draw(st.sampled_from(["Standard", "standard ", "Express"])),
            currency=draw(st.sampled_from(["USD", "EUR"])),
            quantity=draw(st.integers(1, 5)),
            alone=draw(st.booleans()),
        )
        for number in range(1, count + 1)
    ]


@given(candidates())
def test_everybody_is_in_exactly_one_group(items: list[Candidate]) -> None:
    """Nobody is lost and nobody travels twice (I17)."""
    grouped = [member for group in consolidate(items) for member in group.members]

    assert sorted(items, key=lambda item: item.item_id) == sorted(grouped, key=lambda item: item.item_id)


@given(candidates())
def test_a_group_has_one_key_and_a_key_has_one_group(items: list[Candidate]) -> None:
    """A group never contains two different keys (D.7-8)."""
    groups = consolidate(items)
    keys = [{same_parcel(member) for member in group.members} for group in groups]

    assert all(len(found) == 1 for found in keys)
    assert len(groups) == len(set().union(*keys)) if groups else not items


@given(candidates(), st.randoms())
def test_the_order_of_the_items_makes_no_difference(items: list[Candidate], random: object) -> None:
    """The same items give the same groups."""
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object

    assert _as_sets(consolidate(items)) == _as_sets(consolidate(shuffled))


@given(candidates())
def test_an_excluded_item_has_no_company(items: list[Candidate]) -> None:
    """Whom the merchant excluded travels alone (A16)."""
    for group in consolidate(items):
        if any(member.alone for member in group.members):
            assert 1 == len(group.members)


@given(candidates(), st.integers(1, 5))
def test_parcels_have_at_most_so_many_lines(items: list[Candidate], limit: int) -> None:
    """Cutting keeps everybody, in order."""
    for group in consolidate(items):
        cut = list(split(group, limit))
        assert group.members == tuple(member for part in cut for member in part.members)
        assert all(len(part.members) <= limit for part in cut)


def test_no_parcel_is_empty() -> None:
    """A limit of no lines is refused."""
    (group,) = consolidate([_candidate(1)])

    with pytest.raises(InvalidValue):
        list(split(group, 0))


@pytest.mark.parametrize(
    "change",
    [
        {"shop_id": ShopId("other")},
        {"connection_id": ConnectionId(UUID(int=9))},
        {"currency": "EUR"},
        {"shipping_method": "Express"},
        {"ship_to": evolve(AUSTIN, company="Acme")},
    ],
)
def test_each_part_of_the_key_keeps_items_apart(change: dict[str, Any]) -> None:
    """Shop, account, currency, shipping and door all count (A14)."""
    assert 2 == len(consolidate([_candidate(1), evolve(_candidate(2), **change)]))


def test_another_spelling_of_the_door_is_the_same_door() -> None:
    """Case, accents and punctuation are noise."""
    other = evolve(_candidate(2), ship_to=evolve(AUSTIN, name="ZOE ROE", line1="1 main st."))

    (group,) = consolidate([_candidate(1), other])

    assert (OrderId(UUID(int=1)), OrderId(UUID(int=2))) == group.orders


@given(st.integers(0, 10**6), st.lists(st.integers(1, 20), min_size=1, max_size=10))
def test_shipping_is_shared_without_a_rest(minor: int, quantities: list[int]) -> None:
    """The parts sum to what is charged (C8)."""
    shipping = Money(minor=minor, currency="USD")

    assert shipping == total(share_shipping(shipping, quantities), "USD")


def _as_sets(groups: tuple[Group, ...]) -> set[frozenset[OrderItemId]]:
    return {frozenset(member.item_id for member in group.members) for group in groups}


def _candidate(number: int) -> Candidate:
    return Candidate(
        item_id=OrderItemId(UUID(int=number)),
        order_id=OrderId(UUID(int=number)),
        shop_id=SHOP,
        connection_id=ConnectionId(UUID(int=1)),
        ship_to=AUSTIN,
        shipping_method="Standard",
    )
