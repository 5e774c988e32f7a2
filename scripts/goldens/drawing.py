"""From a design document to SVG, read straight from the JSON: none of our renderers' code takes part.

The SVG is measured in micrometres. What SVG leaves to its engine (how a picture is resampled, what a blur is)
is worked out here at the fine grid and handed over as a picture of exactly that grid.
"""

import base64
import io
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import resvg_py
from attrs import define, field, frozen
from PIL import Image

from scripts.goldens import bending, lettering
from scripts.goldens.measures import DPI, FINE
from scripts.goldens.pictures import Grid, Painting, premultiplied

Layer = Mapping[str, Any]
Matrix = tuple[float, float, float, float, float, float]

_SAME: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_FINER: Final = 3
_STEP: Final = 25_400 / DPI
_WHOLE: Final = 'x="-100000" y="-100000" width="300000" height="300000"'


@frozen(kw_only=True)
class Assets:
    """What a scene's pictures are: formulas, drawings (SVG)."""

    paintings: Mapping[str, Painting] = field(factory=dict)
    drawings: Mapping[str, str] = field(factory=dict)


@define
class Drawing:
    """One document on its way to SVG."""

    width: int
    height: int
    assets: Assets
    _definitions: list[str] = field(factory=list)

    def svg(self, layers: list[Layer], background: str = "") -> str:
        """Return the whole document as SVG."""
        across, down = self.width * _STEP, self.height * _STEP
        ground = f'<rect width="{across}" height="{down}" fill="{background}"/>' if background else ""
        body = ground + "".join(self.layer(layer, _SAME) for layer in layers)
        return self._sheet(f'<g style="isolation:isolate">{body}</g>')

    def layer(self, layer: Layer, outer: Matrix) -> str:
        """Return one layer with all that befalls it: mask, shadow, opacity, blending, in that order."""
        if layer.get("hidden") or layer.get("cut"):
            return ""
        place = _then(_own(layer, self._height(layer)), outer)
        drawn = self._masked(layer, place, self._content(layer, place))
        if layer.get("shadow"):
            drawn = self._shadow(layer["shadow"], drawn, place) + drawn
        fading, blend = layer.get("opacity", 1000) / 1000, layer.get("blend", "normal")
        return f'<g opacity="{fading}" style="mix-blend-mode:{blend};isolation:isolate">{drawn}</g>'

    def _content(self, layer: Layer, place: Matrix) -> str:
        match str(layer["type"]):
            case "group":
                return "".join(self.layer(inner, place) for inner in layer["layers"])
            case "image":
                return self._picture(layer, place)
            case "clipart":
                return self._clipart(layer, place)
            case "shape":
                return self._shape(layer, place)
            case _:
                return self._text(layer, place)

    def _height(self, layer: Layer) -> float:
        if layer["h"] or layer["type"] == "group":
            return float(layer["h"])
        if layer["type"] == "text":
            return lettering.lines(layer)[1]
        painting = self.assets.paintings[layer["asset"]]
        left, top, right, bottom = _crop(layer, painting)
        return float(layer["w"] * (bottom - top) / (right - left))

    # Shapes

    def _shape(self, layer: Layer, place: Matrix) -> str:
        kind, w, h = layer.get("shape", "rect"), layer["w"], layer["h"]
        if kind == "rect":
            radius = min(layer.get("radius", 0), w / 2, h / 2)
            outline = f'<rect width="{w}" height="{h}" rx="{radius}"'
        elif kind == "ellipse":
            outline = f'<ellipse cx="{w / 2}" cy="{h / 2}" rx="{w / 2}" ry="{h / 2}"'
        else:
            outline = f'<path d="{layer["d"]}"'
        line = ""
        if layer.get("stroke") and layer.get("stroke_width"):
            dash = " ".join(str(length) for length in layer.get("dash", []))
            line = (
                f' stroke="{layer["stroke"]}" stroke-width="{layer["stroke_width"]}" stroke-miterlimit="4"'
                f' stroke-linejoin="{layer.get("join", "miter")}" stroke-linecap="{layer.get("cap", "butt")}"'
                + (f' stroke-dasharray="{dash}"' if dash else "")
            )
        fill = self._paint(layer.get("fill", "#000000"), w, h)
        rule = layer.get("rule", "nonzero")
        return f'{outline} fill="{fill}" fill-rule="{rule}"{line} transform="{_matrix(place)}"/>'

    def _paint(self, paint: Any, w: float, h: float) -> str:
        if isinstance(paint, str):
            return paint or "none"
        name = f"p{len(self._definitions)}"
        stops = "".join(
            f'<stop offset="{stop[0] / 1000}" stop-color="{stop[1]}"'
            f' stop-opacity="{(stop[2] if len(stop) > 2 else 1000) / 1000}"/>'
            for stop in paint["stops"]
        )
        if paint.get("type", "linear") == "radial":
            made = (
                f'<radialGradient id="{name}" cx="0.5" cy="0.5" r="0.5" gradientUnits="userSpaceOnUse"'
                f' gradientTransform="matrix({w} 0 0 {h} 0 0)">{stops}</radialGradient>'
            )
        else:
            angle = math.radians(paint.get("angle", 0) / 1000)
            cos, sin = math.cos(angle), math.sin(angle)
            half = (abs(w * cos) + abs(h * sin)) / 2
            made = (
                f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" x1="{w / 2 - cos * half}"'
                f' y1="{h / 2 - sin * half}" x2="{w / 2 + cos * half}" y2="{h / 2 + sin * half}">'
                f"{stops}</linearGradient>"
            )
        self._definitions.append(made)
        return f"url(#{name})"

    # Text

    def _text(self, layer: Layer, place: Matrix) -> str:
        lines, height = lettering.lines(layer)
        drawn: list[tuple[str, str]] = []
        for line in lines:
            for glyph in line.glyphs:
                size = float(layer["size"])
                scale, off = size * glyph.unit, (glyph.x - glyph.before) * size
                stand = _stand(layer, lines, line, glyph)
                matrix = _then((scale, 0, 0, -scale, off, glyph.y * size), stand)
                drawn += [(_moved(path, matrix), colour) for path, colour in glyph.layers]
        letters = " ".join(path for path, colour in drawn if not colour)
        fill = self._paint(layer.get("fill", "#000000"), layer["w"], layer["h"] or height)
        where = f'transform="{_matrix(place)}"'
        below = ""
        if layer.get("stroke") and layer.get("stroke_width"):
            below = (
                f'<path d="{letters}" fill="none" stroke="{layer["stroke"]}" stroke-linejoin="round"'
                f' stroke-width="{2 * layer["stroke_width"]}" {where}/>'
            )
        colours = "".join(f'<path d="{path}" fill="{own}" {where}/>' for path, own in drawn if own)
        return f'{below}<path d="{letters}" fill="{fill}" {where}/>{colours}'

    # Pictures

    def _picture(self, layer: Layer, place: Matrix) -> str:
        painting = self.assets.paintings[layer["asset"]]
        crop, h = _crop(layer, painting), self._height(layer)
        box, crop = _fitted(layer["w"], h, crop, layer.get("fit", "contain"))
        grid = self._sampled(
            painting, place, box, crop, layer.get("flip", ""), linear=bool(layer.get("linear"))
        )
        return self._overlay(grid)

    def _sampled(
        self,
        painting: Painting,
        place: Matrix,
        box: tuple[float, float, float, float],
        crop: tuple[float, float, float, float],
        flip: str,
        *,
        linear: bool = False,
    ) -> Grid:
        """Return the picture at the fine grid, premultiplied: each point is the mean of nine looks at the formula."""
        rows, columns = self.height * FINE, self.width * FINE
        left, top, right, bottom = _touched(place, box, columns, rows)
        total = np.zeros((rows, columns, 4))
        back = _inverse(place)
        for dy in range(_FINER):
            for dx in range(_FINER):
                xs = (np.arange(left, right) + (dx + 0.5) / _FINER) * _STEP / FINE
                ys = (np.arange(top, bottom) + (dy + 0.5) / _FINER) * _STEP / FINE
                x, y = np.meshgrid(xs, ys)
                u, v = back[0] * x + back[2] * y + back[4], back[1] * x + back[3] * y + back[5]
                seen = _looked(painting, u, v, box, crop, flip, linear=linear)
                total[top:bottom, left:right] += seen
        mean = total / _FINER**2
        if not linear:
            return mean
        # Light adds up over the whole pixel, so it is the pixel's mean that is brought back to sRGB.
        whole = mean.reshape(self.height, FINE, self.width, FINE, 4).mean(axis=(1, 3))
        return np.repeat(np.repeat(_encoded(whole), FINE, axis=0), FINE, axis=1)

    def _clipart(self, layer: Layer, place: Matrix) -> str:
        drawing = self.assets.drawings[layer["asset"]]
        for old, new in layer.get("colors", {}).items():
            drawing = re.sub(re.escape(old), new, drawing, flags=re.IGNORECASE)
        wide, tall = (float(size) for size in re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawing)[0])
        crop = (0.0, 0.0, wide, tall)
        box, crop = _fitted(layer["w"], self._height(layer), crop, layer.get("fit", "contain"))
        across, down = box[2] / (crop[2] - crop[0]), box[3] / (crop[3] - crop[1])
        flip = layer.get("flip", "")
        if "h" in flip:
            place = _then((-1, 0, 0, 1, 2 * box[0] + box[2], 0), place)
        if "v" in flip:
            place = _then((1, 0, 0, -1, 0, 2 * box[1] + box[3]), place)
        inner = _then((across, 0, 0, down, box[0] - crop[0] * across, box[1] - crop[1] * down), place)
        body = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
        return f'<g transform="{_matrix(inner)}">{body}</g>'

    # Masks and shadows

    def _masked(self, layer: Layer, place: Matrix, drawn: str) -> str:
        mask = layer.get("mask")
        if not mask:
            return drawn
        name = f"m{len(self._definitions)}"
        if "d" in mask:
            rule = mask.get("rule", "nonzero")
            self._definitions.append(
                f'<clipPath id="{name}"><path d="{mask["d"]}" clip-rule="{rule}"'
                f' transform="{_matrix(place)}"/></clipPath>'
            )
            return f'<g clip-path="url(#{name})">{drawn}</g>'
        painting = self.assets.paintings[mask["asset"]]
        box, crop = (
            (0.0, 0.0, float(layer["w"]), self._height(layer)),
            (0.0, 0.0, painting.width, painting.height),
        )
        grid = self._sampled(painting, place, box, crop, "")
        cover = np.repeat(grid[..., 3:], 4, axis=2)
        self._definitions.append(
            f'<mask id="{name}" maskUnits="userSpaceOnUse" {_WHOLE} style="mask-type:alpha">'
            f"{self._overlay(cover)}</mask>"
        )
        return f'<g mask="url(#{name})">{drawn}</g>'

    def _shadow(self, shadow: Layer, drawn: str, place: Matrix) -> str:
        """Return the shadow of *drawn*; where it falls turns with the layer."""
        cover = rasterised(self._sheet(drawn))[..., 3]
        sigma = shadow.get("blur", 0) / 2 / _STEP * FINE
        right, down = shadow.get("dx", 0), shadow.get("dy", 0)
        dx, dy = place[0] * right + place[2] * down, place[1] * right + place[3] * down
        blurred = _blurred(cover, sigma, dx / _STEP * FINE, dy / _STEP * FINE)
        colour = shadow.get("color", "#000000")
        rgb = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        alpha = blurred * shadow.get("opacity", 500) / 1000
        return self._overlay(np.stack([*(alpha * part for part in rgb), alpha], axis=-1))

    # The sheet

    def _overlay(self, grid: Grid) -> str:
        """Return a picture of exactly the fine grid as an element."""
        out = io.BytesIO()
        Image.fromarray(_bytes(grid), "RGBA").save(out, "PNG", compress_level=1)
        data = base64.b64encode(out.getvalue()).decode()
        return (
            f'<image width="{self.width * _STEP}" height="{self.height * _STEP}" preserveAspectRatio="none"'
            f' image-rendering="optimizeSpeed" xlink:href="data:image/png;base64,{data}"/>'
        )

    def _sheet(self, body: str) -> str:
        size = f'width="{self.width * FINE}" height="{self.height * FINE}"'
        box = f'viewBox="0 0 {self.width * _STEP} {self.height * _STEP}" preserveAspectRatio="none"'
        names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        return f"<svg {names} {size} {box}><defs>{''.join(self._definitions)}</defs>{body}</svg>"


