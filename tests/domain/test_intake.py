"""Ours or not ours, with a reason for each line left out; and from answers to a design."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.catalog import Listing, Match
from mockspark.domain.design import Design, ImageLayer, TextLayer
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef
from mockspark.domain.intake import (
    break_down,
    handle,
    is_customised,
    line_refs,
    listing_of,
    normal_name,
    personalize,
    picture_of,
    visible,
)
from mockspark.domain.order import ChannelLine, ChannelOrder, Personalization, Skip
from tests.domain.values import START, a_line, a_listing

PICTURE = "https://pictures.example/zoe.png"
NAME: Personalization = (("Name", "Zoë"),)


def _ref(name: str) -> ExternalRef:
    return ExternalRef("memory", name)


def _line(**changes: Any) -> ChannelLine:
    return a_line(**{"variant": _ref("v1"), "product": _ref("p1"), "personalization": NAME, **changes})


def _order(*lines: ChannelLine) -> ChannelOrder:
    return ChannelOrder(ref=_ref("1001"), name="#1001", placed_at=START, updated_at=START, lines=lines)


LINES = st.lists(
    st.builds(
        _line,
        sku=st.sampled_from(["MUG-11", "BOOK", ""]),
        quantity=st.integers(0, 2),
        gift_card=st.booleans(),
        addon=st.booleans(),
        requires_shipping=st.booleans(),
        personalization=st.sampled_from([(), NAME, (("_tib_id", "1"),)]),
    ),
    max_size=8,
)


@given(LINES)
def test_every_line_is_ours_or_left_out_with_a_reason(lines: list[ChannelLine]) -> None:
    """No line is lost, none counts twice (I2, C4)."""
    named = [evolve(line, ref=_ref(f"line-{n}")) for n, line in enumerate(lines)]

    found = break_down(_order(*named), [a_listing()])

    ours, left = line_refs(found.ours), {line.line for line in found.filtered}
    assert ours | left == {line.ref for line in named}
    assert not ours & left
    assert len(found.ours) + len(found.filtered) == len(named)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sku": "BOOK", "personalization": ()}, Skip.NOT_OURS),
        ({"quantity": 0}, Skip.REMOVED),
        ({"gift_card": True}, Skip.GIFT_CARD),
        ({"requires_shipping": False}, Skip.NOT_SHIPPED),
        ({"addon": True}, Skip.PRICE_ADDON),
    ],
)
def test_what_is_not_ours_says_why(changes: dict[str, Any], why: Skip) -> None:
    """The import log answers "where is my order?" (A4)."""
    (left,) = break_down(_order(_line(**changes)), [a_listing()]).filtered

    assert why is left.why


def test_a_customised_line_is_ours_even_when_nothing_is_mapped() -> None:
    """It waits to be mapped instead of vanishing (A4, D14)."""
    (line,) = break_down(_order(_line(sku="", personalization=(("_tib_id", "1"),))), []).ours

    assert HoldReason.UNMAPPED_PRODUCT is line.hold


@pytest.mark.parametrize("match", Match)
def test_a_listing_recognises_a_line_by_its_key(match: Match) -> None:
    """Stable ids, SKU, or how the SKU begins."""
    keys = {Match.VARIANT: "v1", Match.PRODUCT: "p1", Match.SKU: "mug-11", Match.SKU_PREFIX: "mug"}
    listing = a_listing(match=match, key=keys[match])

    assert listing == listing_of(_line(), [listing])
    assert None is listing_of(_line(), [evolve(listing, key="other")])


@given(
    st.permutations(
        [
            (Match.VARIANT, "v1"),
            (Match.SKU, "MUG-11"),
            (Match.PRODUCT, "p1"),
            (Match.SKU_PREFIX, "MUG"),
            (Match.SKU_PREFIX, "M"),
        ]
    ),
    st.integers(0, 4),
)
def test_the_most_exact_listing_wins_in_any_order(rules: list[tuple[Match, str]], without: int) -> None:
    """Ids before SKUs, SKUs before products, long prefixes before short ones."""
    rank = [
        (Match.VARIANT, "v1"),
        (Match.SKU, "MUG-11"),
        (Match.PRODUCT, "p1"),
        (Match.SKU_PREFIX, "MUG"),
        (Match.SKU_PREFIX, "M"),
    ]
    known = [rule for rule in rules if rule in rank[without:]]

    found = listing_of(_line(), [a_listing(match=match, key=key) for match, key in known])

    assert found is not None
    assert rank[without] == (found.match, found.key)


def test_a_line_without_answers_waits_for_them() -> None:
    """Paid, ours, and nothing to print (A3, D5)."""
    assert HoldReason.MISSING_PERSONALIZATION is handle(_line(personalization=()), a_listing()).hold


def test_a_listing_without_a_provider_waits_for_its_mapping() -> None:
    """Half a mapping is none (A13)."""
    for listing in (a_listing(connection_id=None), a_listing(print_areas=()), None):
        assert HoldReason.UNMAPPED_PRODUCT is handle(_line(), listing).hold


def test_a_blank_that_is_out_of_stock_waits() -> None:
    """The design is kept for later (A17)."""
    handled = handle(_line(), a_listing(available=False))

    assert (HoldReason.OUT_OF_STOCK, True) == (handled.hold, handled.design is not None)


@pytest.mark.parametrize(
    "personalization",
    [
        (("_design_url", PICTURE),),
        (("_customily-production-url", PICTURE), ("_customily-preview", "https://x.example/other.png")),
        (("_pplr_preview", "Photo"), ("Photo", PICTURE)),
        (("_tib_design_link_1", PICTURE),),
        (("Upload", PICTURE),),
    ],
)
def test_the_customisers_picture_is_found(personalization: Personalization) -> None:
    """Finished pictures before previews, whoever handed them over."""
    assert PICTURE == picture_of(personalization)


def test_a_preview_is_not_taken_for_an_upload() -> None:
    """A link that calls itself a preview is none to print from, unless a customiser says so."""
    assert None is picture_of((("Preview link", PICTURE), ("Name", "Zoë")))


def test_a_picture_fills_the_area() -> None:
    """The first required area, at its own size."""
    design = personalize(a_listing(), (("_design_url", PICTURE),))

    assert design is not None
    (layer,) = design.layers
    assert isinstance(layer, ImageLayer)
    assert (PICTURE, "front") == (layer.asset, layer.area)


def test_answers_become_text() -> None:
    """Hidden keys and links are not printed."""
    design = personalize(a_listing(), (("Name", "Zoë"), ("_id", "7"), ("Line 2", "2026"), ("Empty", " ")))

    assert design is not None
    (layer,) = design.layers
    assert isinstance(layer, TextLayer)
    assert "Zoë\n2026" == layer.text


def test_a_product_that_is_not_personalized_needs_its_own_picture() -> None:
    """Gift wishes on a plain product are not printed."""
    assert None is personalize(a_listing(personalized=False), NAME)


def _template(*layers: dict[str, Any]) -> Listing:
    areas = {"front": {"w": 10_160, "h": 5_080}}
    places = [{"area": "front", "x": 0, "y": 0, "w": 100, "h": 100, **layer} for layer in layers]
    return a_listing(template=Design.of({"schema": 1, "areas": areas, "layers": places}))


def test_a_template_takes_the_answers_by_name() -> None:
    """Names are compared as people mean them; the placeholder is gone then (D13)."""
    listing = _template(
        {"id": "t", "type": "text", "text": "Your name", "bind": "your name", "placeholder": True}
    )

    design = personalize(listing, (("Your\u200b Name", "Zoë"),))

    assert design is not None
    (layer,) = design.layers
    assert isinstance(layer, TextLayer)
    assert ("Zoë", False) == (layer.text, layer.placeholder)


def test_a_template_keeps_what_nobody_answered() -> None:
    """Preflight finds the placeholder later."""
    listing = _template(
        {"id": "t", "type": "text", "text": "Your name", "bind": "name"},
        {"id": "u", "type": "text", "text": "Your year", "bind": "year", "placeholder": True},
    )

    design = personalize(listing, NAME)

    assert design is not None
    assert ["Zoë", "Your year"] == [layer.text for layer in design.layers if isinstance(layer, TextLayer)]
    assert [False, True] == [layer.placeholder for layer in design.layers]


def test_a_template_that_nobody_answered_is_no_design() -> None:
    """The template's own words are not the customer's (A3, D13); a plain product prints them."""
    listing = _template({"id": "t", "type": "text", "text": "Your name", "bind": "name"})

    assert None is personalize(listing, (("Color", "red"),))
    assert None is not personalize(evolve(listing, personalized=False), (("Color", "red"),))


def test_a_templates_picture_takes_the_upload() -> None:
    """By name where the answer is a link, else the customiser's picture."""
    listing = _template({"id": "i", "type": "image", "asset": "sha256:0", "bind": "photo"})

    for personalization in ((("Photo", PICTURE),), (("_design_url", PICTURE),)):
        design = personalize(listing, personalization)
        assert design is not None
        (layer,) = design.layers
        assert isinstance(layer, ImageLayer)
        assert PICTURE == layer.asset


@given(st.text(max_size=20))
def test_a_name_is_normal_once(name: str) -> None:
    """Invisible characters and outer blanks are no part of a name."""
    assert normal_name(name) == normal_name(normal_name(name))
    assert normal_name(name) == normal_name(f" \u200b{name}\ufeff ")


def test_tokens_say_that_a_line_was_customised() -> None:
    """Any of them, whatever its case; ordinary properties do not."""
    assert is_customised((("_TIB_id", "1"),))
    assert not is_customised((("Gift wrap", "yes"), ("_private", "1")))


def test_what_is_shown_is_what_the_customer_answered() -> None:
    """No hidden keys, no blanks, no bare links."""
    assert NAME == visible((*NAME, ("_x", "1"), ("Photo", PICTURE), ("Note", "")))
