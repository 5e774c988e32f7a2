"""Designs of fabric.js lie where fabric.js puts them, look as it draws them, and lose nothing without a word."""

import base64
import io
import json
from typing import Any, Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mockspark.adapters.importing import fabric
from mockspark.adapters.importing.fabric_maps import own_map
from mockspark.adapters.importing.facts import Facts
from mockspark.application.errors import Rejected
from mockspark.application.ports.importing import Imported, ImportTarget
from mockspark.application.ports.rendering import RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design
from mockspark.domain.layers import GroupLayer, ImageLayer, Layer, ShapeLayer, TextLayer, branches
from mockspark.domain.outlines import Affine
from tests.adapters.importing.scenes import (
    CANVAS,
    TARGET,
    UM_PER_PX,
    VERSIONS,
    Json,
    canvas,
    looks,
    rect,
    scenes,
    taken,
)
from tests.adapters.rendering.making import draw

_DPI: Final = 254
_NEAR: Final = 12


def _only(*objects: Json, **members: Any) -> Layer:
    (layer,) = Design.of(taken(canvas(*objects, **members)).document).layers
    return layer


def _words(found: Imported) -> str:
    return "; ".join(f"{note.layer}: {note.feature}: {note.done}" for note in found.notes)


# Against fabric.js itself


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("scene", ["shapes", "groups", "pictures", "paints", "letters"])
def test_maps_are_those_of_fabric_itself(version: int, scene: str) -> None:
    """Origins, skews, flips and groups lead to the matrix of each version's own `calcTransformMatrix`."""
    told = scenes(version)[scene]
    truth = iter(told["truth"])

    def compare(one: Json, parent: Affine) -> None:
        place = parent.after(own_map(Facts(one), version))
        found = (place.a, place.b, place.c, place.d, place.e, place.f)
        # Versions 4 and 5 write two digits behind the point.
        assert pytest.approx(next(truth)["matrix"], abs=0.02) == found
        for inner in one.get("objects", ()):
            compare(inner, place)

    for one in told["document"]["objects"]:
        compare(one, Affine())


@pytest.mark.parametrize("scene", ["shapes", "groups", "pictures", "paints"])
def test_scenes_look_as_fabric_draws_them(scene: str) -> None:
    """Wherever fabric.js drew an even colour, the imported design prints that colour."""
    image = _drawn(taken(scenes(7)[scene]["document"]))

    wrong = [
        (x, y, expected, found)
        for x, y, *expected in looks()[scene]
        if not _alike(expected, found := image.getpixel((x, y)))
    ]

    assert [] == wrong


def _drawn(found: Imported) -> Image.Image:
    area = PrintArea(key="front", width_px=2 * CANVAS[0], height_px=2 * CANVAS[1], dpi=_DPI)
    assets = {f"sha256:{digest}": content for digest, content in found.assets.items()}
    drawn = draw(RenderJob(design=Design.of(found.document), area=area, assets=assets))
    return Image.open(io.BytesIO(drawn.content)).convert("RGBA")


def _alike(expected: list[int], found: Any) -> bool:
    alphas = (expected[3], found[3])
    seen = [
        abs(one * alphas[0] - other * alphas[1]) / 255
        for one, other in zip(expected[:3], found[:3], strict=True)
    ]
    return all(apart <= _NEAR for apart in (abs(alphas[0] - alphas[1]), *seen))


@pytest.mark.parametrize("scene", ["shapes", "groups", "pictures", "paints", "letters"])
def test_every_version_says_the_same(scene: str) -> None:
    """A scene that four versions wrote down comes to one design, but for what their rounding leaves open."""
    designs = [Design.of(taken(scenes(version)[scene]["document"]).document) for version in VERSIONS]

    first, *others = [list(branches(design.layers)) for design in designs]

    for other in others:
        # The scene of version 4 has no text on a path, its last one elsewhere.
        for one, same in zip(first, other, strict=False):
            assert (type(one), one.look.opacity) == (type(same), same.look.opacity)
            assert pytest.approx((one.box.x, one.box.y), abs=12) == (same.box.x, same.box.y)
            assert pytest.approx((one.box.width, one.box.turn), abs=12) == (same.box.width, same.box.turn)


# Places


