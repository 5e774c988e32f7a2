"""A drawing is read as it is drawn elsewhere; what is unsafe is refused in words, what is left out is noted."""

import random
import time
from collections.abc import Callable
from io import BytesIO
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mockspark.adapters.importing.svg import Drawing, drawing
from mockspark.adapters.testing.goldens import Distance
from mockspark.adapters.testing.renderers import job, pixels, um
from mockspark.application.errors import Rejected
from mockspark.domain.catalog import PrintArea
from mockspark.domain.holds import HoldReason
from mockspark.domain.layers import Blend, Gradient, GroupLayer, Layer, ShapeLayer, branches
from mockspark.domain.outlines import flattened
from tests.adapters.rendering.making import draw

_UNIT: Final = 10_000
_ACROSS: Final = 200
_FINER: Final = 4


def _svg(inside: str, view: str = 'viewBox="0 0 100 80"') -> bytes:
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {spaces} {view}>{inside}</svg>".encode()


def _read(inside: str, view: str = 'viewBox="0 0 100 80"') -> Drawing:
    return drawing(_svg(inside, view))


def _shapes(inside: str, view: str = 'viewBox="0 0 100 80"') -> list[ShapeLayer]:
    return [layer for layer in branches(_read(inside, view).layers) if isinstance(layer, ShapeLayer)]


def _reach(shape: ShapeLayer) -> tuple[float, ...]:
    """Return the box around an outline in the drawing's own units, its curves followed."""
    points = [point for line in flattened(shape.outline, 20) for point in line.points]
    xs, ys = [x + shape.box.x for x, _ in points], [y + shape.box.y for _, y in points]
    return tuple(round(number / _UNIT, 2) for number in (min(xs), min(ys), max(xs), max(ys)))


# The page


def test_the_longer_side_of_a_drawing_is_a_million_long() -> None:
    """Whatever its own units are, there is room for fine detail in whole numbers."""
    wide, high = _read("<rect width='9' height='9'/>"), _read("<path d='M0 0h1v1z'/>", 'viewBox="0 0 1 4"')

    assert (1_000_000, 800_000) == (wide.width, wide.height)
    assert (250_000, 1_000_000) == (high.width, high.height)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ('viewBox="0 0 10 10"', (0, 0, 100, 100)),
        ('viewBox="-10 -10 20 20"', (50, 50, 100, 100)),
        ('width="20mm" height="20mm" viewBox="0 0 10 10"', (0, 0, 100, 100)),
        ('width="20" height="10" viewBox="0 0 10 10"', (25, 0, 75, 50)),
        ('width="20" height="10" viewBox="0 0 10 10" preserveAspectRatio="xMinYMid"', (0, 0, 50, 50)),
        ('width="20" height="10" viewBox="0 0 10 10" preserveAspectRatio="xMaxYMid meet"', (50, 0, 100, 50)),
        ('width="20" height="10" viewBox="0 0 10 10" preserveAspectRatio="none"', (0, 0, 100, 50)),
        ('width="40" height="20"', (0, 0, 25, 25)),
    ],
)
def test_a_view_box_fits_its_page_as_it_says(view: str, expected: tuple[float, ...]) -> None:
    """Width, height, viewBox and preserveAspectRatio together say where a drawing's own units lie."""
    assert [expected] == [_reach(shape) for shape in _shapes("<rect width='10' height='10'/>", view)]


