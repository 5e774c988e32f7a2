"""Views: the same drawing as the file, at any size, in any tiles; and what a small drawing finds."""

import io
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat

from mockspark.adapters.rendering.pillow import judged, look, mocked, seen
from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import MockupJob, RenderJob, View
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design
from mockspark.domain.files import Check
from mockspark.domain.mockup import Mockup
from tests.adapters.rendering.making import draw, fresh

# 100 micrometres a pixel: what a test places is easily counted.
AREA: Final = PrintArea(key="front", width_px=360, height_px=240, dpi=254)
PHOTO: Final = "sha256:" + "c" * 64
TALL: Final = PrintArea(key="front", width_px=360, height_px=241, dpi=254)


def photo() -> bytes:
    image = Image.new("RGB", (320, 200), "#e0b040")
    pen = ImageDraw.Draw(image)
    for at in range(0, 320, 16):
        pen.line((at, 0, 320 - at, 200), fill="#2040a0", width=3)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def a_job(*layers: dict[str, Any], area: PrintArea = AREA, **of_area: Any) -> RenderJob:
    listed = [{"id": f"l{at}", "area": "front", **layer} for at, layer in enumerate(layers)]
    size = {"w": area.width_um, "h": area.height_um, **of_area}
    design = Design.of({"schema": 1, "areas": {"front": size}, "layers": listed})
    return RenderJob(design=design, area=area, assets={PHOTO: photo()}, preview_px=360)


def a_scene() -> RenderJob:
    """Something of everything: photos straight and turned, stroked text, a blurred shadow, a blend, a gradient."""
    gradient = {"type": "linear", "angle": 30_000, "stops": [[0, "#ffe08a"], [1000, "#7a1fa2"]]}
    return a_job(
        {"type": "shape", "x": 500, "y": 500, "w": 30_000, "h": 20_000, "radius": 2_000, "fill": gradient},
        {"type": "image", "asset": PHOTO, "x": 1_500, "y": 1_200, "w": 13_000, "h": 9_000, "fit": "cover"},
        {
            "type": "image", "asset": PHOTO, "x": 17_000, "y": 3_000, "w": 14_000, "h": 9_000, "rot": 17_000,
            "shadow": {"dx": 600, "dy": 800, "blur": 700},
        },
        {
            "type": "text", "text": "Zoë & Bo", "x": 2_000, "y": 13_000, "w": 30_000, "h": 8_000, "size": 6_000,
            "fill": "#ffffff", "stroke": "#101010", "stroke_width": 300, "rot": -5_000,
        },
        {"type": "shape", "shape": "ellipse", "x": 9_000, "y": 6_000, "w": 20_000, "h": 14_000, "fill": "#40c0ff",
         "blend": "multiply", "opacity": 700},
    )  # fmt: skip


def tiled(job: RenderJob, zoom: int, height: int, across: int, down: int) -> Image.Image:
    """Put a view together from tiles of *across* by *down* pixels."""
    sheet = Image.new("RGBA", (zoom, height))
    place = fresh()
    for top in range(0, height, down):
        for left in range(0, zoom, across):
            tile = View(
                zoom_px=zoom,
                left=left,
                top=top,
                width=min(across, zoom - left),
                height=min(down, height - top),
            )
            sheet.paste(seen(job, tile, place), (left, top))
    return sheet


def distance(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of the worst channel, premultiplied."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGBa"), other.convert("RGBa"))).mean)


def test_a_view_of_the_whole_area_is_the_preview_of_its_file() -> None:
    """At the file's own pixels it is the file, and its preview; smaller it is the file shrunk, nearly."""
    job = a_scene()
    file = draw(job)
    printed = Image.open(io.BytesIO(file.content)).convert("RGBA")

    same = seen(job, View(zoom_px=360, width=360, height=240), fresh())
    half = seen(job, View(zoom_px=180, width=180, height=120), fresh())

    assert 0.0 == distance(printed, same)
    assert file.preview == look(job, View(zoom_px=360, width=360, height=240), fresh)
    assert 3 > distance(printed.convert("RGBa").reduce(2), half)


def test_what_blends_with_the_background_does_so_in_views_too() -> None:
    """A view lies on the same ground as the file."""
    shape = {
        "type": "shape",
        "x": 1_000,
        "y": 1_000,
        "w": 9_000,
        "h": 9_000,
        "fill": "#808080",
        "blend": "multiply",
    }
    job = a_job(shape, background="#c08040")

    printed = Image.open(io.BytesIO(draw(job).content)).convert("RGBA")

    assert printed.tobytes() == seen(job, View(zoom_px=360, width=360, height=240), fresh()).tobytes()


@settings(max_examples=6, deadline=None)
@given(zoom=st.integers(60, 900), across=st.integers(90, 400), down=st.integers(90, 400))
def test_tiles_of_one_zoom_are_one_view(zoom: int, across: int, down: int) -> None:
    """However a view is cut, its tiles are that view, byte for byte."""
    job = a_scene()
    height = round(zoom * AREA.height_px / AREA.width_px)

    whole = seen(job, View(zoom_px=zoom, width=zoom, height=height), fresh())

    assert whole.tobytes() == tiled(job, zoom, height, across, down).tobytes()