@pytest.mark.parametrize(("version", "corner"), [("4.6.0", (0, 0)), ("6.9.1", (0, 0)), ("7.4.0", (-5, -5))])
def test_what_an_object_is_placed_by_changed_with_version_7(version: str, corner: tuple[int, int]) -> None:
    """Without an origin it is the corner until version 6, and the middle since."""
    one = rect(left=0, top=0)
    del one["originX"], one["originY"]

    layer = _only(one, version=version)

    assert (corner[0] * UM_PER_PX, corner[1] * UM_PER_PX) == (layer.box.x, layer.box.y)


def test_a_canvas_fills_the_area_as_far_as_its_shape_allows() -> None:
    """One of another shape lies in the middle, and that is said."""
    wide = evolve(TARGET, areas={"front": (CANVAS[0] * 400, CANVAS[1] * UM_PER_PX)})

    found = taken(canvas(rect(left=0, top=0)), wide)

    (layer,) = Design.of(found.document).layers
    assert (CANVAS[0] * 100, 0) == (layer.box.x, layer.box.y)
    assert "canvas: it has another shape than the print area" in _words(found)


def test_a_rectangle_stays_one_and_keeps_its_corners() -> None:
    """What is plain is easy to change: shape, radius, turn and line are members, not outlines."""
    layer = _only(rect(rx=2, ry=2, angle=30, scaleX=2, scaleY=2, stroke="#00f", strokeWidth=1))

    assert isinstance(layer, ShapeLayer)
    assert ("rect", 800, 30_000, 400) == (layer.shape, layer.radius, layer.box.turn, layer.stroke_width)


def test_a_uniform_line_does_not_grow_with_its_object() -> None:
    """`strokeUniform` keeps the width in pixels of the canvas, through every group."""
    line = rect(stroke="#00f", strokeWidth=3, strokeUniform=True)
    group = {
        "type": "Group",
        "originX": "left",
        "originY": "top",
        "width": 30,
        "height": 30,
        "scaleX": 4,
        "scaleY": 4,
    }

    (inner,) = [
        layer for layer in branches((_only({**group, "objects": [line]}),)) if isinstance(layer, ShapeLayer)
    ]

    assert 3 * UM_PER_PX == inner.stroke_width


def test_names_and_hidden_layers_are_kept() -> None:
    """What is hidden in the editor stays in the document, hidden, with its name."""
    found = taken(canvas(rect(name="Logo", visible=False), rect(name="Logo")))

    first, second = found.document["layers"]
    assert ("Logo", True, "Logo", "Logo-2") == (first["name"], first["hidden"], first["id"], second["id"])
    assert 1 == len(Design.of(found.document).layers)


def test_what_cannot_be_selected_is_locked() -> None:
    """A template's fixed parts may not be changed."""
    layer = _only(rect(selectable=False))

    assert layer.lock is not None
    assert () == layer.lock.may


def test_groups_stay_groups_around_what_is_in_them() -> None:
    """Their children lie where they did, whatever the groups around them do."""
    inner = {"type": "Group", "left": 10, "top": 0, "width": 0, "height": 0, "objects": [rect(left=0, top=0)]}
    outer = {**inner, "left": 5, "top": 7, "objects": [inner], "opacity": 0.5}

    layer = _only(outer)

    assert isinstance(layer, GroupLayer)
    (child,) = layer.layers
    assert isinstance(child, GroupLayer)
    assert (500, (15 * UM_PER_PX, 7 * UM_PER_PX)) == (layer.look.opacity, (layer.box.x, layer.box.y))


# Pictures


def _pixel(width: int = 40, height: int = 20) -> str:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(made, "PNG")
    return f"data:image/png;base64,{base64.b64encode(made.getvalue()).decode()}"


def test_a_crop_is_told_in_shares_of_the_picture() -> None:
    """The part that is seen lies where it did."""
    one = rect(type="Image", src=_pixel(), cropX=10, cropY=5, width=20, height=10)

    found = taken(canvas(one))

    (layer,) = Design.of(found.document).layers
    assert isinstance(layer, ImageLayer)
    assert ((250, 250, 750, 750), 20 * UM_PER_PX) == (layer.crop, layer.box.width)
    assert [layer.asset] == [f"sha256:{digest}" for digest in found.assets]