# Shapes


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("<rect x='10' y='20' width='30' height='40'/>", (10, 20, 40, 60)),
        ("<rect x='10%' y='50%' width='10%' height='25%'/>", (10, 40, 20, 60)),
        ("<rect x='10' y='20' width='30' height='40' rx='50' ry='5'/>", (10, 20, 40, 60)),
        ("<circle cx='30' cy='40' r='10'/>", (20, 30, 40, 50)),
        ("<ellipse cx='30' cy='40' rx='10' ry='20'/>", (20, 20, 40, 60)),
        ("<line x1='10' y1='20' x2='30' y2='40' stroke='red'/>", (10, 20, 30, 40)),
        ("<polyline points='10,20 30 40,50-5'/>", (10, -5, 50, 40)),
        ("<polygon points='10 20 30 40 50 10'/>", (10, 10, 50, 40)),
        ("<path d='M10 20h30v40H10z'/>", (10, 20, 40, 60)),
        ("<path d='m10 20 30 0 0 40'/>", (10, 20, 40, 60)),
        ("<path d='M10 20C10 40 30 40 30 20s20-20 20 0'/>", (10, 5, 50, 35)),
        ("<path d='M10 20q10 20 20 0t20 0'/>", (10, 10, 50, 30)),
        ("<path d='M10 20a10 10 0 0 1 20 0'/>", (10, 10, 30, 20)),
        ("<path d='M10 20a10 10 0 0020 0'/>", (10, 20, 30, 30)),
        ("<path d='M10 20A1 1 0 0 1 30 20'/>", (10, 10, 30, 20)),
        ("<path d='M10 20A0 5 0 0 1 30 30L30 20'/>", (10, 20, 30, 30)),
        ("<path d='M.5.5L1e1 2E1 30-4'/>", (0.5, -4, 30, 20)),
        ("<path d='M10 20L30 40L50'/>", (10, 20, 30, 40)),
    ],
)
def test_a_shape_reaches_where_its_numbers_say(shape: str, expected: tuple[float, ...]) -> None:
    """Every kind of shape and every command of a path, absolute and relative; a mistake ends a path."""
    assert pytest.approx(expected, abs=0.02) == _reach(_shapes(shape)[0])


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("translate(10 20)", (10, 20, 20, 30)),
        ("translate(10)", (10, 0, 20, 10)),
        ("scale(2)", (0, 0, 20, 20)),
        ("scale(2,.5)", (0, 0, 20, 5)),
        ("rotate(90)", (-10, 0, 0, 10)),
        ("rotate(90 5 5)", (0, 0, 10, 10)),
        ("skewX(45)", (0, 0, 20, 10)),
        ("skewY(45)", (0, 0, 10, 20)),
        ("matrix(1 0 0 2 3 4)", (3, 4, 13, 24)),
        ("translate(10,0) scale(2) translate(1)", (12, 0, 32, 20)),
    ],
)
def test_a_transform_moves_a_shape(transform: str, expected: tuple[float, ...]) -> None:
    """Of several the last is done first; outlines lie where they are seen."""
    inside = f"<g transform='{transform}'><rect width='10' height='10' stroke='#000' stroke-width='20'/></g>"

    assert pytest.approx(expected, abs=0.02) == _reach(_shapes(inside)[0])


def test_a_line_grows_with_its_shape() -> None:
    """Its width is scaled by the mean of both ways."""
    (shape,) = _shapes(
        "<path d='M0 0h10' transform='scale(2)' stroke='#112233' stroke-width='3' fill='none'/>"
    )

    assert ("", "#112233", 6 * _UNIT) == (shape.fill, shape.stroke, shape.stroke_width)


def test_lines_keep_their_joins_caps_and_dashes() -> None:
    """An odd list of dashes is read twice."""
    look = "stroke-linejoin='round' stroke-linecap='square' stroke-dasharray='1 2,3'"
    (shape,) = _shapes(f"<path d='M0 0h10v10' stroke='red' {look}/>")

    assert ("round", "square") == (shape.join, shape.cap)
    assert tuple(_UNIT * length for length in (1, 2, 3, 1, 2, 3)) == shape.dash


# Colours


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("#1a2B3c", "#1a2b3c"),
        ("#fa0", "#ffaa00"),
        ("rgb(10, 20, 30)", "#0a141e"),
        ("rgb(100%, 0%, 20%)", "#ff0033"),
        ("rebeccapurple", "#663399"),
        ("Tomato", "#ff6347"),
        ("currentColor", "#123456"),
        ("url(#none) #00ff00", "#00ff00"),
    ],
)
def test_a_colour_is_read_as_css_writes_it(written: str, expected: str) -> None:
    """Numbers, names, and what stands for another colour."""
    (shape,) = _shapes(f"<g color='#123456'><rect width='9' height='9' fill='{written}'/></g>")

    assert expected == shape.fill