def _stand(
    layer: Layer, lines: tuple[lettering.Line, ...], line: lettering.Line, glyph: lettering.Glyph
) -> Matrix:
    """Return where the pen stands before *glyph*: bent lines touch the middle of each glyph's own width."""
    size = float(layer["size"])
    half = glyph.advance * size / 2
    along = glyph.before * size + half
    if layer.get("path"):
        return bending.on_path(layer["path"], lettering.aligned(layer), line.width, along, half)
    if not layer.get("arc"):
        return (1.0, 0.0, 0.0, 1.0, line.left + glyph.before * size, line.baseline)
    arch = bending.Arch.of(
        math.radians(layer["arc"] / 1000),
        [one.width for one in lines],
        size * layer.get("leading", 1200) / 1000,
        lettering.aligned(layer),
    )
    stand = arch.at(lines.index(line), along, half)
    return _then(stand, (1.0, 0.0, 0.0, 1.0, layer["w"] / 2, -_top(layer, lines, arch)))


def _top(layer: Layer, lines: tuple[lettering.Line, ...], arch: bending.Arch) -> float:
    """Return the top of the room that bent letters take, above the middle of the first baseline."""
    size, above = float(layer["size"]), lines[0].baseline
    below = size * layer.get("leading", 1200) / 1000 - above
    corners = [
        b * across + d * down + f
        for index, line in enumerate(lines)
        for glyph in line.glyphs
        for half in [glyph.advance * size / 2]
        for _, b, _, d, _, f in [arch.at(index, glyph.before * size + half, 0.0)]
        for across in (-half, half)
        for down in (-above, below)
    ]
    return min(corners)


