"""The style of an SVG's elements: attributes, simple rules of style sheets, and `style`, in their order."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

import tinycss2
from attrs import evolve, field, frozen

from mockspark.adapters.importing.markup import Element
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.refusals import refusal

INHERITED: Final[Mapping[str, str]] = {
    "clip-rule": "nonzero",
    "color": "#000000",
    "color-interpolation": "srgb",
    "fill": "#000000",
    "fill-opacity": "1",
    "fill-rule": "nonzero",
    "marker-end": "none",
    "marker-mid": "none",
    "marker-start": "none",
    "paint-order": "normal",
    "stroke": "none",
    "stroke-dasharray": "none",
    "stroke-dashoffset": "0",
    "stroke-linecap": "butt",
    "stroke-linejoin": "miter",
    "stroke-miterlimit": "4",
    "stroke-opacity": "1",
    "stroke-width": "1",
    "visibility": "visible",
}
"""What an element has of the one around it, and what the outermost has."""

_OWN: Final = frozenset(
    (
        "clip-path",
        "display",
        "filter",
        "isolation",
        "mask",
        "mask-type",
        "mix-blend-mode",
        "opacity",
        "overflow",
        "stop-color",
        "stop-opacity",
        "transform",
        "transform-box",
        "transform-origin",
        "vector-effect",
    )
)
_SHORTHANDS: Final[Mapping[str, tuple[str, ...]]] = {"marker": ("marker-start", "marker-mid", "marker-end")}
_KNOWN: Final = frozenset((*INHERITED, *_OWN, *_SHORTHANDS))
_SELECTOR: Final = re.compile(r"([a-zA-Z][\w-]*|\*)?((?:[.#][\w-]+)*)", re.ASCII)
_PART: Final = re.compile(r"([.#])([\w-]+)", re.ASCII)
_ELSEWHERE: Final = re.compile(r"url\(\s*[\"']?\s*(?!\s*[#\"']|data:)", re.IGNORECASE)
_MAX_STYLE: Final = 2_000_000
_MAX_RULES: Final = 2_000
_MOST_ASKED: Final = 300

Values = Mapping[str, str]


@frozen
class Style:
    """What an element looks like: *inherited* goes to those inside, *own* does not."""

    inherited: Values = field(factory=lambda: dict(INHERITED))
    own: Values = field(factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.own.get(name, "") if name in _OWN else self.inherited[name]

    def inner(self, declared: Values) -> Self:
        """Return the style of an element inside for which *declared* is said."""
        passed = {
            name: value
            for name, value in declared.items()
            if name in INHERITED and value not in {"inherit", "unset"}
        }
        started = {name: INHERITED[name] if value == "initial" else value for name, value in passed.items()}
        own = {
            name: self.own.get(name, "") if value == "inherit" else value for name, value in declared.items()
        }
        return evolve(
            self,
            inherited={**self.inherited, **started} if started else self.inherited,
            own={name: value for name, value in own.items() if name in _OWN},
        )


@frozen
class _Rule:
    """One selector of a sheet with what it says; *weight* orders rules as CSS does."""

    tag: str
    id: str
    classes: frozenset[str]
    weight: tuple[int, int, int]
    declared: Values
    important: Values

    @property
    def key(self) -> str:
        """Return one thing that an element must have: its id, a class, or its tag."""
        if self.id:
            return f"#{self.id}"
        return f".{min(self.classes)}" if self.classes else self.tag or "*"

    def hits(self, element: Element, classes: frozenset[str]) -> bool:
        return (
            self.tag in {"", "*", element.name}
            and self.id in {"", element.get("id")}
            and self.classes <= classes
        )


@frozen
class Sheet:
    """All rules of a drawing, by what they ask for first."""

    _rules: Mapping[str, tuple[_Rule, ...]] = field(factory=dict)
    # Copies of an element ask again and again; elements live as long as their drawing's sheet.
    _declared: dict[int, Values] = field(factory=dict, init=False, eq=False)

    @classmethod
    def of(cls, root: Element, notebook: Notebook) -> Self:
        """Read every style sheet of *root*; raises Rejected for one that asks for more from elsewhere."""
        rules: list[_Rule] = []
        for element in root.walk():
            for value in element.attributes.values():
                _stay_inside(value)
            if element.name == "style":
                _stay_inside(element.text)
                rules.extend(_rules(element, notebook))
            if len(rules) > _MAX_RULES:
                raise refusal("The drawing has too many style rules: export it with its style in attributes.")
        found: dict[str, tuple[_Rule, ...]] = {}
        for rule in rules:
            found[rule.key] = (*found.get(rule.key, ()), rule)
        return cls(found)

    def declared(self, element: Element, notebook: Notebook) -> Values:
        """Return what is said of *element*."""
        if id(element) not in self._declared:
            self._declared[id(element)] = self._cascade(element, notebook)
        return self._declared[id(element)]

    def _cascade(self, element: Element, notebook: Notebook) -> Values:
        said = {name: value.strip() for name, value in element.attributes.items() if name in _KNOWN}
        classes = frozenset(element.get("class").split())
        keys = ("*", element.name, f"#{element.get('id')}", *(f".{name}" for name in classes))
        asked = [rule for key in keys for rule in self._rules.get(key, ())]
        if len(asked) > _MOST_ASKED:
            raise refusal("The drawing has too many style rules: export it with its style in attributes.")
        hits = sorted((rule for rule in asked if rule.hits(element, classes)), key=lambda rule: rule.weight)
        inline, strong = _declarations(tinycss2.parse_blocks_contents(element.get("style")))
        layers = (said, *(rule.declared for rule in hits), inline, *(rule.important for rule in hits), strong)
        merged = {name: value for layer in layers for name, value in layer.items()}
        for name, value in tuple(merged.items()):
            if "var(" in value or "calc(" in value:
                notebook.changed(
                    element.get("id"), f"{name}: {value}", "left out: it is not fixed in the drawing"
                )
                del merged[name]
        return _spelled_out(merged)


def _spelled_out(values: dict[str, str]) -> Values:
    for short, names in _SHORTHANDS.items():
        if short in values:
            value = values.pop(short)
            values = {**dict.fromkeys(names, value), **values}
    return values


def _stay_inside(text: str) -> None:
    if len(text) > _MAX_STYLE and "url" in text.lower() and not text.lstrip().startswith("data:"):
        raise refusal("The drawing's style is too long: export it with its style in attributes.")
    if "url(" in text.lower() and _ELSEWHERE.search(text):
        raise refusal(
            "The drawing asks for something on another server or in another file: export it with everything in it."
        )


def _rules(element: Element, notebook: Notebook) -> Iterator[_Rule]:
    if len(element.text) > _MAX_STYLE:
        raise refusal("The drawing's style is too long: export it with its style in attributes.")
    for order, node in enumerate(
        tinycss2.parse_stylesheet(element.text, skip_comments=True, skip_whitespace=True)
    ):
        if node.type == "at-rule":
            _left_out(node.lower_at_keyword, notebook)
        elif node.type == "qualified-rule":
            yield from _selected(node, order, notebook)


def _left_out(keyword: str, notebook: Notebook) -> None:
    if keyword == "import":
        raise refusal("The drawing's style lies in another file: export it with its style inside.")
    if keyword not in {"charset", "namespace", "font-face"}:
        notebook.changed("", f"style @{keyword}", "left out: it asks how the drawing is shown")


def _selected(rule: Any, order: int, notebook: Notebook) -> Iterator[_Rule]:
    declared, important = _declarations(tinycss2.parse_blocks_contents(rule.content))
    for selector in tinycss2.serialize(rule.prelude).split(","):
        found = _SELECTOR.fullmatch(selector.strip())
        if found is None or not selector.strip():
            notebook.changed(
                "", f"style {selector.strip()}", "left out: only tags, classes and ids are understood"
            )
            continue
        parts = _PART.findall(found[2])
        ids = [name for kind, name in parts if kind == "#"]
        classes = frozenset(name for kind, name in parts if kind == ".")
        weight = (len(ids), len(classes), int(found[1] not in {None, "*"}) * 1_000_000 + order)
        if len(set(ids)) <= 1:
            yield _Rule(found[1] or "", ids[0] if ids else "", classes, weight, declared, important)


def _declarations(nodes: list[Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is said plainly and what is said to be important."""
    plain: dict[str, str] = {}
    important: dict[str, str] = {}
    for node in nodes:
        if node.type == "declaration" and node.lower_name in _KNOWN:
            said = important if node.important else plain
            said[node.lower_name] = tinycss2.serialize(node.value).strip()
    return plain, important
