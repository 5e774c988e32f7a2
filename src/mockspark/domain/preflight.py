"""Check a design against its product before anything is drawn: pure geometry and words."""

from collections.abc import Iterator, Mapping

from mockspark.domain.catalog import Listing, PrintArea
from mockspark.domain.design import Design
from mockspark.domain.files import Check, Finding, Level, PinnedAsset
from mockspark.domain.layers import ClipartLayer, GroupLayer, ImageLayer, Layer, ShapeLayer, TextLayer


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
    if area.required and not any(_inks(layer) for layer in layers):
        yield _error(Check.EMPTY_AREA, area, f"Nothing is placed on {area.key!r}: it would print blank.")
    for layer in layers:
        yield from _layer_findings(layer, listing, area, assets)


def _layer_findings(
    layer: Layer, listing: Listing, area: PrintArea, assets: Mapping[str, PinnedAsset]
) -> Iterator[Finding]:
    if layer.placeholder:
        yield _error(Check.PLACEHOLDER, area, f"{layer.id!r} still shows the template's placeholder.", layer)
    if _outside(layer, area):
        yield _error(Check.OUTSIDE_AREA, area, f"{layer.id!r} lies wholly outside {area.key!r}.", layer)
    if isinstance(layer, ImageLayer):
        yield from _image_findings(layer, listing, area, assets)


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


def _error(check: Check, area: PrintArea, words: str, layer: Layer | None = None) -> Finding:
    return Finding(
        check=check, level=Level.ERROR, area=area.key, layer=layer.id if layer else "", words=words
    )