def rasterised(svg: str) -> Grid:
    """Return the drawing at the fine grid, premultiplied, 0 to 1."""
    with Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))) as image:
        return premultiplied(np.asarray(image.convert("RGBA"), dtype=np.float64) / 255)


def reduced(fine: Grid) -> Image.Image:
    """Return the print: each pixel the mean of its fine ones."""
    rows, columns = fine.shape[0] // FINE, fine.shape[1] // FINE
    mean = fine.reshape(rows, FINE, columns, FINE, 4).mean(axis=(1, 3))
    return Image.fromarray(_bytes(mean), "RGBA")


def _bytes(grid: Grid) -> np.ndarray[Any, np.dtype[np.uint8]]:
    cover = grid[..., 3:]
    colours = np.where(cover > 1e-4, grid[..., :3] / np.maximum(cover, 1e-9), 0)
    flat = np.concatenate([colours, cover], axis=-1)
    levels: np.ndarray[Any, np.dtype[np.uint8]] = np.clip(np.rint(flat * 255), 0, 255).astype(np.uint8)
    return levels


def _looked(
    painting: Painting,
    u: Grid,
    v: Grid,
    box: tuple[float, float, float, float],
    crop: tuple[float, float, float, float],
    flip: str,
    *,
    linear: bool,
) -> Grid:
    across, down = (u - box[0]) / box[2], (v - box[1]) / box[3]
    inside = (across >= 0) & (across < 1) & (down >= 0) & (down < 1)
    across = 1 - across if "h" in flip else across
    down = 1 - down if "v" in flip else down
    x, y = crop[0] + across * (crop[2] - crop[0]), crop[1] + down * (crop[3] - crop[1])
    found = painting.formula(x, y)
    if linear:
        found = np.concatenate([_decoded(found[..., :3]), found[..., 3:]], axis=-1)
    return premultiplied(found) * inside[..., None]