def test_pictures_elsewhere_keep_their_address_and_others_are_named() -> None:
    """An address is pinned when it is first drawn; a file of somebody's computer cannot be."""
    there = rect(type="image", src="https://cdn.example/shirt.png", cropX=3)
    gone = rect(type="image", src="blob:https://editor.example/17")

    found = taken(canvas(there, gone))

    (layer,) = Design.of(found.document).layers
    assert isinstance(layer, ImageLayer)
    assert "https://cdn.example/shirt.png" == layer.asset
    assert "image: crop: shown whole" in _words(found)
    assert "image-2: picture: left out" in _words(found)


# Texts


def _text(**members: Any) -> Json:
    return {
        "type": "Textbox",
        "text": "Ana",
        "fontFamily": "Open Sans",
        "fontSize": 20,
        "width": 100,
        "height": 22.6,
        "left": 10,
        "top": 10,
        "strokeWidth": 0,
        **members,
    }


def test_a_text_keeps_its_measures() -> None:
    """Size and leading in micrometres and per mille; tracking is per mille of the em on both sides."""
    layer = _only(_text(charSpacing=75, lineHeight=1, textAlign="right", fontWeight=700, fontStyle="italic"))

    assert isinstance(layer, TextLayer)
    assert (4_000, 1_130, 75, "right") == (layer.size, layer.leading, layer.tracking, layer.align)
    assert ("Open Sans Bold Italic", "wrap", 20_000) == (layer.font, layer.fit, layer.box.width)


def test_only_boxes_break_lines() -> None:
    """A plain text stays on its line, however wide the letters of our font are."""
    assert ["overflow", "overflow", "wrap"] == [
        layer.fit
        for kind in ("text", "IText", "textbox")
        if isinstance(layer := _only(_text(type=kind)), TextLayer)
    ]


def test_the_first_baseline_is_where_fabric_has_it() -> None:
    """It gives the first line none of the leading above it, whatever the leading is."""
    close, wide = (_only(_text(lineHeight=height)) for height in (1.0, 2.0))
    assert isinstance(close, TextLayer)
    assert isinstance(wide, TextLayer)

    baselines = [layer.box.y + layer.leading * layer.size / 2000 for layer in (close, wide)]

    assert pytest.approx(baselines[0], abs=2) == baselines[1]


@pytest.mark.parametrize(
    "styles",
    [
        {"0": {"0": {"fill": "#00f"}, "1": {"fill": "#00f"}}, "1": {"0": {"fill": "#00f"}}},
        [{"start": 0, "end": 3, "style": {"fill": "#00f"}}],
    ],
)
def test_a_style_of_all_letters_is_that_of_the_text(styles: Any) -> None:
    """Whether it is told by line and place, as to version 5, or by ranges, as since 6."""
    layer = _only(_text(text="AB\nC", styles=styles))

    assert isinstance(layer, TextLayer)
    assert "#0000ff" == layer.fill


def test_letters_of_several_styles_are_named() -> None:
    """A text has one style here: what the others were is said, not guessed."""
    found = taken(canvas(_text(styles=[{"start": 0, "end": 1, "style": {"fill": "#00f"}}], underline=True)))

    assert "letters of several styles" in _words(found)
    assert ["underline"] == [note.feature for note in found.notes if note.lost]


def test_a_text_follows_its_path() -> None:
    """The path lies in the middle of the text's box, as long as it was."""
    path = {"type": "path", "path": [["M", 0, 0], ["L", 100, 0]]}

    layer = _only(_text(type="text", path=path, width=100, height=10))

    assert isinstance(layer, TextLayer)
    assert (0.0, 1_000.0, 20_000.0, 1_000.0) == layer.path.bounds


# Looks


@pytest.mark.parametrize(
    "shadow",
    [
        "rgba(0,0,0,0.5) 3px -2px 4px",
        "3 -2 4 rgba(0, 0, 0, 0.5)",
        {"color": "rgba(0,0,0,0.5)", "offsetX": 3, "offsetY": -2, "blur": 4},
    ],
)
def test_shadows_are_read_from_words_and_objects(shadow: Any) -> None:
    """The two ways to write one down are the same shadow."""
    cast = _only(rect(shadow=shadow)).look.shadow

    assert cast is not None
    assert (600, -400, 800, "#000000", 500) == (cast.dx, cast.dy, cast.blur, cast.colour, cast.opacity)


