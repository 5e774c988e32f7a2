"""Skia paints what the display list says, as the kit demands of every renderer."""

import io
import sys
from itertools import chain
from typing import Any, NoReturn

import pytest
from attrs import evolve
from PIL import Image, ImageChops, ImageStat

from mockspark.adapters.plugins import NoOptions, RendererPlace
from mockspark.adapters.rendering import pillow, skia_plugin
from mockspark.adapters.rendering.geometry import Frame
from mockspark.adapters.rendering.nodes import FillNode, PhotoNode, Piece
from mockspark.adapters.rendering.pillow import PillowRenderer
from mockspark.adapters.rendering.tiles import Tile
from mockspark.adapters.rendering.workshop import Workshop
from mockspark.adapters.testing.renderers import RendererConformance, image_layer, job, pixels, text_layer, um
from mockspark.application.errors import Rejected, Unavailable
from mockspark.application.ports.rendering import Renderer
from mockspark.domain.files import Check
from mockspark.domain.outlines import Affine, Outline, ellipse, rectangle
from mockspark.entrypoints.drawing import workshop
from tests.adapters.rendering.making import fresh

_TOP_LEFT = Affine(1, 0, 0, 1, 10, 10)
_MIRRORED = Affine(-1, 0, 0, 1, 70, 30)
_SQUARE = rectangle(0, 0, 40, 40)


@pytest.fixture
def installed() -> None:
    """Skip where Skia is not installed or does not start."""
    pytest.importorskip("skia", reason="skia-python is not installed or does not start", exc_type=ImportError)


def _fresh() -> Workshop:
    from mockspark.adapters.rendering.skia import painter_of

    return evolve(fresh(), painter_of=painter_of, hand="skia")


class TestSkia(RendererConformance):
    """The second renderer."""

    @pytest.fixture
    def renderer(self, installed: None) -> Renderer:
        del installed
        return PillowRenderer(_fresh, threads=2)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("rule", ["nonzero", "evenodd"])
@pytest.mark.parametrize("place", [_MIRRORED, Affine(1, 0, 0, 1, 30, 30)])
def test_shapes_that_overlap_cover_once(place: Affine, rule: str) -> None:
    """Where two squares share a quarter there is ink, whichever way round they run."""
    pieces = tuple(Piece(outline=_SQUARE, place=each) for each in (_TOP_LEFT, place))
    image = _drawn(pieces, (0, 0, 80, 80), rule=rule)

    assert 255 == image.getpixel((40, 40))
    assert 2 * 40 * 40 - 20 * 20 == sum(image.tobytes()) / 255


@pytest.mark.usefixtures("installed")
def test_every_tiling_gives_the_same_edges() -> None:
    """Where a band or tile begins leaves no mark."""
    ring = Outline.of([*ellipse(0, 0, 290, 350).commands(), *ellipse(40, 30, 180, 260).commands()])
    pieces = (Piece(outline=ring, place=Affine.turned(13_000, 150, 170)),)
    whole = _drawn(pieces, (0, 0, 320, 380), rule="evenodd")
    pieced = Image.new("L", whole.size)
    for top in range(0, 380, 37):
        for left in range(0, 320, 101):
            tile = (left, top, min(left + 101, 320), min(top + 37, 380))
            pieced.paste(_drawn(pieces, tile, rule="evenodd"), (left, top))

    assert whole.tobytes() == pieced.tobytes()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("blur", [0, 8, 80])
def test_shadows_go_on_from_band_to_band(blur: int) -> None:
    """The shadow of letters and emoji that lie in another band falls as the first renderer has it."""
    shadow = {"dx": um(30), "dy": um(140), "blur": um(2 * blur), "color": "#102030", "opacity": 700}
    layer = text_layer("😀A", 50, 60, 500, 300, size=um(200), rot=10_000, shadow=shadow)
    one, other = (pixels(pillow.draw(job(layer), place)) for place in (fresh, _fresh))

    difference = ImageStat.Stat(ImageChops.difference(_on_white(one), _on_white(other)))
    assert max(most for _, most in difference.extrema) <= 12


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("turn", [0, 5_000])
def test_a_damaged_picture_is_named_once(turn: int) -> None:
    """However many bands it would lie on."""
    out = io.BytesIO()
    Image.effect_noise((900, 900), 50).save(out, "JPEG")
    asset = out.getvalue()[: out.tell() // 2]
    made = pillow.draw(job(image_layer("a", 50, 50, 500, 600, rot=turn), assets={"a": asset}), _fresh, 2)

    assert ["L0"] == [each.layer for each in made.findings if each.check is Check.RENDERING]


@pytest.mark.usefixtures("installed")
def test_a_scribble_that_takes_too_long_is_refused() -> None:
    """A worker is not kept busy for minutes by one shape."""
    points = ((step / 5, 5_400.0 * (step % 2)) for step in range(20_000))
    scribble = Outline("M" + "L" * 19_999 + "Z", tuple(chain.from_iterable(points)))

    with pytest.raises(Rejected, match="simplify"):
        _drawn((Piece(outline=scribble, place=Affine()),), (0, 0, 10, 10))


def test_a_missing_skia_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who chose it without having it hears the command, at the start and not at the first order."""
    monkeypatch.setitem(sys.modules, "skia", None)

    with pytest.raises(Unavailable, match=r'pip install "mockspark\[skia\]"'):
        skia_plugin.PLUGIN.build(_place())


def test_a_skia_that_does_not_start_names_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its package needs libraries of the system, which small containers do not have."""

    def broken(_: str) -> None:
        raise ImportError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr(skia_plugin, "import_module", broken)

    with pytest.raises(Unavailable, match=r"libEGL\.so\.1.*apt install libgl1 libegl1"):
        skia_plugin.PLUGIN.check()


def _place() -> RendererPlace[Any]:
    return RendererPlace(settings=NoOptions(), run=None, workshop=workshop)  # type: ignore[arg-type]  # never run


def _drawn(pieces: tuple[Piece, ...], tile: Tile, *, rule: str = "nonzero") -> Image.Image:
    """Return what black shapes cover of *tile*, in mode L."""
    from mockspark.adapters.rendering.skia import painter_of

    frame = Frame(x=0, y=0, width=100, height=100)
    node = FillNode(layer="L0", pieces=pieces, paint="#000000", frame=frame, rule=rule)
    part = painter_of(node, _no_photos, {}).part(tile)
    sheet = Image.new("L", (tile[2] - tile[0], tile[3] - tile[1]))
    if part is not None:
        image, x, y = part
        sheet.paste(image.getchannel("A"), (x - tile[0], y - tile[1]))
    return sheet


def _no_photos(_: PhotoNode) -> NoReturn:
    pytest.fail("there is no picture to open")


def _on_white(image: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
