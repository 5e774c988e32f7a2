"""The promises of Renderer, as tests: subclass and say in a fixture which renderer is meant.

`FileConformance` is what every renderer keeps to, drawing or not; `RendererConformance` is what one must draw.
Set MOCKSPARK_GOLDEN_OUT to a folder to get what was drawn, what is right and the difference of each golden scene
that fails.
"""

import io
import math
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from mockspark.adapters.testing import goldens, profiles
from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import RenderedArea, Renderer, RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design
from mockspark.domain.files import Check, Level

AREA: Final = PrintArea(key="front", width_px=600, height_px=700)
_RED: Final = (220, 30, 40)
_BLUE: Final = (20, 60, 230)
_FINE: Final = 8
_INKED: Final = 40
_T: Final = Image.Transpose
# How a camera held that way stores what is upright.
_TAKEN: Final[Mapping[int, Image.Transpose]] = {
    2: _T.FLIP_LEFT_RIGHT,
    3: _T.ROTATE_180,
    4: _T.FLIP_TOP_BOTTOM,
    5: _T.TRANSPOSE,
    6: _T.ROTATE_90,
    7: _T.TRANSVERSE,
    8: _T.ROTATE_270,
}


def um(pixels: float, dpi: int = 300) -> int:
    """Return micrometres for *pixels*, as a design wants them."""
    return round(pixels * 25_400 / dpi)


def image_layer(asset: str, x: float, y: float, w: float, h: float, **members: Any) -> dict[str, Any]:
    """Return a picture in a box that is given in pixels of 300 DPI."""
    box = {"x": um(x), "y": um(y), "w": um(w), "h": um(h)}
    return {"type": "image", "area": "front", "asset": asset, **box, **members}


def text_layer(text: str, x: float, y: float, w: float, h: float, **members: Any) -> dict[str, Any]:
    """Return text in a box that is given in pixels of 300 DPI."""
    box = {"x": um(x), "y": um(y), "w": um(w), "h": um(h)}
    return {"type": "text", "area": "front", "text": text, **box, "size": um(60), **members}


def job(
    *layers: Mapping[str, Any], area: PrintArea = AREA, assets: Mapping[str, bytes] | None = None
) -> RenderJob:
    """Return the job of drawing *layers*, lowest first."""
    named = [{"id": f"L{index}", **layer} for index, layer in enumerate(layers)]
    sizes = {area.key: {"w": area.width_um, "h": area.height_um}}
    return RenderJob(design=Design.of({"areas": sizes, "layers": named}), area=area, assets=assets or {})


def encoded(image: Image.Image, kind: str = "PNG", **settings: Any) -> bytes:
    """Return the bytes of *image* as a file."""
    out = io.BytesIO()
    image.save(out, kind, **settings)
    return out.getvalue()


def pixels(area: RenderedArea) -> Image.Image:
    """Return the production file, decoded."""
    image = Image.open(io.BytesIO(area.content))
    image.load()
    return image.convert("RGBA")


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and data of each chunk of a PNG, having checked their sums."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    at = 8
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        assert struct.pack(">I", zlib.crc32(name + data)) == content[at + 8 + size : at + 12 + size]
        yield name, data
        at += 12 + size


def found(area: RenderedArea, check: Check, level: Level = Level.ERROR) -> list[str]:
    """Return the layers of which *check* was found."""
    return [finding.layer for finding in area.findings if finding.check is check and finding.level is level]


def coverage(width: int, height: int, box: tuple[float, float, float, float], degrees: float) -> Image.Image:
    """Return how much of each pixel lies inside the turned *box*, by looking at eight times eight points in it.

    *box* is x, y, width, height in pixels of 300 DPI, as a design keeps it: in whole micrometres.
    """
    x, y, w, h = (um(length) * 300 / 25_400 for length in box)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    card = Image.new("L", (1_000, 1_000), 255)
    across, down = 1_000 / w, 1_000 / h
    left = across * (w / 2 - cos * (x + w / 2) - sin * (y + h / 2))
    top = down * (h / 2 + sin * (x + w / 2) - cos * (y + h / 2))
    read = (across * cos / _FINE, across * sin / _FINE, left, -down * sin / _FINE, down * cos / _FINE, top)
    fine = card.transform(
        (width * _FINE, height * _FINE), Image.Transform.AFFINE, read, Image.Resampling.NEAREST
    )
    return fine.reduce(_FINE)