def test_a_shadow_falls_as_the_canvas_lies() -> None:
    """Ours turns with its layer, theirs does not: a quarter turn is taken back."""
    cast = _only(rect(angle=90, shadow="#000 5px 0 0")).look.shadow

    assert cast is not None
    assert (0, -1_000) == (cast.dx, cast.dy)


def test_an_inverted_clip_keeps_the_outside() -> None:
    """The mask is a frame around what is cut out."""
    mask = _only(rect(clipPath=rect(left=-2, top=-2, width=4, height=4, inverted=True))).look.mask

    assert mask is not None
    assert ("evenodd", 2) == (mask.rule, mask.outline.verbs.count("M"))


@pytest.mark.parametrize(
    ("members", "feature"),
    [
        ({"fill": {"type": "pattern", "source": "x"}}, "pattern as fill"),
        ({"globalCompositeOperation": "destination-out"}, "composite operation destination-out"),
        ({"eraser": {"type": "eraser"}}, "eraser"),
        ({"type": "Sprite"}, "object of type Sprite"),
        ({"clipPath": {"type": "image", "src": "x"}}, "clip path"),
        ({"stroke": "#000", "strokeWidth": 2, "scaleX": 3}, "line"),
        (
            {"stroke": "#000", "strokeWidth": 2, "strokeDashArray": [3, 1], "strokeDashOffset": 1},
            "start of dashes",
        ),
    ],
)
def test_nothing_is_left_out_without_a_word(members: Json, feature: str) -> None:
    """Each note names the layer and what it was."""
    found = taken(canvas(rect(), rect(id="odd", **members)))

    assert feature in [note.feature for note in found.notes if note.layer == "odd"]


def test_the_canvas_itself_is_taken_along() -> None:
    """Its colour lies under the area; a picture behind and a film before it are layers."""
    behind = rect(type="image", src="https://cdn.example/wall.png")

    found = taken(canvas(rect(), background="#eee", backgroundImage=behind, overlay="rgba(0,0,0,0.2)"))

    design = Design.of(found.document)
    assert "#eeeeee" == design.background("front")
    assert ["image", "rect", "overlay"] == [layer.id for layer in design.layers]


# Anything


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no readable JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "no list of objects"),
        (b'{"objects": [NaN]}', "no readable JSON"),
        (b"[" * 100_000, "no readable JSON"),
        (json.dumps(canvas(*[rect()] * 201)).encode(), "at most 200"),
        (json.dumps(canvas(*[rect()] * 3_000)).encode(), "too many objects"),
    ],
)
def test_what_is_no_design_is_refused_in_words(content: bytes, words: str) -> None:
    """The words name the way out."""
    with pytest.raises(Rejected, match=words):
        fabric.imported(content, TARGET)


def test_a_canvas_without_a_size_asks_for_one() -> None:
    """Pixels alone do not say where on the print area they lie."""
    with pytest.raises(Rejected, match="how large its canvas is"):
        taken(canvas(rect()), ImportTarget(areas={"front": (1_000, 1_000)}))


_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_SCENES: Final = [scene["document"] for version in (4, 7) for scene in scenes(version).values()]


@given(st.sampled_from(_SCENES), st.data())
def test_a_damaged_design_is_taken_in_or_refused(document: Json, data: st.DataObject) -> None:
    """Whatever stands where a member should: a design that validates, or Rejected, and nothing else."""
    damaged = json.loads(json.dumps(document))
    for _ in range(data.draw(st.integers(1, 6))):
        one: Any = data.draw(st.sampled_from(damaged["objects"])) if damaged["objects"] else damaged
        while isinstance(one, dict) and data.draw(st.booleans()):
            inner = [value for value in one.values() if isinstance(value, dict)]
            one = data.draw(st.sampled_from(inner)) if inner else one
        if isinstance(one, dict) and one:
            one[data.draw(st.sampled_from(sorted(one)))] = data.draw(_ANYTHING)

    try:
        found = taken(damaged)
    except Rejected:
        return

    assert found.document == Design.of(found.document).document


@given(st.dictionaries(st.text(max_size=9).map("x-".__add__), _ANYTHING, max_size=4))
def test_members_that_nobody_knows_survive(members: Json) -> None:
    """What others write into an imported document is still there after it was read."""
    document = taken(canvas(rect())).document
    (layer,) = document["layers"]
    marked = {**document, **members, "layers": [{**layer, **members}]}

    assert marked == Design.of(marked).document
