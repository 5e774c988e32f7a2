"""Check a design against its product before anything is drawn: pure geometry and words."""

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import evolve

from mockspark.domain.catalog import Listing, PrintArea
from mockspark.domain.design import Design
from mockspark.domain.files import Check, Finding, Level, PinnedAsset
from mockspark.domain.layers import (
    ClipartLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    ShapeLayer,
    TextLayer,
    leaves,
)

_SEEN: Final = 1.5
"""The least contrast with the product at which print is told from cloth at arm's length."""


def preflight(design: Design, listing: Listing, assets: Mapping[str, PinnedAsset]) -> tuple[Finding, ...]:
    """Say what would print badly; a finding of level error keeps the item from becoming ready.

    *assets* maps a layer's `asset` to the bytes that it was pinned to.
    """
    return tuple(
        finding for area in listing.print_areas for finding in _area_findings(design, listing, area, assets)
    )


def effective_dpi(layer: ImageLayer, asset: PinnedAsset) -> int:
    """Return the dots per inch at which *asset* prints in its box, the worse of both directions."""
    left, top, right, bottom = layer.crop
    width_px = asset.width_px * (right - left) / 1000
    height_px = asset.height_px * (bottom - top) / 1000
    across = width_px * 25_400 / layer.box.width
    if layer.box.height == 0:
        return int(across)
    down = height_px * 25_400 / layer.box.height
    # A picture that is fitted inside its box is limited by the side that touches first.
    return int(max(across, down) if layer.fit == "contain" else min(across, down))


def _area_findings(
    design: Design, listing: Listing, area: PrintArea, assets: Mapping[str, PinnedAsset]
) -> Iterator[Finding]:
    if area.key not in design.areas:
        if area.required:
            words = f"The design has no area {area.key!r}, which this product prints."
            yield _error(Check.MISSING_AREA, area, words)
        return
    layers = design.on(area.key)
    template = listing.template.on(area.key) if listing.template is not None else ()
    untouched = {one.id: evolve(one, placeholder=False) for one in leaves(template) if one.placeholder}
    if area.required and not any(_inks(layer) for layer in layers):
        yield _error(Check.EMPTY_AREA, area, f"Nothing is placed on {area.key!r}: it would print blank.")
    for leaf in leaves(layers):
        if leaf.placeholder or untouched.get(leaf.id) == leaf:
            words = f"{leaf.id!r} still shows the template's placeholder: replace it or remove it."
            yield _error(Check.PLACEHOLDER, area, words, leaf)
        yield from _layer_findings(leaf, listing, area, assets)
    for layer in layers:
        if _outside(layer, area):
            yield _error(Check.OUTSIDE_AREA, area, f"{layer.id!r} lies wholly outside {area.key!r}.", layer)
    yield from _contrast_findings(layers, listing, area)