def _touched(
    place: Matrix, box: tuple[float, float, float, float], columns: int, rows: int
) -> tuple[int, int, int, int]:
    """Return the part of the fine grid that a box may touch: left, top, right, bottom."""
    x, y, w, h = box
    corners = [(x, y), (x + w, y), (x, y + h), (x + w, y + h)]
    a, b, c, d, e, f = place
    us = [(a * p + c * q + e) / _STEP * FINE for p, q in corners]
    vs = [(b * p + d * q + f) / _STEP * FINE for p, q in corners]
    left, top = max(math.floor(min(us)), 0), max(math.floor(min(vs)), 0)
    return left, top, max(min(math.ceil(max(us)), columns), left), max(min(math.ceil(max(vs)), rows), top)


def _decoded(colours: Grid) -> Grid:
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def _encoded(grid: Grid) -> Grid:
    cover = grid[..., 3:]
    light = np.clip(grid[..., :3] / np.maximum(cover, 1e-9), 0, 1)
    colours = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.concatenate([colours * cover, cover], axis=-1)


def _blurred(cover: Grid, sigma: float, dx: float, dy: float) -> Grid:
    """Return *cover* moved and blurred by a true Gaussian; beyond the sheet there is nothing."""
    margin = math.ceil(sigma * 4 + max(abs(dx), abs(dy))) + 8
    padded = np.pad(cover, margin)
    down, across = np.fft.fftfreq(padded.shape[0])[:, None], np.fft.rfftfreq(padded.shape[1])[None, :]
    kernel = np.exp(
        -2 * (np.pi * sigma) ** 2 * (down**2 + across**2) - 2j * np.pi * (down * dy + across * dx)
    )
    moved = np.fft.irfft2(np.fft.rfft2(padded) * kernel, padded.shape)
    return np.clip(moved[margin:-margin, margin:-margin], 0, 1)