def test_rules_win_over_attributes_and_styles_over_rules() -> None:
    """Elements, classes and ids weigh what CSS says; what is important wins."""
    rules = "rect{fill:#000001}.a{fill:#000002}#b{fill:#000003}.c{fill:#000004!important}/* .a{} */"
    written = (
        "<rect width='9' height='9' fill='red'/>",
        "<rect width='9' height='9' class='a x'/>",
        "<rect width='9' height='9' class='a' id='b'/>",
        "<rect width='9' height='9' class='a' style='fill: #000005'/>",
        "<rect width='9' height='9' class='c' style='fill: #000005'/>",
    )

    shapes = _shapes(f"<style>{rules}</style>{''.join(written)}")

    assert ["#000001", "#000002", "#000003", "#000005", "#000004"] == [shape.fill for shape in shapes]


def test_groups_fade_as_one() -> None:
    """A group's opacity is not that of its parts; two paints of one shape fade apart."""
    (group,) = _read("<g opacity='.5'><rect width='9' height='9'/><rect width='5' height='5'/></g>").layers
    line = "stroke='red' stroke-width='2' stroke-opacity='.25'"
    shapes = _shapes(f"<rect width='9' height='9' fill-opacity='.5' {line}/>")

    assert isinstance(group, GroupLayer)
    assert (500, [1000, 1000]) == (group.look.opacity, [layer.look.opacity for layer in group.layers])
    assert [500, 250] == [shape.look.opacity for shape in shapes]


def test_what_is_hidden_is_not_read() -> None:
    """Nothing is left of what is not displayed, not visible, fully clear or only defined."""
    hidden = (
        "<g display='none'><rect width='9' height='9'/></g>"
        "<rect width='9' height='9' visibility='hidden'/>"
        "<rect width='9' height='9' opacity='0'/>"
        "<rect width='9' height='9' fill='none'/>"
        "<defs><rect width='9' height='9'/></defs><symbol><rect width='9' height='9'/></symbol>"
    )

    assert ["#00ff00"] == [
        shape.fill for shape in _shapes(hidden + "<rect width='1' height='1' fill='lime'/>")
    ]


def test_blending_is_kept() -> None:
    """The ways of blending that a design has are read from the style."""
    (layer,) = _read("<rect width='9' height='9' style='mix-blend-mode: multiply'/>").layers

    assert Blend.MULTIPLY is layer.look.blend


def test_a_gradient_stays_one() -> None:
    """It is neither a picture nor one colour: its colours can be replaced like others."""
    stops = "<stop stop-color='red'/><stop offset='1' stop-color='blue' stop-opacity='.5'/>"
    (shape,) = _shapes(
        f"<linearGradient id='a'>{stops}</linearGradient><rect width='60' height='60' fill='url(#a)'/>"
    )

    assert isinstance(shape.fill, Gradient)
    assert [(0, "#ff0000", 1000), (1000, "#0000ff", 500)] == [
        (stop.offset, stop.colour, stop.opacity) for stop in shape.fill.stops
    ]


# Copies


def test_copies_are_drawn_where_they_are_put() -> None:
    """A copy inherits from where it is put; a symbol is fitted into the copy's size."""
    inside = (
        "<defs><rect id='a' width='10' height='10'/>"
        "<symbol id='b' viewBox='0 0 1 1'><rect width='1' height='1'/></symbol></defs>"
        "<use href='#a' x='20' y='30' fill='#00ff00'/><use xlink:href='#b' width='40' height='40'/>"
    )

    first, second = _shapes(inside)

    assert ((20, 30, 30, 40), "#00ff00") == (_reach(first), first.fill)
    assert (0, 0, 40, 40) == _reach(second)


# What is refused or noted