def test_letters_stay_sharp_at_any_zoom() -> None:
    """Four times as large, an edge is as soft as before, in pixels: outlines are drawn and no pixels enlarged."""
    job = a_job(
        {"type": "text", "text": "ll", "x": 4_000, "y": 2_000, "w": 28_000, "h": 20_000, "size": 16_000}
    )

    def soft(zoom: int) -> float:
        image = seen(job, View(zoom_px=zoom, width=zoom, height=zoom * 2 // 3), fresh())
        alphas = image.getchannel("A").crop((0, zoom // 3, zoom, zoom // 3 + 1)).tobytes()
        return sum(0 < alpha < 255 for alpha in alphas)

    assert 4 >= soft(1440)
    assert 4 >= soft(360)


def test_a_view_beyond_the_area_is_empty_there() -> None:
    """What lies off the canvas is never seen, however the view is placed."""
    job = a_job({"type": "shape", "x": -9_000, "y": -9_000, "w": 90_000, "h": 90_000, "fill": "#dc2828"})

    image = seen(job, View(zoom_px=360, left=-20, top=200, width=100, height=100), fresh())

    alpha = image.getchannel("A")
    assert (20, 0, 100, 40) == alpha.getbbox()
    assert (255, 255) == alpha.crop((20, 0, 100, 40)).getextrema()


def checks(job: RenderJob) -> set[tuple[Check, str]]:
    return {(finding.check, finding.layer) for finding in judged(job, fresh)}


@pytest.mark.parametrize(
    "area", [AREA, TALL, PrintArea(key="front", width_px=4500, height_px=5401, dpi=3175)]
)
def test_art_that_reaches_every_edge_covers_a_small_drawing_too(area: PrintArea) -> None:
    """No edge is found bare because it falls between two pixels of the small drawing; a bare one is found."""
    bleeding = PrintArea(**{**{name: getattr(area, name) for name in SIZES}, "full_bleed": True})
    whole = {
        "type": "image",
        "asset": PHOTO,
        "fit": "cover",
        "x": 0,
        "y": 0,
        "w": area.width_um,
        "h": area.height_um,
    }
    narrow = {**whole, "x": area.width_um // 50, "w": area.width_um - area.width_um // 50}

    assert (Check.UNCOVERED, "") not in checks(a_job(whole, area=bleeding))
    assert (Check.UNCOVERED, "") in checks(a_job(narrow, area=bleeding))


SIZES: Final = ("key", "width_px", "height_px", "dpi")


def test_a_small_drawing_finds_what_the_file_does() -> None:
    """A broken picture, a blank page and a text that does not fit are found without making a file."""
    words = {
        "type": "text",
        "text": "Zoe Zoe",
        "fit": "wrap",
        "x": 0,
        "y": 0,
        "w": 3_000,
        "h": 3_000,
        "size": 3_000,
    }
    broken = {"type": "image", "asset": "sha256:broken", "x": 0, "y": 0, "w": 9_000, "h": 9_000}
    clear = {"type": "shape", "x": 0, "y": 0, "w": 9_000, "h": 9_000, "fill": "#000000", "opacity": 0}
    jobs = [a_job(words), a_job(clear), a_scene()]
    jobs.append(RenderJob(design=a_job(broken).design, area=AREA, assets={"sha256:broken": photo()[:900]}))

    for job in jobs:
        assert {(one.check, one.layer) for one in draw(job).findings} == checks(job)
    assert (Check.EMPTY_AREA, "") in checks(jobs[1])
    assert (Check.RENDERING, "l0") in checks(jobs[3])


def test_a_mockup_of_a_broken_picture_is_refused() -> None:
    """The words name the fix."""
    corners = [[0, 0], [9, 0], [9, 9], [0, 9]]
    mockup = Mockup.read({"picture": PHOTO, "areas": {"front": {"corners": corners}}})

    with pytest.raises(Rejected, match="Upload it again"):
        mocked(MockupJob(mockup=mockup, prints=(), assets={PHOTO: b"no picture"}, width=100), fresh)


def test_a_mockup_never_grows_beyond_its_limit() -> None:
    """Neither a strip of a picture nor a place far larger than its picture makes a giant of it."""
    out = io.BytesIO()
    Image.new("RGB", (4, 400)).save(out, "PNG")
    far = [[-10_000, -10_000], [10_000, -10_000], [10_000, 10_000], [-10_000, 10_000]]
    mockup = Mockup.read({"picture": PHOTO, "areas": {"front": {"corners": far}}})
    job = MockupJob(mockup=mockup, prints=(a_scene(),), assets={PHOTO: out.getvalue()}, width=2000)

    made = Image.open(io.BytesIO(mocked(job, fresh)))

    assert (20, 2000) == made.size
