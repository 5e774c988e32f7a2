"""Texts of fabric.js as text layers; their lines are set anew."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from mockspark.adapters.importing.colours import Ink
from mockspark.adapters.importing.fabric_maps import kind_of
from mockspark.adapters.importing.fabric_paints import Surface, colour
from mockspark.adapters.importing.fabric_shapes import middle_to_origin, path_of
from mockspark.adapters.importing.facts import Facts, encodable, rounded
from mockspark.adapters.importing.gradients import Laid, Ramp, laid
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.paths import reversed_
from mockspark.adapters.importing.placing import Seat
from mockspark.domain.layers import PLAIN, Look, Paint, TextLayer
from mockspark.domain.outlines import Affine, Outline

TEXTS: Final = frozenset(("text", "itext", "textbox"))
_LINE_OF_EM: Final = 1.13
_BASELINE_OF_EM: Final = _LINE_OF_EM * (1 - 0.222)
# Half of what letters reach above the baseline more than below: fonts differ from it by a few hundredths of the em.
_MIDDLE_OF_EM: Final = 0.36
_SLACK_OF_EM: Final = 0.02
_STRETCHED: Final = 0.01
_LONGEST: Final = 20_000
_BOLD: Final = 600
_GENERIC: Final = frozenset(("serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", ""))
_ALIGNED: Final = ("left", "center", "right", "justify")
_MARKS: Final = ("underline", "overline", "linethrough")


@frozen(kw_only=True)
class Place:
    """Where a text lies: its seat on the area, and how many micrometres one of its own pixels measures there."""

    seat: Seat
    across: float
    down: float


def text(one: Facts, place: Place, surface: Surface, area: str, notebook: Notebook) -> TextLayer | None:
    """Return the layer of a text, its fill and line in one colour each; None for one without letters."""
    words = encodable(one.text("text"))[:_LONGEST]
    if not words.strip():
        return None
    facts = _restyled(one, words, surface.name, notebook)
    size = facts.number("fontSize", 40.0) * place.down
    if size < 1:
        return None
    layer = TextLayer(
        id=surface.name,
        area=area,
        box=place.seat.box,
        text=words,
        font=_font(facts),
        size=min(max(rounded(size), 100), 10_000_000),
        align=_align(facts, surface.name, notebook),
        leading=min(max(rounded(1000 * _LINE_OF_EM * facts.number("lineHeight", 1.16)), 500), 100_000),
        tracking=rounded(facts.number("charSpacing")),
        direction="rtl" if facts.text("direction") == "rtl" else "auto",
        fit="wrap" if kind_of(one) == "textbox" else "overflow",
    )
    _note_places(facts, place, surface.name, notebook)
    painted = _painted(layer, facts, place, surface, notebook)
    bent = _bent(facts, place, surface.name, notebook)
    return evolve(painted, path=bent, fit="overflow") if bent else _lowered(painted)


def _lowered(layer: TextLayer) -> TextLayer:
    """Return the text with its first baseline where fabric.js has it, in a box that has our room for each line."""
    leading = layer.leading / 1000
    over = (_BASELINE_OF_EM - leading / 2 - _MIDDLE_OF_EM) * layer.size
    more = (leading - _LINE_OF_EM + _SLACK_OF_EM) * layer.size
    box = layer.box
    high = max(round(box.height + more), 1)
    x, y = Affine.turned(box.turn).point(0.0, over + (high - box.height) / 2)
    middle = (box.y + box.height / 2) + y
    return evolve(layer, box=evolve(box, x=round(box.x + x), y=round(middle - high / 2), height=high))


def _note_places(facts: Facts, place: Place, name: str, notebook: Notebook) -> None:
    notebook.changed("", "texts", "set anew: compare line ends and places with the original")
    if abs(place.across / place.down - 1) > _STRETCHED:
        notebook.changed(name, "stretched letters", "their height is kept, their width is the font's own")
    if place.seat.leaning:
        notebook.changed(name, "leaning text", "drawn upright")
    if place.seat.flip:
        notebook.changed(name, "mirrored text", "drawn readably")
    if facts.flag("splitByGrapheme"):
        notebook.changed(name, "lines broken at any letter", "broken between words")
    for mark in _MARKS:
        if facts.flag(mark):
            notebook.lost(name, mark, "left out")
    if facts.text("textBackgroundColor"):
        notebook.lost(name, "colour behind letters", "left out")


# Fonts and styles


def _font(facts: Facts) -> str:
    """Return the name of a font: its family, then how heavy and whether it leans."""
    families = (
        name.strip(" \"'") for name in encodable(facts.text("fontFamily", "Times New Roman")).split(",")
    )
    family = next((name for name in families if name.lower() not in _GENERIC), "default")
    words = [family[:100]]
    if _is_bold(facts.raw.get("fontWeight")):
        words.append("Bold")
    if facts.text("fontStyle") in {"italic", "oblique"}:
        words.append("Italic")
    return " ".join(words) if family != "default" else family


def _is_bold(weight: Any) -> bool:
    if isinstance(weight, str):
        return weight in {"bold", "bolder"} or (weight.isdecimal() and int(weight[:4]) >= _BOLD)
    return isinstance(weight, int | float) and weight >= _BOLD


def _align(facts: Facts, name: str, notebook: Notebook) -> str:
    asked = facts.text("textAlign", "left")
    if asked in _ALIGNED:
        return asked
    if asked.startswith("justify"):
        notebook.changed(name, f"alignment {asked}", "its last line begins at its side")
        return "justify"
    return "left"


def _restyled(one: Facts, words: str, name: str, notebook: Notebook) -> Facts:
    """Return a text with the style that all of its letters share; several styles are noted."""
    styles = list(_styles(one.raw.get("styles"), words))
    if not any(styles):
        return one
    seen = [style for letter, style in zip(words, styles, strict=True) if not letter.isspace()]
    if seen and all(style == seen[0] for style in seen):
        return Facts({**one.raw, **seen[0], "styles": []})
    notebook.changed(name, "letters of several styles", "all are drawn as the text as a whole is")
    return one


def _styles(found: Any, words: str) -> Iterator[Mapping[str, Any]]:
    """Yield what is said of each letter: by line and place (to version 5), or by ranges (since version 6)."""
    if isinstance(found, dict):
        yield from _by_line(found, words)
        return
    said: list[Mapping[str, Any]] = [{}] * len(words)
    letters = _letters(words)
    for one in Facts({"styles": found}).inners("styles")[:_LONGEST]:
        style = one.inner("style") or Facts({})
        start, end = (min(max(int(one.number(side)), 0), len(words)) for side in ("start", "end"))
        for at in letters[start:end]:
            said[at] = style.raw
    yield from said


def _letters(words: str) -> Sequence[int]:
    """Return where the letters that ranges count lie: they leave out the ends of lines."""
    return [at for at, letter in enumerate(words) if letter != "\n"]


def _by_line(found: Mapping[str, Any], words: str) -> Iterator[Mapping[str, Any]]:
    for index, line in enumerate(words.split("\n")):
        row = found.get(str(index))
        said = row if isinstance(row, dict) else {}
        if index:
            yield {}
        for at in range(len(line)):
            style = said.get(str(at))
            yield style if isinstance(style, dict) else {}


# Paint


def _painted(layer: TextLayer, facts: Facts, place: Place, surface: Surface, notebook: Notebook) -> TextLayer:
    fill, opacity = _fill(facts, layer, surface, notebook)
    line = colour(facts.raw.get("stroke"), surface, notebook, "line")
    width = rounded(facts.number("strokeWidth", 1.0) * place.down / 2)
    if line is None or width < 1:
        return evolve(layer, fill=fill, look=PLAIN if opacity >= 1 else Look(opacity=round(opacity * 1000)))
    if facts.text("paintFirst", "fill") != "stroke" and fill:
        notebook.changed(surface.name, "line over letters", "drawn behind them, as wide on the outside")
    if isinstance(line, Ramp):
        notebook.changed(surface.name, "gradient of a line", "drawn in one colour between its colours")
        line = line.mean
    if min(opacity, line.opacity) < 1:
        notebook.changed(surface.name, "translucent letters with a line", "drawn opaque")
    return evolve(layer, fill=fill, stroke=line.colour, stroke_width=width)


def _fill(facts: Facts, layer: TextLayer, surface: Surface, notebook: Notebook) -> tuple[Paint, float]:
    """Return what fills the letters, over the text's own box, and how opaque it is."""
    box = layer.box
    own = Surface(
        name=surface.name,
        place=Affine(
            box.width / surface.width, 0, 0, box.height / surface.height, box.width / 2, box.height / 2
        ),
        width=surface.width,
        height=surface.height,
    )
    found = colour(facts.raw.get("fill"), own, notebook, "fill")
    if found is None:
        return "", 1.0
    if isinstance(found, Ink):
        return found.colour, found.opacity
    over = laid(found, (0.0, 0.0, float(box.width), float(box.height)))
    if not isinstance(over, Laid):
        return over.colour, over.opacity
    if over.doubt or over.gradient.kind == "radial":
        notebook.changed(surface.name, "gradient", "spread over the box of the text")
    return over.gradient, 1.0


# Along a path


def _bent(facts: Facts, place: Place, name: str, notebook: Notebook) -> Outline:
    """Return what a text follows, measured from its box; nothing where it is straight."""
    path = facts.inner("path")
    if path is None:
        return Outline()
    drawn = path_of(path.raw.get("path"))
    if not drawn:
        return Outline()
    if facts.number("pathStartOffset"):
        notebook.changed(name, "start on its path", "begins where its alignment says")
    if facts.text("pathAlign", "baseline") != "baseline":
        notebook.changed(name, "place beside its path", "its baseline lies on the path")
    if facts.text("pathSide") == "right":
        drawn = reversed_(drawn)
    box = place.seat.box
    scaled = Affine(place.across, 0.0, 0.0, place.down, box.width / 2, box.height / 2)
    return drawn.placed(scaled.after(middle_to_origin(drawn)))