_GOOD: Final = "<rect width='9' height='9'/>"
_LAUGH: Final = "".join(f"<!ENTITY l{at + 1} '" + f"&l{at};" * 10 + "'>" for at in range(9))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"<html/>",
        _svg(_GOOD)[:-3],
        _svg(_GOOD, ""),
        _svg(""),
        _svg("<text>Hello</text>"),
        _svg(_GOOD + "<script>alert(1)</script>"),
        b'<!DOCTYPE svg [<!ENTITY l0 "ha">' + _LAUGH.encode() + b"]>" + _svg(_GOOD + "<text>&l9;</text>"),
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + _svg(_GOOD + "<text>&a;</text>"),
        _svg(_GOOD + "<g id='a'><use href='#a'/></g>"),
        _svg(_GOOD + "<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>"),
        _svg("".join(f"<g id='g{at}'>" + f"<use href='#g{at + 1}'/>" * 10 + "</g>" for at in range(9)) + _GOOD),
        _svg("<g>" * 5_000 + _GOOD + "</g>" * 5_000),
        _svg("<g/>" * 60_000 + _GOOD),
    ],
    ids=[
        "empty", "png", "html", "cut short", "no size", "blank", "text alone", "script", "laughs", "file",
        "itself", "each other", "copies of copies", "deep", "many",
    ],
)  # fmt: skip
def test_what_is_unsafe_or_no_drawing_is_refused_in_words(content: bytes) -> None:
    """The words name the way out, and the order waits for a person."""
    with pytest.raises(Rejected, match=r"\w+: \w+|Upload|upload|export") as refusal:
        drawing(content)

    assert HoldReason.RENDER_FAILED is refusal.value.reason


def test_rules_without_end_are_refused() -> None:
    """A drawing where every part would ask for hundreds of rules takes no time at all."""
    rules = "".join(f".a.b{at}{{fill:red}}" for at in range(1_000))

    with pytest.raises(Rejected, match="attributes"):
        _read(f"<style>{rules}</style>" + "<rect class='a' width='9' height='9'/>" * 10_000)


@pytest.mark.parametrize(
    "part",
    [
        "<text x='1' y='9'>Hello</text>",
        "<filter id='f'/><rect width='9' height='9' filter='url(#f)'/>",
        "<pattern id='p'><rect width='1' height='1'/></pattern><rect width='9' height='9' fill='url(#p)'/>",
        "<foreignObject width='9' height='9'/>",
        "<image href='https://example.com/a.png' width='9' height='9'/>",
        "<use href='https://example.com/a.svg#b'/>",
        "<style>@import url(https://example.com/a.css);</style>",
        "<rect width='9' height='9' fill='url(https://example.com/a.svg#b)'/>",
        "<switch><foreignObject width='9' height='9'/><text>Hello</text></switch>",
    ],
)
def test_nothing_is_left_out_without_a_word(part: str) -> None:
    """What is not printed as it is drawn elsewhere is noted or refused."""
    try:
        notes = _read(_GOOD + part).notes
    except Rejected:
        return

    assert notes


@pytest.mark.parametrize(
    "part",
    [
        "<rect width='1e999' height='9'/>",
        "<rect width='9' height='9' transform='rotate(1e999)'/>",
        "<rect width='9' height='9' transform='scale(1e308) scale(1e308)'/>",
        "<rect width='9' height='9' transform='matrix(0 0 0 0 0 0)'/>",
        "<path d='M0 0L1e308 1e308'/>",
        "<path d='M0 0A1e-200 1e-200 0 0 1 9 9'/>",
        "<rect width='9' height='9' stroke='red' stroke-width='1e300'/>",
        "<circle r='-5'/>",
        "<polygon points='1'/>",
        "<path d='L1 1'/>",
    ],
)
def test_odd_numbers_never_break_a_drawing(part: str) -> None:
    """What cannot be drawn is left off or refused; the rest stays."""
    try:
        found = _read(_GOOD + part)
    except Rejected:
        return

    assert found.layers