def edge_error(alpha: Image.Image, expected: Image.Image) -> float:
    """Return how far *alpha* is from *expected* where an edge runs, as a root mean square of full coverage."""
    edge = expected.point(lambda value: 255 if 0 < value < 255 else 0)
    return float(ImageStat.Stat(ImageChops.difference(alpha, expected), edge).rms[0]) / 255


class FileConformance:
    """What every renderer's files keep to."""

    @pytest.fixture
    def renderer(self) -> Renderer:
        """Return the renderer under test."""
        raise NotImplementedError("say in a fixture which renderer is tested")

    @pytest.mark.parametrize(("width", "height", "dpi"), [(600, 700, 300), (1, 1, 72), (257, 513, 150)])
    async def test_the_file_has_exactly_the_pixels_and_the_dpi(
        self, renderer: Renderer, width: int, height: int, dpi: int
    ) -> None:
        """A provider scales or refuses what is a pixel off."""
        area = PrintArea(key="front", width_px=width, height_px=height, dpi=dpi)
        made = await renderer.render(job(area=area))

        parts = dict(chunks(made.content))
        assert (width, height) == struct.unpack(">II", parts[b"IHDR"][:8])
        assert (round(dpi / 0.0254), round(dpi / 0.0254), 1) == struct.unpack(">IIB", parts[b"pHYs"])
        assert (width, height, dpi) == (made.width_px, made.height_px, made.dpi)
        assert made.media_type == "image/png"

    async def test_the_file_says_nothing_about_when_it_was_made(self, renderer: Renderer) -> None:
        """No time, no text: what a file is depends on its design alone."""
        made = await renderer.render(job(text_layer("Zoë", 0, 0, 600, 200)))

        assert not {b"tIME", b"tEXt", b"zTXt", b"iTXt", b"eXIf"} & {name for name, _ in chunks(made.content)}

    async def test_equal_jobs_give_equal_bytes(self, renderer: Renderer) -> None:
        """Drawing again changes nothing, so a file that was lost can be made anew."""
        first = await renderer.render(job(text_layer("Zoë", 50, 50, 400, 200, rot=7000)))
        second = await renderer.render(job(text_layer("Zoë", 50, 50, 400, 200, rot=7000)))

        assert first.content == second.content
        assert first.preview == second.preview

    async def test_there_is_a_small_picture_of_it(self, renderer: Renderer) -> None:
        """The preview opens as what it says it is, and is no larger than asked for."""
        made = await renderer.render(job(text_layer("Zoë", 0, 0, 600, 200)))

        preview = Image.open(io.BytesIO(made.preview))
        assert made.preview_media_type == Image.MIME[str(preview.format)]
        assert max(preview.size) <= 600