def _crop(layer: Layer, painting: Painting) -> tuple[float, float, float, float]:
    left, top, right, bottom = layer.get("crop", [0, 0, 1000, 1000])
    return (
        left * painting.width / 1000,
        top * painting.height / 1000,
        right * painting.width / 1000,
        bottom * painting.height / 1000,
    )


def _fitted(
    w: float, h: float, crop: tuple[float, float, float, float], fit: str
) -> tuple[tuple[float, float, float, float], tuple[float, float, float, float]]:
    """Return the box (x, y, width, height) that is filled, and what of the picture fills it."""
    wide, tall = crop[2] - crop[0], crop[3] - crop[1]
    if fit == "stretch":
        return (0.0, 0.0, w, h), crop
    if fit == "contain":
        scale = min(w / wide, h / tall)
        return ((w - wide * scale) / 2, (h - tall * scale) / 2, wide * scale, tall * scale), crop
    scale = max(w / wide, h / tall)
    x, y = crop[0] + (wide - w / scale) / 2, crop[1] + (tall - h / scale) / 2
    return (0.0, 0.0, w, h), (x, y, x + w / scale, y + h / scale)


def _own(layer: Layer, height: float) -> Matrix:
    angle = math.radians(layer.get("rot", 0) / 1000)
    cos, sin = math.cos(angle), math.sin(angle)
    across, down = layer["w"] / 2, height / 2
    return (
        cos,
        sin,
        -sin,
        cos,
        layer["x"] + across - cos * across + sin * down,
        layer["y"] + down - sin * across - cos * down,
    )


def _then(first: Matrix, second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = second
    return (p * a + r * b, q * a + s * b, p * c + r * d, q * c + s * d, p * e + r * f + t, q * e + s * f + u)


def _inverse(place: Matrix) -> Matrix:
    a, b, c, d, e, f = place
    area = a * d - b * c
    return (
        d / area,
        -b / area,
        -c / area,
        a / area,
        (c * f - d * e) / area,
        (b * e - a * f) / area,
    )


def _matrix(place: Matrix) -> str:
    return f"matrix({' '.join(f'{number:.9g}' for number in place)})"


def _moved(path: str, place: Matrix) -> str:
    """Return path data of absolute commands after *place*."""
    a, b, c, d, e, f = place
    out, x, y = [], 0.0, 0.0
    for verb, numbers in re.findall(r"([MLHVQCZ])([^MLHVQCZ]*)", path):
        values = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", numbers)]
        if verb == "H":
            values = [value for one in values for value in (one, y)]
        elif verb == "V":
            values = [value for one in values for value in (x, one)]
        if values:
            x, y = values[-2], values[-1]
        points = [
            f"{a * p + c * q + e:.3f} {b * p + d * q + f:.3f}"
            for p, q in zip(values[0::2], values[1::2], strict=True)
        ]
        out.append({"H": "L", "V": "L"}.get(verb, verb) + " ".join(points))
    return "".join(out)
