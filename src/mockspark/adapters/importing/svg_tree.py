"""From the bytes of an SVG to its elements: whatever reaches outside, grows or runs is refused."""

from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from attrs import define, field

from mockspark.application.errors import Rejected
from mockspark.domain.holds import HoldReason

MAX_BYTES: Final = 5_000_000
MAX_ELEMENTS: Final = 50_000
MAX_DEPTH: Final = 64

_SVG: Final = "http://www.w3.org/2000/svg"
_LINK: Final = "http://www.w3.org/1999/xlink href"


def refused(words: str) -> Rejected:
    """Return the refusal of a drawing; *words* go on after "cannot be drawn: " and name the fix."""
    return Rejected(words, reason=HoldReason.RENDER_FAILED)


@define(eq=False)
class Element:
    """An element of SVG; `xlink:href` counts as `href`."""

    tag: str
    attributes: dict[str, str]
    children: list["Element"] = field(factory=list, repr=False)
    words: list[str] = field(factory=list, repr=False)

    def get(self, name: str) -> str:
        """Return an attribute without the space around it; an empty text if it has none."""
        return self.attributes.get(name, "").strip()

    def all(self) -> Iterator["Element"]:
        """Yield it and everything below it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.all()


def read(content: bytes) -> Element:
    """Return the root of a drawing; raises Rejected for what is no SVG, too much of it, or unsafe."""
    if len(content) > MAX_BYTES:
        raise refused(f"it has more than {MAX_BYTES // 1_000_000} MB: simplify it, or export it as PNG.")
    if content[:2] == b"\x1f\x8b":
        raise refused("it is compressed: save it as plain SVG, not as SVGZ.")
    tree = _Tree()
    try:
        _parser(tree).Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as problem:
        raise refused(f"it is no well-formed SVG ({problem}): export it again.") from problem
    if tree.root is None or tree.root.tag != "svg":
        raise refused("it is no SVG: export it as SVG.")
    return tree.root


def _parser(tree: "_Tree") -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    parser.StartDoctypeDeclHandler = _judge_doctype
    parser.EntityDeclHandler = _refuse_entities
    parser.ExternalEntityRefHandler = _refuse_entities
    parser.SkippedEntityHandler = _refuse_entities
    return parser


def _judge_doctype(name: str, system: str | None, public: str | None, inside: int) -> None:
    # A bare DOCTYPE names a standard that nobody loads: old programs write it into every file.
    del name, system, public
    if inside:
        _refuse_entities()


def _refuse_entities(*what: object) -> int:
    del what
    raise refused("it declares or uses entities: export it as plain SVG without a DTD.")


@define
class _Tree:
    root: Element | None = None
    open: list[Element] = field(factory=list)
    count: int = 0
    depth: int = 0
    foreign: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        self.depth += 1
        if self.count > MAX_ELEMENTS:
            raise refused(f"it has more than {MAX_ELEMENTS} elements: simplify it, or export it as PNG.")
        if self.depth > MAX_DEPTH:
            raise refused(f"its groups lie more than {MAX_DEPTH} deep: ungroup them and export it again.")
        space, _, tag = name.rpartition(" ")
        if tag == "script":
            raise refused("it holds a script: export it as plain SVG without scripts.")
        if self.foreign or space not in ("", _SVG):
            self.foreign += 1
        else:
            self._open(Element(tag, _known(attributes)))

    def _open(self, element: Element) -> None:
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, name: str) -> None:
        del name
        self.depth -= 1
        if self.foreign:
            self.foreign -= 1
        else:
            self.open.pop()

    def text(self, text: str) -> None:
        if not self.foreign and self.open and self.open[-1].tag in ("style", "text"):
            self.open[-1].words.append(text)


def _known(attributes: dict[str, str]) -> dict[str, str]:
    known = {name: value for name, value in attributes.items() if " " not in name}
    if _LINK in attributes:
        known.setdefault("href", attributes[_LINK])
    return known