_PICTURES: Final = {
    "shapes": (
        "<rect x='4' y='4' width='40' height='30' rx='12' ry='6' fill='#1c3f66'/>"
        "<rect x='50' y='4' width='40' height='30' rx='8' fill='teal'/>"
        "<circle cx='20' cy='58' r='14' fill='rgb(200,30,40)'/>"
        "<ellipse cx='60' cy='58' rx='22' ry='10' fill='hsl(120,50%,40%)'/>"
        "<polygon points='85,40 98,75 72,75' fill='#f80'/>"
    ),
    "paths": (
        "<path d='M10 10h20v20h-20z M15 15v10h10v-10z' fill='#112233'/>"
        "<path d='M40 20a15 10 30 1 1 20 5A10 10 0 01 45 30z' fill='#aa3333'/>"
        "<path d='M10 50c10-20 20 20 30 0s20 20 30 0' fill='none' stroke='#000' stroke-width='3'/>"
        "<path d='M10 70q10-15 20 0t20 0t20 0' fill='none' stroke='#0066cc' stroke-width='2'/>"
        "<path fill-rule='evenodd' d='M85 40h12v12h-12z M88 43h6v6h-6z'/>"
    ),
    "lines": (
        "<g fill='none' stroke='#333' stroke-width='6'>"
        "<polyline points='10,20 30,8 50,20' stroke-linejoin='round' stroke-linecap='round'/>"
        "<polyline points='60,20 75,8 90,20' stroke-linejoin='bevel' stroke-linecap='square'/>"
        "<line x1='8' y1='40' x2='92' y2='40' stroke-dasharray='10 4 2'/><path d='M10 70L20 52L30 70'/>"
        "<circle cx='60' cy='62' r='10' stroke='red' stroke-opacity='.5' fill='#00f' fill-opacity='.5'/>"
        "<circle cx='85' cy='62' r='10' paint-order='stroke' stroke='red' fill='#0f0'/></g>"
    ),
    "transforms": (
        "<g transform='translate(20 10) rotate(15) scale(1.5 .8)'><rect width='20' height='20' fill='#448'/>"
        "<g transform='skewX(20) matrix(1 0 .2 1 5 20)'><rect width='30' height='20' fill='#a64'/></g></g>"
        "<rect width='12' height='12' transform='rotate(45 70 50) translate(64,44)' fill='#282' stroke='#000'/>"
        "<g transform='scale(-1 1) translate(-95 5) skewY(10)'><path d='M0 0h20l-10 20z'/></g>"
    ),
    "gradients": (
        "<linearGradient id='a'><stop stop-color='red'/><stop offset='.6' stop-color='#ff0'/>"
        "<stop offset='1' stop-color='blue' stop-opacity='.3'/></linearGradient>"
        "<linearGradient id='b' xlink:href='#a' x2='1' y2='1'/>"
        "<linearGradient id='c' href='#a' gradientTransform='rotate(30) skewX(20)' x1='.2' x2='.8'/>"
        "<radialGradient id='d' href='#a' cx='.3' cy='.3' r='.4'/>"
        "<rect x='5' y='5' width='40' height='25' fill='url(#a)'/>"
        "<rect x='52' y='5' width='45' height='20' fill='url(#b)'/>"
        "<ellipse cx='25' cy='58' rx='22' ry='18' fill='url(#c)' transform='rotate(20 25 58)'/>"
        "<ellipse cx='72' cy='55' rx='22' ry='18' fill='url(#d)' transform='rotate(20 72 55) skewX(30)'/>"
    ),
    "clips": (
        "<clipPath id='a'><circle cx='25' cy='25' r='18'/></clipPath>"
        "<clipPath id='b' clipPathUnits='objectBoundingBox'><path d='M.5 0L1 1H0z'/></clipPath>"
        "<clipPath id='c'><path clip-rule='evenodd' d='M60 45h30v30h-30zM68 53h14v14h-14z'/></clipPath>"
        "<g clip-path='url(#a)'><rect width='60' height='25' fill='#c33'/>"
        "<rect y='25' width='60' height='25' fill='#3c3'/></g>"
        "<rect x='55' y='5' width='40' height='30' fill='#33c' clip-path='url(#b)'/>"
        "<rect x='50' y='40' width='50' height='40' fill='#c3c' clip-path='url(#c)'/>"
    ),
    "copies": (
        "<defs><symbol id='s' viewBox='0 0 10 10'><circle cx='5' cy='5' r='6' fill='currentColor'/></symbol>"
        "<g id='g'><rect width='10' height='10'/></g></defs>"
        "<use href='#s' x='5' y='5' width='30' height='20' color='#d30'/>"
        "<use xlink:href='#g' transform='translate(70 30) rotate(30)' fill='orange' opacity='.5'/>"
        "<svg x='10' y='40' width='30' height='30' viewBox='0 0 10 20' preserveAspectRatio='xMinYMax slice'>"
        "<path d='M0 0L10 20H0z' fill='#555'/><circle cx='8' cy='8' r='5' fill='#0a0'/></svg>"
        "<svg x='60' y='50' width='50%' height='25%'><rect width='50%' height='50%' fill='#90f'/></svg>"
    ),
    "fading": (
        "<rect width='60' height='60' fill='#fc3'/>"
        "<circle cx='55' cy='45' r='25' fill='#38c' style='mix-blend-mode: multiply'/>"
        "<g fill='#a4c' opacity='.5'><circle cx='75' cy='20' r='12'/><circle cx='85' cy='20' r='12'/></g>"
    ),
}


