"""What would print badly, found before anything is drawn."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.catalog import Listing, PrintArea
from mockspark.domain.design import Design, ImageLayer, TextLayer
from mockspark.domain.files import REASONS, Check, Level, PinnedAsset, blocking
from mockspark.domain.preflight import contrast, effective_dpi, lettering_findings, preflight
from tests.domain.values import a_listing

# An area of one by one inch at 300 DPI.
LISTING = a_listing(print_areas=(PrintArea(key="front", width_px=300, height_px=300),))
INCH = 25_400


def _asset(width: int = 300, height: int = 300) -> PinnedAsset:
    return PinnedAsset(
        source="pic", key="k", sha256="ab" * 32, width_px=width, height_px=height, media_type="image/png"
    )


def _design(*layers: Mapping[str, Any]) -> Design:
    return Design.of({"schema": 1, "areas": {"front": {"w": INCH, "h": INCH}}, "layers": list(layers)})


def _picture(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": "L1",
        "area": "front",
        "type": "image",
        "asset": "pic",
        "x": 0,
        "y": 0,
        "w": INCH,
        "h": INCH,
    }
    return {**usual, **changes}


def _text(**changes: Any) -> dict[str, Any]:
    usual = {"id": "T1", "area": "front", "type": "text", "text": "Zoë", "x": 0, "y": 0, "w": INCH, "h": INCH}
    return {**usual, **changes}


def _checks(
    *layers: Mapping[str, Any], listing: Listing = LISTING, asset: PinnedAsset | None = None
) -> list[tuple[Check, Level]]:
    found = preflight(_design(*layers), listing, {"pic": asset or _asset()})
    return [(finding.check, finding.level) for finding in found]


def test_a_good_design_has_no_finding() -> None:
    """A picture at print size and a text."""
    assert [] == _checks(_picture(), _text())


@pytest.mark.parametrize(
    "layers",
    [(), (_text(text="  "),), (_picture(asset=""),), (_picture(opacity=0),)],
)
def test_an_area_that_would_print_blank_is_blocked(layers: tuple[Mapping[str, Any], ...]) -> None:
    """No blank product is ordered (D3)."""
    assert (Check.EMPTY_AREA, Level.ERROR) in _checks(*layers)


def test_an_area_that_the_design_does_not_have_is_blocked() -> None:
    """Every required area is printed; one that is not required may be left out."""
    back = PrintArea(key="back", width_px=300, height_px=300)
    both = evolve(LISTING, print_areas=(*LISTING.print_areas, back))
    optional = evolve(LISTING, print_areas=(*LISTING.print_areas, evolve(back, required=False)))

    assert [(Check.MISSING_AREA, Level.ERROR)] == _checks(_picture(), listing=both)
    assert [] == _checks(_picture(), listing=optional)


def test_an_optional_area_may_stay_blank() -> None:
    """Nothing is placed there, and nothing has to be."""
    optional = evolve(LISTING, print_areas=(evolve(LISTING.print_areas[0], required=False),))

    assert [] == _checks(listing=optional)


def test_a_placeholder_is_blocked() -> None:
    """The template's own picture is not what the customer wanted (D13)."""
    assert [(Check.PLACEHOLDER, Level.ERROR)] == _checks(_picture(placeholder=True))


def test_a_picture_without_bytes_is_blocked() -> None:
    """Named by its layer."""
    (finding,) = preflight(_design(_picture()), LISTING, {})

    assert (Check.MISSING_ASSET, "L1") == (finding.check, finding.layer)


@pytest.mark.parametrize(
    ("pixels", "found"),
    [
        (99, [(Check.LOW_DPI, Level.ERROR)]),
        (100, [(Check.LOW_DPI, Level.WARNING)]),
        (199, [(Check.LOW_DPI, Level.WARNING)]),
        (200, []),
    ],
)
def test_resolution_blocks_below_one_limit_and_warns_below_another(
    pixels: int, found: list[tuple[Check, Level]]
) -> None:
    """Effective dots per inch, with thresholds per product (D11)."""
    assert found == _checks(_picture(), asset=_asset(pixels, pixels))


def test_a_resolution_is_told_in_figures() -> None:
    """What was measured and what is needed."""
    (finding,) = preflight(_design(_picture()), LISTING, {"pic": _asset(40, 40)})

    assert (40, 100) == (finding.measured, finding.required)
    assert "40 DPI; 100 or more" in finding.words


@pytest.mark.parametrize(
    "place", [{"x": INCH}, {"x": -INCH}, {"y": INCH}, {"y": -INCH}, {"x": INCH * 5, "y": INCH * 5}]
)
def test_what_lies_wholly_outside_is_blocked(place: dict[str, int]) -> None:
    """It would not be printed at all."""
    assert (Check.OUTSIDE_AREA, Level.ERROR) in _checks(_picture(**place))


