"""What would print badly, found before anything is drawn."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.catalog import Listing, PrintArea
from mockspark.domain.design import Design, ImageLayer
from mockspark.domain.files import REASONS, Check, Level, PinnedAsset, blocking
from mockspark.domain.preflight import effective_dpi, preflight
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