class RendererConformance(FileConformance):
    """What every renderer that draws keeps to."""

    @pytest.mark.parametrize("name", goldens.names())
    async def test_a_golden_scene_is_drawn_as_it_should_be(self, renderer: Renderer, name: str) -> None:
        """Each scene looks as another engine drew it at eight times the resolution, within its tolerance."""
        golden = goldens.named(name)
        made = pixels(await renderer.render(golden.job))

        breaches = golden.judged(made)
        out = os.environ.get("MOCKSPARK_GOLDEN_OUT")
        if breaches and out:
            golden.keep(made, Path(out) / type(self).__name__)
        assert not breaches, f"{name} ({golden.shows}): {'; '.join(breaches)}"

    @pytest.mark.parametrize("name", ["shadow-of-masked-group", "blend-soft-light", "text-tracked"])
    async def test_equal_scenes_give_equal_bytes(self, renderer: Renderer, name: str) -> None:
        """Blurs, blends and letters come out the same, to the last bit, each time."""
        job = goldens.named(name).job
        first, second = await renderer.render(job), await renderer.render(job)

        assert first.content == second.content
        assert first.preview == second.preview

    async def test_the_colours_are_named_srgb(self, renderer: Renderer) -> None:
        """Without a profile, a press guesses."""
        made = await renderer.render(job())

        assert {b"iCCP", b"sRGB"} & {name for name, _ in chunks(made.content)}

    async def test_a_picture_fills_its_box_and_nothing_else(self, renderer: Renderer) -> None:
        """Where there is no ink, the file is transparent."""
        assets = {"a": encoded(Image.new("RGB", (300, 200), _RED))}
        made = pixels(await renderer.render(job(image_layer("a", 100, 200, 300, 200), assets=assets)))

        assert made.getchannel("A").getbbox() == (100, 200, 400, 400)
        assert ((_RED[0],) * 2, (_RED[1],) * 2, (_RED[2],) * 2, (255, 255)) == _extrema(
            made.crop((100, 200, 400, 400))
        )

    async def test_higher_layers_cover_lower_ones(self, renderer: Renderer) -> None:
        """The list of layers begins at the bottom."""
        assets = {name: encoded(Image.new("RGB", (10, 10), c)) for name, c in (("a", _RED), ("b", _BLUE))}
        layers = (image_layer("a", 0, 0, 400, 400), image_layer("b", 200, 200, 400, 400))
        made = pixels(await renderer.render(job(*layers, assets=assets)))

        assert (*_BLUE, 255) == made.getpixel((300, 300))
        assert (*_RED, 255) == made.getpixel((100, 100))

    async def test_a_turned_edge_is_smooth(self, renderer: Renderer) -> None:
        """Coverage along a turned edge is that of the geometry, not a staircase."""
        assets = {"a": encoded(Image.new("RGB", (400, 300), _RED))}
        layer = image_layer("a", 100, 200, 400, 300, rot=12_000)
        made = pixels(await renderer.render(job(layer, assets=assets)))

        expected = coverage(600, 700, (100, 200, 400, 300), 12)
        assert edge_error(made.getchannel("A"), expected) < 0.05

    @pytest.mark.parametrize("turn", [0, 17_000])
    async def test_a_soft_edge_keeps_its_colour(self, renderer: Renderer, turn: int) -> None:
        """What is invisible in a picture has no colour to lend: no dark or white fringes."""
        logo = Image.new("RGBA", (200, 200), (255, 255, 255, 0))
        ImageDraw.Draw(logo).ellipse((20, 20, 179, 179), fill=(*_RED, 255))
        layer = image_layer("a", 100, 100, 430, 430, rot=turn)
        made = pixels(await renderer.render(job(layer, assets={"a": encoded(logo)})))

        visible = made.getchannel("A").point(lambda value: 255 if value >= _INKED else 0)
        for channel, wanted in enumerate(_RED):
            low, high = ImageStat.Stat(made.getchannel(channel), visible).extrema[0]
            assert abs(low - wanted) < 12
            assert abs(high - wanted) < 12

    async def test_a_right_angle_moves_pixels_and_no_more(self, renderer: Renderer) -> None:
        """A quarter turn is clockwise about the centre and loses no sharpness."""
        picture = Image.new("RGB", (200, 200), _RED)
        picture.paste(_BLUE, (0, 0, 200, 100))
        layer = image_layer("a", 100, 100, 200, 200, rot=90_000)
        made = pixels(await renderer.render(job(layer, assets={"a": encoded(picture)})))

        assert ((_BLUE[0],) * 2, (_BLUE[1],) * 2, (_BLUE[2],) * 2, (255, 255)) == _extrema(
            made.crop((200, 100, 300, 300))
        )
        assert made.getchannel("A").getbbox() == (100, 100, 300, 300)

    @pytest.mark.parametrize(
        ("fit", "box"), [("contain", (100, 250, 500, 450)), ("cover", (100, 150, 500, 550))]
    )
    async def test_a_picture_is_fitted(
        self, renderer: Renderer, fit: str, box: tuple[int, int, int, int]
    ) -> None:
        """Inside its box, or over all of it, never out of proportion unless asked to be."""
        picture = Image.new("RGB", (400, 200), _RED)
        picture.paste(_BLUE, (100, 0, 300, 200))
        layer = image_layer("a", 100, 150, 400, 400, fit=fit)
        made = pixels(await renderer.render(job(layer, assets={"a": encoded(picture)})))

        assert box == made.getchannel("A").getbbox()
        assert (*(_BLUE if fit == "cover" else _RED), 255) == made.getpixel((110, 350))

    async def test_a_picture_is_cropped_and_flipped(self, renderer: Renderer) -> None:
        """The crop is taken first, then what is left is mirrored."""
        picture = Image.new("RGB", (400, 200), (0, 0, 0))
        picture.paste(_RED, (200, 0, 300, 200))
        picture.paste(_BLUE, (300, 0, 400, 200))
        layer = image_layer("a", 100, 100, 200, 200, crop=[500, 0, 1000, 1000], flip="h")
        made = pixels(await renderer.render(job(layer, assets={"a": encoded(picture)})))

        assert (*_BLUE, 255) == made.getpixel((150, 200))
        assert (*_RED, 255) == made.getpixel((250, 200))

    async def test_a_picture_lies_as_its_camera_says(self, renderer: Renderer) -> None:
        """A photo that was taken sideways is printed upright."""
        photo = Image.new("RGB", (200, 100), _RED)
        photo.paste(_BLUE, (0, 0, 100, 100))
        exif = Image.Exif()
        exif[0x0112] = 6
        assets = {"a": encoded(photo, "JPEG", quality=95, exif=exif)}
        made = pixels(await renderer.render(job(image_layer("a", 100, 100, 100, 200), assets=assets)))

        assert made.getchannel("A").getbbox() == (100, 100, 200, 300)
        assert _near(_BLUE, made.getpixel((150, 130)))
        assert _near(_RED, made.getpixel((150, 270)))

    @pytest.mark.parametrize("orientation", range(1, 9))
    async def test_every_way_of_holding_a_camera_is_upright(
        self, renderer: Renderer, orientation: int
    ) -> None:
        """All eight orientations, the mirrored ones among them, print the same."""
        upright = Image.new("RGB", (120, 80), _RED)
        upright.paste(_BLUE, (0, 0, 60, 40))
        upright.paste((20, 160, 60), (60, 40, 120, 80))
        taken = upright if orientation == 1 else upright.transpose(_TAKEN[orientation])
        exif = Image.Exif()
        exif[0x0112] = orientation
        assets = {"a": encoded(taken, "JPEG", quality=95, subsampling=0, exif=exif)}
        made = pixels(await renderer.render(job(image_layer("a", 100, 100, 120, 80), assets=assets)))

        assert made.getchannel("A").getbbox() == (100, 100, 220, 180)
        assert _near(_BLUE, made.getpixel((130, 120)))
        assert _near(_RED, made.getpixel((190, 120)))
        assert _near((20, 160, 60), made.getpixel((190, 160)))

    @pytest.mark.parametrize("colour", [(200, 120, 60), (90, 160, 140), (255, 0, 0), (255, 255, 255)])
    async def test_colours_of_a_wider_screen_become_srgb(
        self, renderer: Renderer, colour: tuple[int, int, int]
    ) -> None:
        """A photo in Display P3 is printed as the mathematics of its profile says."""
        photo = encoded(Image.new("RGB", (50, 50), colour), icc_profile=profiles.display_p3())
        made = pixels(await renderer.render(job(image_layer("a", 0, 0, 50, 50), assets={"a": photo})))

        assert _near(profiles.p3_in_srgb(colour), made.getpixel((25, 25)), 3)

    @pytest.mark.parametrize(
        "inks", [(0, 0, 0, 0), (0, 255, 0, 0), (0, 255, 255, 100), (0, 0, 0, 128), (255, 255, 255, 255)]
    )
    async def test_inks_become_srgb(self, renderer: Renderer, inks: tuple[int, int, int, int]) -> None:
        """A picture in four inks is printed as its profile says, not by subtracting from white."""
        photo = encoded(
            Image.new("CMYK", (50, 50), inks), "JPEG", quality=100, icc_profile=profiles.four_inks()
        )
        made = pixels(await renderer.render(job(image_layer("a", 0, 0, 50, 50), assets={"a": photo})))

        assert _near(profiles.ink_in_srgb(inks), made.getpixel((25, 25)), 4)

    @pytest.mark.parametrize(
        ("mode", "colour", "expected"),
        [
            ("L", 90, (90, 90, 90, 255)),
            ("LA", (90, 128), (90, 90, 90, 128)),
            ("1", 255, (255, 255, 255, 255)),
            ("I;16", 90 * 257, (90, 90, 90, 255)),
        ],
    )
    async def test_pictures_of_every_make_are_drawn(
        self, renderer: Renderer, mode: str, colour: Any, expected: tuple[int, ...]
    ) -> None:
        """Grey, grey with coverage, black and white, sixteen bits: each keeps its colour."""
        picture = encoded(Image.new(mode, (50, 50), colour))
        made = pixels(await renderer.render(job(image_layer("a", 0, 0, 50, 50), assets={"a": picture})))

        assert _near(expected, made.getpixel((25, 25)), 2)

    async def test_a_palette_with_holes_is_drawn(self, renderer: Renderer) -> None:
        """A colour of a palette that is marked as transparent leaves no ink."""
        picture = Image.new("P", (60, 60), 0)
        picture.putpalette([255, 255, 255, *_RED])
        picture.paste(1, (0, 0, 60, 30))
        content = encoded(picture, transparency=0)
        made = pixels(await renderer.render(job(image_layer("a", 0, 0, 60, 60), assets={"a": content})))

        assert made.getchannel("A").getbbox() == (0, 0, 60, 30)
        assert (*_RED, 255) == made.getpixel((30, 15))

    async def test_a_group_fades_as_one(self, renderer: Renderer) -> None:
        """Where its layers overlap, a faded group shows the upper one alone."""
        parts = [
            {"type": "shape", "id": "low", "x": 0, "y": 0, "w": um(200), "h": um(200), "fill": "#dc1e28"},
            {"type": "shape", "id": "high", "x": 0, "y": 0, "w": um(200), "h": um(100), "fill": "#143ce6"},
        ]
        box = {"x": um(100), "y": um(100), "w": um(200), "h": um(200)}
        layer = {"type": "group", "area": "front", **box, "opacity": 400, "layers": parts}
        made = pixels(await renderer.render(job(layer)))

        assert _near((*_BLUE, 102), made.getpixel((200, 150)), 2)
        assert _near((*_RED, 102), made.getpixel((200, 250)), 2)

    async def test_a_line_to_cut_along_is_no_ink(self, renderer: Renderer) -> None:
        """The knife's way is not printed."""
        cut = {"type": "shape", "area": "front", "x": 0, "y": 0, "w": um(300), "h": um(300), "cut": True}
        made = await renderer.render(job(text_layer("x", 50, 50, 200, 200), cut))
        alone = await renderer.render(job(text_layer("x", 50, 50, 200, 200)))

        assert made.content == alone.content

    async def test_a_layer_fades(self, renderer: Renderer) -> None:
        """Opacity scales what a layer covers and leaves its colour."""
        assets = {"a": encoded(Image.new("RGB", (10, 10), _RED))}
        made = pixels(
            await renderer.render(job(image_layer("a", 0, 0, 600, 700, opacity=400), assets=assets))
        )

        assert (*_RED, 102) == made.getpixel((300, 300))

    async def test_text_is_drawn_in_its_colour(self, renderer: Renderer) -> None:
        """Letters of many alphabets leave ink of exactly the colour that was asked for."""
        for words in ("Zoë Łódź", "Ψυχή", "Привет"):
            made = await renderer.render(job(text_layer(words, 50, 50, 500, 200, fill="#1c3f66")))
            image = pixels(made)

            assert not made.findings
            solid = image.getchannel("A").point(lambda value: 255 if value == 255 else 0)
            assert solid.getbbox() is not None
            assert [ImageStat.Stat(image.getchannel(channel), solid).extrema[0] for channel in range(3)] == [
                (0x1C, 0x1C),
                (0x3F, 0x3F),
                (0x66, 0x66),
            ]

    async def test_text_is_shrunk_into_its_box(self, renderer: Renderer) -> None:
        """A long name becomes smaller, not longer than its place."""
        layer = text_layer("Wilhelmina-Antoinette van Oosterhout", 100, 100, 300, 60, fit="shrink")
        made = await renderer.render(job(layer))

        box = pixels(made).getchannel("A").getbbox()
        assert box is not None
        assert box[0] >= 98
        assert box[2] <= 402
        assert not made.findings

    async def test_what_no_font_has_is_named_and_never_a_box(self, renderer: Renderer) -> None:
        """A missing character blocks the item and leaves no ink that looks like one."""
        with_gap = await renderer.render(job(text_layer("Zo\U0010fffd", 50, 50, 500, 200)))
        without = await renderer.render(job(text_layer("Zo", 50, 50, 500, 200)))

        assert found(with_gap, Check.MISSING_GLYPH) == ["L0"]
        assert "U+10FFFD" in with_gap.findings[0].words
        assert pixels(without).tobytes() == pixels(with_gap).tobytes()

    async def test_a_blank_result_blocks(self, renderer: Renderer) -> None:
        """Nothing visible is never printed, whatever the reason for it."""
        ghost = encoded(Image.new("RGBA", (50, 50), (*_RED, 0)))
        for layers in ((), (image_layer("a", 0, 0, 300, 300),), (text_layer(" ", 0, 0, 300, 300),)):
            made = await renderer.render(job(*layers, assets={"a": ghost}))

            assert found(made, Check.EMPTY_AREA) == [""]

    async def test_a_missing_picture_blocks(self, renderer: Renderer) -> None:
        """What cannot be drawn is never left out silently."""
        made = await renderer.render(
            job(image_layer("gone", 0, 0, 300, 300), text_layer("Zoë", 0, 0, 300, 99))
        )

        assert found(made, Check.MISSING_ASSET) == ["L0"]

    @pytest.mark.parametrize("cut", [10, 60, 400])
    async def test_a_damaged_picture_blocks(self, renderer: Renderer, cut: int) -> None:
        """Half a picture is an error that names its layer, or a refusal; never half a print."""
        whole = encoded(Image.effect_noise((60, 60), 90).convert("RGB"))
        asked = job(
            image_layer("a", 0, 0, 300, 300), text_layer("Zoë", 0, 0, 300, 99), assets={"a": whole[:cut]}
        )
        try:
            made = await renderer.render(asked)
        except Rejected:
            return

        assert found(made, Check.RENDERING) == ["L0"]

    async def test_layers_of_other_areas_stay_away(self, renderer: Renderer) -> None:
        """The back is not printed on the front."""
        layer = {**text_layer("Zoë", 0, 0, 600, 200), "area": "back"}
        made = await renderer.render(job(text_layer("x", 0, 0, 50, 50), layer))
        alone = await renderer.render(job(text_layer("x", 0, 0, 50, 50)))

        assert made.content == alone.content


def _extrema(image: Image.Image) -> tuple[Any, ...]:
    return tuple(image.getchannel(channel).getextrema() for channel in range(4))


def _near(expected: tuple[int, ...], actual: Any, levels: int = 12) -> bool:
    return all(abs(one - other) < levels for one, other in zip(expected, actual, strict=False))
