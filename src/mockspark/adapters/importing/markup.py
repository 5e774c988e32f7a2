"""XML, read without entities, without anybody's document types, and within bounds."""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.parsers import expat

from attrs import define, field

from mockspark.adapters.importing.refusals import refusal

MAX_BYTES: Final = 10_000_000
_MAX_ELEMENTS: Final = 50_000
_MAX_DEPTH: Final = 64
_SVG: Final = "http://www.w3.org/2000/svg"
_LINK: Final = "http://www.w3.org/1999/xlink"
_LABEL: Final = "http://www.inkscape.org/namespaces/inkscape"
_KNOWN_TYPES: Final = "-//W3C//DTD SVG "
_BROKEN: Final = "The drawing cannot be read: it is damaged or cut short. Export it again as SVG."
_TOO_MUCH: Final = "The drawing is too complex: simplify it, or export it as PNG at print size."


@define
class Element:
    """An element of SVG by its local name; those of others have an empty one. *text* is kept for style sheets."""

    name: str
    attributes: Mapping[str, str]
    children: "list[Element]" = field(factory=list)
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        """Return the attribute called *name*."""
        return self.attributes.get(name, default)

    def walk(self) -> "Iterator[Element]":
        """Yield the element and everything in it, in the order of the file."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


def read(content: bytes) -> Element:
    """Return the root of an SVG; raises Rejected for what is none, is dangerous, or is too much."""
    if len(content) > MAX_BYTES:
        raise refusal(f"The drawing is larger than {MAX_BYTES // 1_000_000} MB: simplify it.")
    if content.startswith(b"\x1f\x8b"):
        raise refusal("The drawing is compressed (SVGZ): save it as plain SVG.")
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.characters
    parser.StartDoctypeDeclHandler = reading.document_type
    parser.EntityDeclHandler = reading.entity
    parser.ProcessingInstructionHandler = reading.instruction
    try:
        parser.Parse(content.removeprefix(b"\xef\xbb\xbf").lstrip(), True)
    except (expat.ExpatError, ValueError, LookupError) as problem:
        raise refusal(_BROKEN) from problem
    if reading.root is None or reading.root.name != "svg":
        raise refusal("This is no SVG drawing: export it as SVG.")
    return reading.root


@define
class _Reading:
    """Builds the elements."""

    root: Element | None = field(default=None, init=False)
    _open: list[Element] = field(factory=list, init=False)
    _count: int = field(default=0, init=False)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MAX_ELEMENTS or len(self._open) >= _MAX_DEPTH:
            raise refusal(_TOO_MUCH)
        space, _, local = name.rpartition(" ")
        _refuse_program(local)
        element = Element(local if space in {"", _SVG} else "", _named(attributes))
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        if self._open and self._open[-1].name == "style":
            self._open[-1].text += text

    def document_type(self, _name: str, _system: str | None, public: str | None, inside: int) -> None:
        # Old programs name the type of SVG 1.1, which is never fetched. Whatever else stands there is not for us.
        if inside or not (public or "").startswith(_KNOWN_TYPES):
            raise refusal(
                "The drawing has a document type of its own: save it as plain SVG, without the editor's own data."
            )

    def entity(self, *_: object) -> None:
        raise refusal("The drawing declares entities: save it as plain SVG, without the editor's own data.")

    def instruction(self, target: str, _data: str) -> None:
        if target == "xml-stylesheet":
            raise refusal("The drawing's style lies in another file: export it with its style inside.")


def _refuse_program(name: str) -> None:
    if name in _PROGRAMS:
        raise refusal("The drawing holds a program: export it as plain SVG, without scripts.")
    if name in _MOVING:
        raise refusal("The drawing moves: export the picture that is to be printed.")
    if name in _PAGES:
        raise refusal(
            "The drawing holds a web page (foreignObject): export it as SVG 1.1, without the editor's own data."
        )


def _named(attributes: dict[str, str]) -> dict[str, str]:
    """Return the attributes of SVG by their names; links and labels of others become `href` and `label`."""
    named: dict[str, str] = {}
    for key, value in attributes.items():
        space, _, local = key.rpartition(" ")
        if local.lower().startswith("on") and not space:
            raise refusal("The drawing holds a program: export it as plain SVG, without scripts.")
        if not space or (space, local) == (_LABEL, "label"):
            named[local] = value
        elif (space, local) == (_LINK, "href"):
            named.setdefault("href", value)
    return named


_PROGRAMS: Final = frozenset(("script", "handler", "listener"))
_MOVING: Final = frozenset(("animate", "animateColor", "animateMotion", "animateTransform", "set", "discard"))
_PAGES: Final = frozenset(("foreignObject", "iframe", "object", "embed", "audio", "video", "canvas"))