@pytest.mark.parametrize("name", _PICTURES)
def test_a_drawing_looks_as_another_engine_draws_it(name: str) -> None:
    """Read and drawn by us it is what resvg draws, four times finer and averaged."""
    resvg = pytest.importorskip("resvg_py")
    content = _svg(_PICTURES[name])
    finer = resvg.svg_to_bytes(svg_string=content.decode(), width=_FINER * _ACROSS, skip_system_fonts=True)

    expected = Image.open(BytesIO(finer)).convert("RGBa").resize((_ACROSS, 160), Image.Resampling.BOX)
    area = PrintArea(key="front", width_px=_ACROSS, height_px=160)
    box = {"x": 0, "y": 0, "w": um(_ACROSS), "h": um(160)}
    layer = {"type": "clipart", "area": "front", "asset": "a", "fit": "stretch", **box}
    actual = pixels(draw(job(layer, area=area, assets={"a": content})))

    assert _near(Distance.between(actual, expected.convert("RGBA"), 32))


def _near(distance: Distance) -> bool:
    return distance.rms < 0.008 and distance.share < 0.002


_STOPS: Final = "<stop offset='.1'/>" * 3_000


@pytest.mark.parametrize(
    "inside",
    [
        f"<linearGradient id='a'>{_STOPS}</linearGradient>"
        + "<rect width='9' height='9' fill='url(#a)'/>" * 1_000,
        f"<g><rect id='a' width='9' height='9' style='{';' * 50_000}'/></g>" + "<use href='#a'/>" * 3_000,
    ],
    ids=["stops", "style"],
)
def test_what_many_parts_share_is_read_once(inside: str) -> None:
    """A small file never takes long because its parts point to the same large one."""
    started = time.process_time()

    assert _read(inside).layers
    assert time.process_time() - started < 5


# Whatever comes

_WORDS: Final = (
    "1e999", "-1e308", "NaN", "url(#a)", "inherit", "none", "#a", '"', "'", "<g>", "</g>", "0", "1e-300", "%", "&#0;",
    "A", "matrix(0 0 0 0 0 0)", "rotate(1e999)", "skewX(90)", "currentColor", "é", "objectBoundingBox", "-", ".", "",
)  # fmt: skip


def _changed(content: str, seed: random.Random) -> str:
    for _ in range(seed.randint(1, 5)):
        at = seed.randrange(len(content))
        content = content[:at] + seed.choice(_WORDS) + content[at + seed.randint(0, 8) :]
    return content


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(_PICTURES)), seed=st.randoms(use_true_random=False))
def test_a_damaged_drawing_is_read_or_refused(name: str, seed: random.Random) -> None:
    """Nothing but a refusal in words ever comes out, and layers stay within numbers that can be drawn."""
    _judge(lambda: drawing(_changed(_svg(_PICTURES[name]).decode(), seed).encode()))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Not even of what is no XML at all."""
    _judge(lambda: drawing(content))


def _judge(reads: Callable[[], Drawing]) -> None:
    try:
        found = reads()
    except Rejected:
        return
    assert found.layers
    assert all(_drawable(layer) for layer in branches(found.layers))


def _drawable(layer: Layer) -> bool:
    return not isinstance(layer, ShapeLayer) or all(abs(number) < 1e13 for number in layer.outline.numbers)
