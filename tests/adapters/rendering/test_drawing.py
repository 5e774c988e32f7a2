"""What is printed is what was designed: colours, places, edges, the same at every run."""

import asyncio
import hashlib
import io
import itertools
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, ImageStat

from mockspark.adapters.jobs.processes import RenderPool
from mockspark.adapters.rendering import srgb
from mockspark.adapters.rendering.pillow import PillowRenderer
from mockspark.adapters.testing.renderers import (
    AREA,
    chunks,
    coverage,
    edge_error,
    encoded,
    found,
    image_layer,
    job,
    pixels,
    text_layer,
    um,
)
from mockspark.application.errors import Rejected, Unavailable
from mockspark.application.ports.rendering import RenderedArea, RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.files import Check, Level
from mockspark.entrypoints.drawing import workshop
from tests.adapters.rendering.making import draw

P = ParamSpec("P")
T = TypeVar("T")

RED, BLUE = (220, 30, 40), (20, 60, 230)


def photo(size: tuple[int, int] = (240, 160)) -> Image.Image:
    """Return something with detail in it."""
    bands = [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.linear_gradient("L").rotate(90)]
    return Image.merge("RGB", [band.resize(size, Image.Resampling.BICUBIC) for band in bands])


def busy_job() -> RenderJob:
    """Return a job with every kind of layer, several bands high."""
    logo = Image.new("RGBA", (150, 150))
    ImageDraw.Draw(logo).ellipse((10, 10, 140, 140), fill=(*BLUE, 200))
    area = PrintArea(key="front", width_px=700, height_px=900)
    return job(
        image_layer("photo", 50, 40, 600, 400, rot=11_000),
        image_layer("photo", 20, 500, 300, 300, fit="cover", flip="v", crop=[100, 50, 900, 1000]),
        image_layer("logo", 300, 300, 350, 350, rot=-33_500, opacity=700),
        image_layer("logo", 400, 600, 250, 250, rot=270_000),
        text_layer("Zoë & Ψυχή\nпривет", 50, 620, 600, 250, rot=5_000, stroke="#ffffff", stroke_width=um(4)),
        text_layer("שלום עולם", 50, 20, 600, 100, fit="wrap", align="right"),
        area=area,
        assets={"photo": encoded(photo(), "JPEG", quality=90), "logo": encoded(logo)},
    )


def _digest(made: RenderedArea) -> str:
    return hashlib.sha256(made.content + made.preview).hexdigest()


async def test_the_bytes_do_not_depend_on_threads_or_processes() -> None:
    """One to eight threads, here or in the processes that render: the same file, byte for byte."""
    asked = busy_job()
    here = {_digest(draw(asked, threads)) for threads in range(1, 9)}
    pool = RenderPool(2)
    try:
        made = await asyncio.gather(*(PillowRenderer(workshop, pool.run).render(asked) for _ in range(2)))
    finally:
        await pool.close()

    assert 1 == len(here | {_digest(one) for one in made})


def test_bands_leave_no_seams() -> None:
    """Where one band ends and the next begins, a smooth picture stays smooth."""
    ramp = Image.linear_gradient("L").convert("RGB")
    area = PrintArea(key="front", width_px=300, height_px=1100)
    for turn in (0, 90_000, 4_000):
        layer = image_layer("a", -100, -100, 1300, 1300, rot=turn, fit="stretch")
        made = pixels(draw(job(layer, area=area, assets={"a": encoded(ramp)})))
        column = [made.getpixel((150, y)) for y in range(200, 900)]
        steps = [abs(one[0] - other[0]) for one, other in itertools.pairwise(column)]  # type: ignore[index]

        assert max(steps) <= 2


def test_the_file_is_read_alike_by_another_program() -> None:
    """Size, resolution and profile are what Pillow's own reader and plain zlib find."""
    made = draw(busy_job())
    image = Image.open(io.BytesIO(made.content))
    image.load()

    assert (700, 900) == image.size
    assert (299.9994, 299.9994) == image.info["dpi"]
    assert srgb.profile() == image.info["icc_profile"]
    assert [b"IHDR", b"iCCP", b"pHYs"] == [name for name, _ in chunks(made.content)][:3]