def lettering_findings(layer: TextLayer, area: PrintArea, size_um: float) -> Iterator[Finding]:
    """Judge the letters of *layer* at the em that they were set in, which may be smaller than was asked for."""
    finest = area.finest
    if layer.text.strip() and size_um < finest.text_um:
        yield _measured(
            Check.TINY_TEXT,
            area,
            layer,
            round(size_um),
            finest.text_um,
            f"The text of {layer.id!r} is {_mm(size_um)} high; {_mm(finest.text_um)} or more stays readable in print: "
            "give it more room or fewer words.",
        )
    if layer.stroke and 0 < layer.stroke_width < finest.line_um:
        yield _hairline(layer, area, layer.stroke_width)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lights = sorted((_luminance(one), _luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _layer_findings(
    layer: Layer, listing: Listing, area: PrintArea, assets: Mapping[str, PinnedAsset]
) -> Iterator[Finding]:
    match layer:
        case ImageLayer():
            yield from _image_findings(layer, listing, area, assets)
        case ClipartLayer() if layer.asset not in assets:
            words = f"The drawing of {layer.id!r} is missing: upload it again."
            yield _error(Check.MISSING_ASSET, area, words, layer)
        case ShapeLayer():
            yield from _shape_findings(layer, area)
        case _:
            return


def _shape_findings(layer: ShapeLayer, area: PrintArea) -> Iterator[Finding]:
    thin = [layer.stroke_width] if layer.stroke and layer.stroke_width and not layer.cut else []
    if layer.shape != "path" and layer.fill and layer.box.height:
        thin += [layer.box.width, layer.box.height]
    if thin and min(thin) < area.finest.line_um:
        yield _hairline(layer, area, min(thin))


def _contrast_findings(layers: tuple[Layer, ...], listing: Listing, area: PrintArea) -> Iterator[Finding]:
    """Name what hardly differs from the product and lies on nothing else."""
    if not listing.product_colour:
        return
    below: list[Layer] = []
    for layer in layers:
        if not any(_may_cover(lower, layer) for lower in below):
            yield from _faint(layer, listing.product_colour, area)
        below.append(layer)


def _faint(layer: Layer, product: str, area: PrintArea) -> Iterator[Finding]:
    colours = _colours(layer)
    if not colours or layer.look.opacity == 0:
        return
    most = max(contrast(colour, product) for colour in colours)
    if most < _SEEN:
        words = (
            f"{layer.id!r} is hardly seen on the product's colour {product} (contrast {most:.1f}, "
            f"{_SEEN} or more is seen well): choose another colour for one of them."
        )
        yield _measured(Check.LOW_CONTRAST, area, layer, round(most * 100), round(_SEEN * 100), words)


def _colours(layer: Layer) -> tuple[str, ...]:
    """Return the colours that a layer shows, where they can be known without drawing."""
    if not isinstance(layer, TextLayer | ShapeLayer) or (isinstance(layer, ShapeLayer) and layer.cut):
        return ()
    fills = (layer.fill,) if isinstance(layer.fill, str) else tuple(stop.colour for stop in layer.fill.stops)
    return tuple(colour for colour in (*fills, layer.stroke) if colour)


def _may_cover(lower: Layer, layer: Layer) -> bool:
    """Tell whether *layer* may be seen on *lower* instead of the product; letters are no ground for others."""
    if isinstance(lower, TextLayer) or lower.look.opacity == 0:
        return False
    one, other = lower.box, layer.box
    if one.turn or other.turn or not one.height or not other.height:
        return True
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def _luminance(colour: str) -> float:
    levels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    lights = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels)
    return sum(share * light for share, light in zip((0.2126, 0.7152, 0.0722), lights, strict=True))


def _image_findings(
    layer: ImageLayer, listing: Listing, area: PrintArea, assets: Mapping[str, PinnedAsset]
) -> Iterator[Finding]:
    asset = assets.get(layer.asset)
    if asset is None:
        words = f"The picture of {layer.id!r} is missing: upload it again."
        yield _error(Check.MISSING_ASSET, area, words, layer)
        return
    dpi = effective_dpi(layer, asset)
    if dpi >= listing.warn_dpi:
        return
    blocked = dpi < listing.min_dpi
    required = listing.min_dpi if blocked else listing.warn_dpi
    yield Finding(
        check=Check.LOW_DPI,
        level=Level.ERROR if blocked else Level.WARNING,
        area=area.key,
        layer=layer.id,
        measured=dpi,
        required=required,
        words=f"The picture of {layer.id!r} prints at {dpi} DPI; {required} or more is needed.",
    )


def _inks(layer: Layer) -> bool:
    if layer.look.opacity == 0:
        return False
    match layer:
        case ImageLayer() | ClipartLayer():
            return bool(layer.asset)
        case TextLayer():
            return bool(layer.text.strip())
        case ShapeLayer():
            return not layer.cut and bool(layer.fill or layer.stroke)
        case GroupLayer():
            return any(_inks(inner) for inner in layer.layers)


def _outside(layer: Layer, area: PrintArea) -> bool:
    box = layer.box
    if box.turn % 360_000 or (isinstance(layer, TextLayer) and box.height == 0):
        return False  # a turned or open box is judged by the renderer, which knows its true outline
    return (
        box.x >= area.width_um or box.y >= area.height_um or box.x + box.width <= 0 or box.y + box.height <= 0
    )


def _hairline(layer: Layer, area: PrintArea, width: int) -> Finding:
    least = area.finest.line_um
    words = (
        f"A line of {layer.id!r} is {_mm(width)} thin; below {_mm(least)} it may break off: make it thicker."
    )
    return _measured(Check.HAIRLINE, area, layer, width, least, words)


def _measured(
    check: Check, area: PrintArea, layer: Layer, measured: int, required: int, words: str
) -> Finding:
    return Finding(
        check=check,
        level=Level.WARNING,
        area=area.key,
        layer=layer.id,
        measured=measured,
        required=required,
        words=words,
    )


def _mm(micrometres: float) -> str:
    return f"{micrometres / 1000:.2g} mm"


def _error(check: Check, area: PrintArea, words: str, layer: Layer | None = None) -> Finding:
    return Finding(
        check=check, level=Level.ERROR, area=area.key, layer=layer.id if layer else "", words=words
    )