def test_what_reaches_into_the_area_is_not_outside() -> None:
    """Half a picture is a design; a turned one is judged by the renderer."""
    assert [] == _checks(_picture(x=INCH // 2))
    assert [] == _checks(_picture(x=INCH, rot=45_000))
    assert [] == _checks(_picture(), _text(x=INCH * 2, h=0))


@given(
    st.integers(1, 4000), st.integers(1, 4000), st.integers(1000, 500_000), st.integers(1000, 500_000),
    st.sampled_from(["contain", "cover", "stretch"]), st.integers(2, 5),
)  # fmt: skip
def test_a_larger_picture_never_prints_worse(
    width: int, height: int, box_w: int, box_h: int, fit: str, times: int
) -> None:
    """Dots per inch grow with the pixels and shrink with the box."""
    layer = _layer(w=box_w, h=box_h, fit=fit)
    larger = _layer(w=box_w * times, h=box_h * times, fit=fit)
    asset = _asset(width, height)

    assert effective_dpi(layer, asset) <= effective_dpi(layer, _asset(width * times, height * times))
    assert effective_dpi(larger, asset) <= effective_dpi(layer, asset)


def test_a_crop_costs_resolution() -> None:
    """Half the width of a picture has half its dots."""
    whole, half = _layer(), _layer(crop=[0, 0, 500, 1000], fit="stretch")

    assert (300, 150) == (effective_dpi(whole, _asset()), effective_dpi(half, _asset()))


def _layer(**changes: Any) -> ImageLayer:
    (layer,) = _design(_picture(**changes)).layers
    assert isinstance(layer, ImageLayer)
    return layer


def test_every_check_has_a_reason() -> None:
    """A finding that blocks becomes a hold with a fix."""
    assert set(Check) == set(REASONS)


def test_only_errors_block() -> None:
    """Warnings are shown and pass."""
    error, warning = preflight(
        _design(_picture(), _picture(id="L2", asset="large")),
        LISTING,
        {"pic": _asset(40, 40), "large": _asset(150, 150)},
    )

    assert (error,) == blocking((error, warning))


@pytest.mark.parametrize(
    ("fill", "product", "seen"),
    [("#1c3f66", "#14273f", False), ("#ffffff", "#14273f", True), ("#eeeeee", "#ffffff", False)],
)
def test_text_in_the_colour_of_its_product_is_named(fill: str, product: str, *, seen: bool) -> None:
    """Navy on navy is a warning, white on navy is not; without a known colour nothing is said."""
    listing = evolve(LISTING, product_colour=product)

    assert ([] if seen else [(Check.LOW_CONTRAST, Level.WARNING)]) == _checks(
        _text(fill=fill), listing=listing
    )
    assert [] == _checks(_text(fill=fill))


def test_text_on_a_picture_is_not_compared_with_the_product() -> None:
    """What lies on something else is seen against that."""
    listing = evolve(LISTING, product_colour="#14273f")

    assert [] == _checks(_picture(), _text(fill="#1c3f66"), listing=listing)


def test_an_outline_that_stands_out_saves_a_faint_text() -> None:
    """White lines around navy letters are seen on navy."""
    listing = evolve(LISTING, product_colour="#14273f")
    outlined = _text(fill="#1c3f66", stroke="#ffffff", stroke_width=800)

    assert [] == _checks(outlined, listing=listing)


@pytest.mark.parametrize(("method", "thin"), [("", False), ("dtg", True), ("embroidery", True)])
def test_a_line_that_the_print_cannot_hold_is_named(method: str, *, thin: bool) -> None:
    """Each way of printing has its thinnest line."""
    area = evolve(LISTING.print_areas[0], method=method)
    line = {"id": "S1", "area": "front", "type": "shape", "x": 0, "y": 0, "w": INCH, "h": 200}
    expected = [(Check.HAIRLINE, Level.WARNING)] if thin else []

    assert expected == _checks(line, listing=evolve(LISTING, print_areas=(area,)))


def test_a_provider_may_know_better_than_the_method() -> None:
    """An area's own limits come first, and the finding says what was measured and what is needed."""
    area = evolve(LISTING.print_areas[0], method="dtg", min_line_um=2_000, min_text_um=5_000)
    layer = _design(_text(stroke="#ffffff", stroke_width=1_900)).on("front")[0]
    assert isinstance(layer, TextLayer)

    found = list(lettering_findings(layer, area, 4_900))

    assert [(Check.TINY_TEXT, 4_900, 5_000), (Check.HAIRLINE, 1_900, 2_000)] == [
        (finding.check, finding.measured, finding.required) for finding in found
    ]


def test_a_placeholder_that_nobody_changed_blocks() -> None:
    """Whether or not it is still marked as one: what it says is the template's."""
    template = _design(_text(placeholder=True, text="Your name"))
    listing = evolve(LISTING, template=template)

    assert [(Check.PLACEHOLDER, Level.ERROR)] == _checks(_text(text="Your name"), listing=listing)
    assert [] == _checks(_text(text="Zoë"), listing=listing)


def test_what_lies_in_a_group_is_judged_like_the_rest() -> None:
    """A small picture is small wherever it lies."""
    group = {"id": "G1", "area": "front", "type": "group", "w": INCH, "h": INCH, "layers": [_picture()]}

    assert [(Check.LOW_DPI, Level.ERROR)] == _checks(group, asset=_asset(50, 50))


@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
def test_contrast_is_the_same_both_ways(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    """From 1 for equal colours to 21 for black on white."""
    first, second = (f"#{bytes(levels).hex()}" for levels in (one, other))

    assert 1 <= contrast(first, second) == contrast(second, first) <= 21
    assert 1 == contrast(first, first)
