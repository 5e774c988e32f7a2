"""Drawings and finished files as designs: placed on their areas, and whatever is not as it was is said."""

import asyncio
import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mockspark.adapters.importing.importer import PooledImporter, imported
from mockspark.application.errors import Rejected
from mockspark.application.ports.importing import DesignFormat, Fit, Imported, ImportTarget
from mockspark.application.ports.rendering import RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design
from mockspark.domain.layers import ClipartLayer, ImageLayer, ShapeLayer, branches
from tests.adapters.rendering.making import draw

AREA = (60_000, 40_000)
TARGET = ImportTarget(areas={"front": AREA})


def _svg(inside: str, view: str = 'viewBox="0 0 10 10"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {view}>{inside}</svg>'.encode()


def _taken(content: bytes, kind: DesignFormat = DesignFormat.SVG, target: ImportTarget = TARGET) -> Imported:
    return imported(content, kind, target)


def _picture(width: int, height: int, kind: str = "PNG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(made, kind)
    return made.getvalue()


# Drawings


def test_a_drawing_lies_in_the_middle_as_large_as_fits() -> None:
    """A square on a wide area touches top and bottom."""
    found = _taken(_svg("<rect width='10' height='10' fill='red'/>"))

    (layer,) = Design.of(found.document).layers
    box = layer.box
    assert isinstance(layer, ShapeLayer)
    assert (10_000, 0, 40_000, 40_000) == (box.x, box.y, box.width, box.height)


def test_what_reaches_over_a_drawings_edge_is_cut_there() -> None:
    """The same is seen as in a viewer."""
    found = _taken(_svg("<circle r='5'/><rect width='1' height='1'/>"))

    (layer,) = Design.of(found.document).layers
    assert layer.look.mask is not None
    assert (0, 0) == (layer.box.x + layer.look.mask.outline.numbers[0] - 10_000, 0)


def test_pictures_in_a_drawing_become_assets() -> None:
    """Each once, by its digest; how it lay in its box is kept."""
    url = f"data:image/png;base64,{base64.b64encode(_picture(8, 4)).decode()}"
    inside = f"<image href='{url}' width='4' height='4'/><image href='{url}' x='5' width='5' height='5'/>"

    found = _taken(_svg(inside))

    pictures = [one for one in branches(Design.of(found.document).layers) if isinstance(one, ImageLayer)]
    assert {f"sha256:{digest}" for digest in found.assets} == {one.asset for one in pictures}
    assert [2.0, 2.0] == [one.box.width / one.box.height for one in pictures]


def test_a_drawing_of_very_many_parts_stays_one() -> None:
    """It becomes a clipart layer of the file itself, and that is said."""
    content = _svg("<rect width='1' height='1'/><path d='M2 2h1v1z'/>" * 150)

    found = _taken(content)

    (layer,) = Design.of(found.document).layers
    assert isinstance(layer, ClipartLayer)
    assert [content] == list(found.assets.values())
    assert ["many parts"] == [note.feature for note in found.notes]


def test_a_drawing_prints_the_same_as_design_and_as_clipart() -> None:
    """Its parts as layers, or the file as one layer: the pixels agree."""
    content = _svg(
        "<g opacity='.5'><circle cx='3' cy='3' r='2' fill='red'/><rect x='3' y='3' width='5' height='4'/></g>"
        "<path d='M1 8q4-3 8 0' fill='none' stroke='#06c' stroke-width='.7' stroke-linecap='round'/>"
    )
    parts = _taken(content)
    whole = _taken(content, DesignFormat.FINISHED)

    one, other = (_drawn(found) for found in (parts, whole))

    assert max(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True)) <= 8


def _drawn(found: Imported) -> Image.Image:
    area = PrintArea(key="front", width_px=600, height_px=400, dpi=254)
    assets = {f"sha256:{digest}": content for digest, content in found.assets.items()}
    drawn = draw(RenderJob(design=Design.of(found.document), area=area, assets=assets))
    return Image.open(io.BytesIO(drawn.content)).convert("RGBA")


def test_text_in_a_drawing_is_named_as_lost() -> None:
    """With the way out: letters as outlines."""
    found = _taken(_svg("<rect width='9' height='9'/><text id='slogan'>hi</text>"))

    (note,) = [note for note in found.notes if note.lost]
    assert ("slogan", "text") == (note.layer, note.feature)
    assert "convert text to outlines" in note.done


# Finished files


def test_a_finished_file_covers_every_area() -> None:
    """One picture, once as an asset, on each area of the product."""
    target = ImportTarget(areas={"front": AREA, "back": AREA}, fit=Fit.COVER)

    found = _taken(_picture(60, 40), DesignFormat.FINISHED, target)

    layers = Design.of(found.document).layers
    assert [("front", AREA), ("back", AREA)] == [
        (one.area, (one.box.width, one.box.height)) for one in layers
    ]
    assert (1, ()) == (len(found.assets), found.notes)


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        (Fit.CONTAIN, "shown whole: 33.3% of the area stays empty at the sides"),
        (Fit.COVER, "cut at top and bottom by 33.3%"),
        (Fit.STRETCH, "stretched by 50.0% across"),
    ],
)
def test_a_file_of_another_shape_is_fitted_and_that_is_said(fit: Fit, words: str) -> None:
    """What the choice costs is a figure."""
    found = _taken(_picture(40, 40), DesignFormat.FINISHED, ImportTarget(areas={"front": AREA}, fit=fit))

    assert [words] == [note.done for note in found.notes]