def test_the_profile_is_srgb() -> None:
    """Our fixed bytes mean the same colours as the colour engine's own sRGB, and never change."""
    ours = ImageCms.ImageCmsProfile(io.BytesIO(srgb.profile()))
    transform = ImageCms.buildTransform(ours, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    noise = Image.merge("RGB", [Image.effect_noise((99, 99), 90) for _ in range(3)])
    changed = ImageCms.applyTransform(noise, transform)

    assert changed is not None
    assert all(high <= 1 for _, high in _differences(noise, changed))
    assert "82e77728" == hashlib.sha256(srgb.profile()).hexdigest()[:8]


def _differences(one: Image.Image, other: Image.Image) -> list[tuple[int, int]]:
    pairs = zip(one.split(), other.split(), strict=True)
    return [
        (min(values), max(values))
        for a, b in pairs
        for values in ([abs(x - y) for x, y in zip(a.tobytes(), b.tobytes(), strict=True)],)
    ]


@pytest.mark.parametrize("turn", [1, 45, 61, 200])
def test_edges_are_smooth_at_every_angle(turn: int) -> None:
    """Coverage along an edge is the geometry's, for pictures with and without transparency, up or down in size."""
    expected = coverage(600, 700, (100, 200, 400, 300), turn)
    for size in ((40, 30), (1600, 1200)):
        for picture in (Image.new("RGB", size, RED), Image.new("RGBA", size, (*RED, 254))):
            layer = image_layer("a", 100, 200, 400, 300, rot=turn * 1000)
            made = pixels(draw(job(layer, assets={"a": encoded(picture, compress_level=1)})))

            assert edge_error(made.getchannel("A"), expected) < 0.05


def test_detail_is_neither_moved_nor_lost() -> None:
    """A turned photo is the photo: against one that was drawn three times finer, only rounding differs."""
    source = encoded(photo((800, 600)))
    for turn in (12_000, 45_000, 180_000):
        layer = image_layer("a", 100, 200, 400, 300, rot=turn)
        made = pixels(draw(job(layer, assets={"a": source})))
        fine_area = PrintArea(key="front", width_px=1800, height_px=2100, dpi=900)
        fine = pixels(draw(job(layer, area=fine_area, assets={"a": source}))).reduce(3)
        inside = made.getchannel("A").point(lambda value: 255 if value == 255 else 0)

        for channel in range(3):
            difference = ImageStat.Stat(
                _difference(made.getchannel(channel), fine.getchannel(channel)), inside
            )
            assert difference.rms[0] < 1.5


def _difference(one: Image.Image, other: Image.Image) -> Image.Image:
    from PIL import ImageChops

    return ImageChops.difference(one, other)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_camera_is_undone(orientation: int) -> None:
    """However the camera was held, the four corners come out where they were seen."""
    seen = Image.new("RGB", (80, 160))
    corners = {(0, 0): RED, (40, 0): BLUE, (0, 80): (0, 160, 0), (40, 80): (240, 220, 0)}
    for (x, y), colour in corners.items():
        seen.paste(colour, (x, y, x + 40, y + 80))
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = seen if orientation == 1 else seen.transpose(Image.Transpose(inverse[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation

    for content in (encoded(stored, "JPEG", quality=95, exif=exif), encoded(stored, "PNG", exif=exif)):
        made = pixels(draw(job(image_layer("a", 100, 100, 80, 160), assets={"a": content})))
        assert (100, 100, 180, 260) == made.getchannel("A").getbbox()
        for (x, y), colour in corners.items():
            actual = made.getpixel((120 + x, 140 + y))
            assert isinstance(actual, tuple)
            assert all(abs(one - other) < 10 for one, other in zip(colour, actual, strict=False))


def _p3() -> bytes:
    """Return a Display-P3 profile: sRGB's curve over wider primaries."""
    wide = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    profile = srgb.profile()
    for name, values in wide.items():
        ours = b"XYZ \0\0\0\0" + srgb._numbers(srgb._PRIMARIES[name])
        profile = profile.replace(ours, b"XYZ \0\0\0\0" + srgb._numbers(values))
    return profile.replace(b"sRGB\0", b"P3 D\0")


def _linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _encoded(value: float) -> int:
    share = min(max(value, 0.0), 1.0)
    return round(255 * (share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize(
    "colour", [(200, 100, 50), (90, 160, 90), (30, 60, 120), (128, 128, 128), (250, 240, 230)]
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_wide_gamut_photo_keeps_its_colours(colour: tuple[int, int, int], mode: str) -> None:
    """Display P3, as phones write it, becomes what the mathematics say in sRGB."""
    matrix = (
        (1.2249401, -0.2249402, 0.0),
        (-0.0420569, 1.0420571, 0.0),
        (-0.0196376, -0.0786361, 1.0982735),
    )
    light = [_linear(value) for value in colour]
    expected = [_encoded(sum(a * b for a, b in zip(row, light, strict=True))) for row in matrix]
    picture = Image.new(mode, (50, 50), (*colour, 254)[: len(mode)])
    content = encoded(picture, "PNG", icc_profile=_p3())

    made = pixels(draw(job(image_layer("a", 100, 100, 50, 50), assets={"a": content})))

    actual = made.getpixel((120, 120))
    assert isinstance(actual, tuple)
    assert all(abs(one - other) <= 2 for one, other in zip(expected, actual, strict=False))


def test_cmyk_without_a_profile_is_drawn_and_doubted() -> None:
    """Inks without a profile are a guess, and the merchant is told so."""
    picture = Image.new("CMYK", (50, 50), (0, 255, 255, 0))
    made = draw(job(image_layer("a", 0, 0, 300, 300), assets={"a": encoded(picture, "JPEG", quality=95)}))

    red, green, blue, _ = _colour(pixels(made).getpixel((100, 100)))
    assert red > 200
    assert max(green, blue) < 60
    assert ["L0"] == found(made, Check.RENDERING, Level.WARNING)


def _inks(cyan: tuple[int, int, int]) -> bytes:
    """Return a CMYK profile of two steps an ink: paper is white, cyan is *cyan* (L*a*b*), all else black."""
    nodes = [(255, 128, 128), *[(0, 128, 128)] * 15]
    lightness, a, b = cyan
    nodes[8] = (round(lightness * 2.55), a + 128, b + 128)
    ramp = bytes(range(256))
    table = (
        b"mft1"
        + bytes(4)
        + bytes((4, 3, 2, 0))
        + struct.pack(">9i", *(65_536 * n for n in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    )
    table += ramp * 4 + bytes(value for node in nodes for value in node) + ramp * 3
    table += bytes(-len(table) % 4)
    tags = {
        b"desc": srgb._description(b"inks"),
        b"wtpt": b"XYZ " + bytes(4) + srgb._numbers(srgb._D50),
        b"A2B0": table,
    }
    offset, index, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        index += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    header = bytearray(srgb._header(offset + len(body)))
    header[12:24] = b"prtrCMYKLab "
    return bytes(header) + struct.pack(">I", len(tags)) + index + body


def _of_lab(lightness: float, a: float, b: float) -> list[int]:
    """Return the sRGB of a colour that is seen by D50, as the mathematics say."""
    fy = (lightness + 16) / 116
    light = [
        white * (f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29))
        for white, f in zip((0.9642, 1.0, 0.8249), (fy + a / 500, fy, fy - b / 200), strict=True)
    ]
    matrix = ((3.13386, -1.61687, -0.49062), (-0.97877, 1.91614, 0.03345), (0.07195, -0.22899, 1.40524))
    return [_encoded(sum(m * v for m, v in zip(row, light, strict=True))) for row in matrix]


@pytest.mark.parametrize("cyan", [(60, -20, -30), (50, 30, 10), (70, 0, 0)])
def test_cmyk_with_a_profile_is_matched(cyan: tuple[int, int, int]) -> None:
    """Inks with a profile become the colour that the profile says, not what a formula guesses."""
    picture = Image.new("CMYK", (50, 50), (255, 0, 0, 0))
    content = encoded(picture, "JPEG", quality=100, icc_profile=_inks(cyan))
    made = draw(job(image_layer("a", 0, 0, 300, 300), assets={"a": content}))

    assert not made.findings
    actual = _colour(pixels(made).getpixel((100, 100)))
    assert all(abs(one - other) <= 3 for one, other in zip(_of_lab(*cyan), actual, strict=False))


def _colour(value: Any) -> tuple[int, int, int, int]:
    red, green, blue, alpha = value
    return red, green, blue, alpha


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("L", 90, (90, 90, 90, 255)),
        ("1", 255, (255, 255, 255, 255)),
        ("LA", (90, 128), (90, 90, 90, 128)),
        ("RGBA", (30, 60, 90, 77), (30, 60, 90, 77)),
        ("I;16", 90 * 257, (90, 90, 90, 255)),
        ("P", 3, (30, 60, 90, 255)),
    ],
)
def test_every_kind_of_picture_is_understood(mode: str, value: Any, expected: tuple[int, ...]) -> None:
    """Grey, black and white, palettes and sixteen bits all come out in their own colour."""
    picture = Image.new(mode, (50, 50), value)
    if mode == "P":
        picture.putpalette([0, 0, 0, 1, 1, 1, 2, 2, 2, 30, 60, 90])
    made = pixels(draw(job(image_layer("a", 100, 100, 50, 50), assets={"a": encoded(picture)})))

    # Half-covered colours are kept premultiplied, which rounds.
    pairs = zip(expected, _colour(made.getpixel((120, 120))), strict=True)
    assert all(abs(one - other) <= (0 if expected[3] == 255 else 2) for one, other in pairs)


def test_one_colour_of_a_picture_may_be_transparent() -> None:
    """A transparent palette entry, or a transparent plain colour, is no ink."""
    for mode, none in (("P", 0), ("RGB", (0, 0, 0)), ("L", 0)):
        content = encoded(Image.new(mode, (50, 50), 0), transparency=none)
        made = draw(job(image_layer("a", 0, 0, 50, 50), assets={"a": content}))

        assert [""] == found(made, Check.EMPTY_AREA)


def test_a_broken_profile_is_doubted_and_drawn() -> None:
    """A profile of nonsense costs exact colours, not the print."""
    content = encoded(Image.new("RGB", (50, 50), RED), icc_profile=b"nonsense" * 20)
    made = draw(job(image_layer("a", 0, 0, 50, 50), assets={"a": content}))

    assert (*RED, 255) == pixels(made).getpixel((20, 20))
    assert ["L0"] == found(made, Check.RENDERING, Level.WARNING)


def test_a_picture_without_a_height_takes_its_own() -> None:
    """An open box is as high as the picture's proportions make it."""
    made = pixels(draw(job(image_layer("a", 100, 100, 400, 0), assets={"a": encoded(photo((200, 50)))})))

    assert (100, 100, 500, 200) == made.getchannel("A").getbbox()


def test_a_turned_layer_off_the_canvas_is_an_error() -> None:
    """What preflight cannot judge, because it is turned, the drawing does."""
    layer = image_layer("a", 900, 900, 50, 50, rot=20_000)
    made = draw(job(layer, text_layer("Zoë", 0, 0, 300, 100), assets={"a": encoded(photo())}))

    assert ["L0"] == found(made, Check.OUTSIDE_AREA)


def test_an_area_too_large_to_draw_is_refused() -> None:
    """A size beyond every printer is refused before any memory is spent."""
    with pytest.raises(Rejected, match="more than can be drawn"):
        draw(job(area=PrintArea(key="front", width_px=40_001, height_px=10)))


def test_the_preview_shows_the_whole_area() -> None:
    """The small picture has the area's proportions and the same colours in the same places."""
    area = PrintArea(key="front", width_px=3000, height_px=1500)
    layer = image_layer("a", 1500, 0, 1500, 1500)
    made = draw(job(layer, area=area, assets={"a": encoded(Image.new("RGB", (9, 9), RED))}))
    preview = Image.open(io.BytesIO(made.preview)).convert("RGBA")

    assert (600, 300) == preview.size
    assert 0 == _colour(preview.getpixel((100, 150)))[3]
    assert all(
        abs(a - b) < 12 for a, b in zip((*RED, 255), _colour(preview.getpixel((450, 150))), strict=True)
    )


async def test_the_work_is_done_where_it_is_told() -> None:
    """The renderer hands a module's function and plain arguments to whoever is to run it."""
    calls: list[str] = []

    async def run(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        calls.append(function.__qualname__)
        return function(*args, **kwargs)

    made = await PillowRenderer(workshop, run, threads=2).render(job(text_layer("Zoë", 0, 0, 300, 100)))

    assert ["draw"] == calls
    assert AREA.key == made.area


async def test_a_want_of_memory_is_no_fault_of_the_design() -> None:
    """A machine that is short of memory now draws the same job later."""

    async def run(function: Callable[P, T], /, *_: P.args, **__: P.kwargs) -> T:
        raise MemoryError(function.__name__)

    with pytest.raises(Unavailable):
        await PillowRenderer(workshop, run).render(job())


# Not getrusage: its peak counts the process that started this one, too.
_PEAK = """
import re, sys
from pathlib import Path
sys.path[:] = sys.argv[2].split(":")
from tests.adapters.rendering.making import draw
from tests.adapters.rendering.test_drawing import large_job
made = draw(large_job(), int(sys.argv[1]))
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(len(made.content), int(peak[1]) // 1024)
"""


def large_job() -> RenderJob:
    """Return a T-shirt: a photo and a translucent logo, both turned, and two lines with a stroke."""
    area = PrintArea(key="front", width_px=4500, height_px=5400)
    logo = Image.merge(
        "RGBA", [*photo((2000, 2000)).split(), Image.radial_gradient("L").resize((2000, 2000))]
    )
    return job(
        image_layer("photo", 300, 600, 3900, 3900, rot=12_000),
        image_layer("logo", 1200, 1500, 2000, 2000, rot=12_000),
        text_layer(
            "Zoë &\nŁukasz", 100, 4500, 4300, 800, size=um(400), stroke="#ffffff", stroke_width=um(12)
        ),
        area=area,
        assets={"photo": encoded(photo((4000, 4000)), "JPEG"), "logo": encoded(logo, compress_level=1)},
    )


def test_a_large_print_needs_little_memory() -> None:
    """A T-shirt of 24 megapixels, whose canvas alone has 93 MiB, is drawn within 400 MiB, all told."""
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, "2", ":".join((root, *sys.path))],
        capture_output=True,
        text=True,
        check=True,
    )
    _, peak = done.stdout.split()

    assert int(peak) < 400


_lengths = st.integers(-700_000, 700_000) | st.integers(-60_000, 90_000)
_sizes = st.integers(1, 700_000) | st.integers(1, 60_000)
_boxes = st.fixed_dictionaries(
    {
        "x": _lengths,
        "y": _lengths,
        "w": _sizes,
        "h": _sizes | st.just(0),
        "rot": st.integers(-720_000, 720_000),
    }
    | {"opacity": st.integers(0, 1000), "area": st.just("front")}
)
_crops = st.tuples(st.integers(0, 999), st.integers(0, 999), st.integers(1, 1000), st.integers(1, 1000)).map(
    lambda c: [c[0], c[1], max(c[2], c[0] + 1), max(c[3], c[1] + 1)]
)
_images = st.builds(
    lambda box, more: {"type": "image", **box, **more},
    _boxes,
    st.fixed_dictionaries(
        {"asset": st.sampled_from(("photo", "logo", "dot", "junk", "gone")), "crop": _crops}
        | {
            "fit": st.sampled_from(("contain", "cover", "stretch")),
            "flip": st.sampled_from(("", "h", "v", "hv")),
        }
    ),
)
_texts = st.builds(
    lambda box, more: {"type": "text", **box, **more},
    _boxes,
    st.fixed_dictionaries(
        {"text": st.text(st.characters(exclude_categories=["Cs"]), max_size=40)}
        | {"font": st.sampled_from(("default", "FiraGO Bold", "nonsense")), "size": st.integers(100, 200_000)}
        | {"fit": st.sampled_from(("wrap", "shrink", "overflow")), "leading": st.integers(500, 3000)}
        | {"align": st.sampled_from(("left", "center", "right")), "stroke": st.sampled_from(("", "#ff0000"))}
        | {"stroke_width": st.integers(0, 5_000), "fill": st.sampled_from(("", "#102030"))}
    ),
)
_ASSETS = {
    "photo": encoded(photo(), "JPEG"),
    "logo": encoded(
        Image.merge("RGBA", [*photo((90, 60)).split(), Image.radial_gradient("L").resize((90, 60))])
    ),
    "dot": encoded(Image.new("RGB", (1, 1), RED)),
    "junk": b"\x89PNG\r\n\x1a\n nonsense",
}


@settings(max_examples=80)
@given(
    st.lists(_images | _texts, max_size=4),
    st.integers(1, 400),
    st.integers(1, 400),
    st.sampled_from((72, 300)),
)
def test_any_design_is_drawn_or_found_fault_with(
    layers: list[dict[str, Any]], width: int, height: int, dpi: int
) -> None:
    """No document that the domain lets through makes the renderer fail; at worst it finds fault."""
    area = PrintArea(key="front", width_px=width, height_px=height, dpi=dpi)
    made = draw(job(*layers, area=area, assets=_ASSETS))
    image = pixels(made)

    assert (width, height) == image.size
    if image.getchannel("A").getbbox() is None:
        assert [""] == found(made, Check.EMPTY_AREA)