def test_a_photograph_is_measured_upright() -> None:
    """A camera's note that it was held sideways counts."""
    made = io.BytesIO()
    image = Image.new("RGB", (40, 60), "red")
    notes = image.getexif()
    notes[0x0112] = 6
    image.save(made, "JPEG", exif=notes)

    found = _taken(made.getvalue(), DesignFormat.FINISHED)

    assert () == found.notes


# Any format


async def test_formats_are_read_where_the_importer_is_told() -> None:
    """A file made to hurt may hurt that process only; what it refuses is refused here."""
    importer = PooledImporter(asyncio.to_thread)

    found = await importer.read(_picture(3, 2), DesignFormat.FINISHED, TARGET)

    assert ["front"] == list(found.document["areas"])
    with pytest.raises(Rejected):
        await importer.read(b"<svg", DesignFormat.SVG, TARGET)


def test_an_import_needs_an_area() -> None:
    """There is no place for a design without one."""
    with pytest.raises(Rejected, match="print area"):
        _taken(_svg("<rect/>"), target=ImportTarget(areas={}))


_PIECES = st.sampled_from(
    [
        "<g transform='rotate(9 1e3) skewX(80)'>", "</g>", "<rect width='9' height='4' rx='1e9'/>",
        "<path d='M0 0A1 2 3 0 1 5 5zm1 1q2 3 4 5t1 1'/>", "<use href='#a'/>", "<g id='a' opacity='.3'>",
        "<circle r='50%' fill='url(#b)' stroke='url(#b)' stroke-dasharray='1 2 3'/>", "<clipPath id='c'>",
        "</clipPath>",
        "<linearGradient id='b' x1='-9' spreadMethod='reflect'><stop offset='.4'/><stop/></linearGradient>",
        "<g clip-path='url(#c)' style='mix-blend-mode:multiply;mask:url(#m)'>",
        "<style>.a{fill:red}*{stroke:url(#b)}</style>",
        "<image href='data:image/png;base64,AAAA' width='2'/>", "<svg x='1' viewBox='0 0 0 1'>", "</svg>",
        "<text>x</text>",
        "<mask id='m'><path d='M0 0h9v9z' fill='white'/></mask>",
        "<polygon points='0 0 9 9 1e8 3' class='a'/>", "&#0;",
    ]
)  # fmt: skip


@given(
    st.lists(_PIECES, max_size=9),
    st.sampled_from(['viewBox="0 0 9 9"', 'width="9mm" height="4pt"', 'viewBox="0 0 1e-9 1"']),
)
def test_any_drawing_is_taken_in_or_refused(pieces: list[str], view: str) -> None:
    """Whatever is put together: a design that validates, or Rejected, and nothing else."""
    try:
        found = _taken(_svg("".join(pieces), view))
    except Rejected:
        return
    assert found.document == Design.of(found.document).document


@given(st.binary(max_size=60), st.sampled_from(DesignFormat))
def test_any_bytes_are_taken_in_or_refused(content: bytes, kind: DesignFormat) -> None:
    """A finished file is judged when it is kept; the other formats refuse what they cannot read."""
    try:
        found = _taken(content, kind, ImportTarget(areas={"front": AREA}, canvas_px=(9, 9)))
    except Rejected:
        return
    assert found.document == Design.of(found.document).document
