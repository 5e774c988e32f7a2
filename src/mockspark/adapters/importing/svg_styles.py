"""What CSS and attributes say about an element of an SVG: rules, inheritance, colours."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from attrs import define, field, frozen
from PIL import ImageColor

from mockspark.adapters.importing.svg_tree import Element, refused

INHERITED: Final = {
    "fill": "#000000",
    "fill-opacity": "1",
    "fill-rule": "nonzero",
    "stroke": "none",
    "stroke-width": "1",
    "stroke-linejoin": "miter",
    "stroke-linecap": "butt",
    "stroke-dasharray": "none",
    "stroke-dashoffset": "0",
    "stroke-opacity": "1",
    "color": "#000000",
    "visibility": "visible",
    "clip-rule": "nonzero",
    "paint-order": "normal",
    "marker-start": "none",
    "marker-mid": "none",
    "marker-end": "none",
}
"""Properties that go on to what is inside an element, and what they are at first."""

_OTHERS: Final = frozenset({
    "clip-path", "display", "filter", "marker", "mask", "mix-blend-mode", "opacity", "overflow",
    "stop-color", "stop-opacity", "transform", "vector-effect",
})  # fmt: skip
_KNOWN: Final = _OTHERS | INHERITED.keys()
_MAX_RULES: Final = 20_000
_MAX_MATCHES: Final = 1_000_000

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SELECTOR: Final = re.compile(r"(\*|[\w-]*)((?:[.#][\w-]+)*)\Z")
_PART: Final = re.compile(r"[.#][\w-]+")
_IMPORTANT: Final = re.compile(r"!\s{0,9}important\Z", re.IGNORECASE)
_HEX: Final = re.compile(r"#([0-9a-fA-F]{3,8})\Z")
_CALL: Final = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)\Z", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"url\(\s{0,9}[\"']?([^\"')]{0,1000})[\"']?\s{0,9}\)\s{0,9}(.*)\Z", re.DOTALL)

Style = Mapping[str, str]
"""Properties by their names, as they are written."""


@frozen
class _Rule:
    rank: tuple[bool, int, int, int, int]
    needs: frozenset[str]
    declared: Style


@define
class Sheet:
    """The rules of a drawing's `<style>` elements; *unread* tells whether some could not be understood."""

    rules: dict[str, list[_Rule]] = field(factory=dict)
    unread: bool = False
    _count: int = 0
    _matches: int = 0
    _kept: dict[int, Style] = field(factory=dict)

    def add(self, css: str) -> None:
        """Add the rules of a style sheet: elements, classes, ids and what combines them on one element."""
        for selectors, body in self._blocks(_COMMENT.sub(" ", css)):
            plain, urgent = _declared(body)
            for selector in selectors.split(","):
                self._add(selector.strip(), plain, urgent)

    def declared(self, element: Element) -> Style:
        """Return what is said about *element* itself: its attributes, then rules, then its `style`."""
        kept = self._kept.get(id(element))
        if kept is None:
            kept = self._kept[id(element)] = self._cascade(element)
        return kept

    def _cascade(self, element: Element) -> Style:
        style = {name: value.strip() for name, value in element.attributes.items() if name in _KNOWN}
        plain, urgent = _declared(element.attributes.get("style", ""))
        matching = sorted(self._matching(element), key=lambda rule: rule.rank) if self.rules else []
        for rule in matching:
            if not rule.rank[0]:
                style.update(rule.declared)
        style.update(plain)
        for rule in matching:
            if rule.rank[0]:
                style.update(rule.declared)
        style.update(urgent)
        return style

    def _matching(self, element: Element) -> Iterator[_Rule]:
        has = {"*", element.tag, "#" + element.get("id")}
        has.update("." + name for name in element.get("class").split())
        for key in has:
            for rule in self.rules.get(key, ()):
                self._matches += 1
                if self._matches > _MAX_MATCHES:
                    raise refused("its style sheet is too large: export it with plain attributes.")
                if rule.needs <= has:
                    yield rule

    def _add(self, selector: str, plain: Style, urgent: Style) -> None:
        self._count += 1
        if self._count > _MAX_RULES:
            raise refused("its style sheet is too large: export it with plain attributes.")
        found = _SELECTOR.match(selector)
        if found is None or not selector:
            self.unread = self.unread or bool(selector and (plain or urgent))
            return
        tag, parts = found.group(1), _PART.findall(found.group(2))
        needs = frozenset((tag, *parts) if tag else parts)
        ids = sum(part[0] == "#" for part in parts)
        weight = (ids, len(parts) - ids, int(tag not in ("", "*")))
        key = parts[-1] if parts else tag
        for declared, important in ((plain, False), (urgent, True)):
            if declared:
                rank = (important, *weight, self._count)
                self.rules.setdefault(key, []).append(_Rule(rank, needs, declared))

    def _blocks(self, css: str) -> Iterator[tuple[str, str]]:
        at = 0
        while (opened := css.find("{", at)) >= 0:
            prelude = css[at:opened].replace("<!--", " ").replace("-->", " ").strip()
            while prelude.startswith("@") and ";" in prelude:
                # An import or a character set: nothing is ever loaded.
                self.unread = self.unread or prelude.startswith("@import")
                prelude = prelude.partition(";")[2].strip()
            if prelude.startswith("@"):
                self.unread = self.unread or prelude.startswith("@media")
                at = _behind(css, opened)
                continue
            closed = css.find("}", opened)
            closed = len(css) if closed < 0 else closed
            yield prelude, css[opened + 1 : closed]
            at = closed + 1
        self.unread = self.unread or "@import" in css[at:]


def _behind(css: str, opened: int) -> int:
    depth = 0
    for found in re.finditer("[{}]", css[opened:]):
        depth += 1 if found.group() == "{" else -1
        if not depth:
            return opened + found.end()
    return len(css)


def _declared(body: str) -> tuple[Style, Style]:
    plain: dict[str, str] = {}
    urgent: dict[str, str] = {}
    for declaration in body.split(";") if body else ():
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name not in _KNOWN or not value:
            continue
        bare = _IMPORTANT.sub("", value).strip() if value[-1] in "tT" else value
        (plain if bare == value else urgent)[name] = bare
    return plain, urgent


def inherited(parent: Style, own: Style) -> Style:
    """Return the properties of an element inside one of *parent*."""
    style = {name: parent.get(name, first) for name, first in INHERITED.items()}
    style.update({name: value for name, value in own.items() if value != "inherit"})
    if "marker" in own:
        style.update(dict.fromkeys(("marker-start", "marker-mid", "marker-end"), own["marker"]))
    return style


def share(words: str, default: float = 1.0) -> float:
    """Return an opacity or an offset, from 0 to 1."""
    percent = words.endswith("%")
    try:
        number = float(words[:-1] if percent else words) if len(words) < 40 else default
    except ValueError:
        return default
    number = number / 100 if percent else number
    return min(max(number, 0.0), 1.0) if number == number else default  # noqa: PLR0124 - no number equals itself


def reference(words: str) -> tuple[str, str] | None:
    """Return what `url(...)` points to and what stands behind it; None if it is no reference."""
    found = _REFERENCE.match(words)
    return None if found is None else (found.group(1).strip(), found.group(2).strip())


@lru_cache(maxsize=4096)
def colour(words: str) -> tuple[str, float] | None:
    """Return a colour as `#rrggbb` with its opacity; None if it is none."""
    if words.lower() in ("none", "transparent"):
        return "#000000", 0.0
    if found := _HEX.match(words):
        return _of_hex(found.group(1).lower())
    if found := _CALL.match(words):
        return _of_call(found.group(1).lower(), found.group(2))
    named = ImageColor.colormap.get(words.lower())
    return (named.lower(), 1.0) if isinstance(named, str) else None


def _of_hex(digits: str) -> tuple[str, float] | None:
    if len(digits) in (3, 4):
        digits = "".join(2 * digit for digit in digits)
    if len(digits) not in (6, 8):
        return None
    return "#" + digits[:6], int(digits[6:] or "ff", 16) / 255


def _of_call(kind: str, inside: str) -> tuple[str, float] | None:
    parts = inside.replace(",", " ").replace("/", " ").split()
    if len(parts) not in (3, 4):
        return None
    opacity = share(parts[3]) if len(parts) == 4 else 1.0
    try:
        if kind == "hsl":
            hue = float(parts[0].removesuffix("deg")) % 360
            named = ImageColor.getrgb(f"hsl({hue:.3f},{_percent(parts[1])}%,{_percent(parts[2])}%)")
            red, green, blue = named[:3]
        else:
            red, green, blue = (_level(part) for part in parts[:3])
    except ValueError:
        return None
    return f"#{red:02x}{green:02x}{blue:02x}", opacity


def _level(words: str) -> int:
    if words.endswith("%"):
        return round(share(words, 0.0) * 255)
    return round(min(max(float(words), 0.0), 255.0))


def _percent(words: str) -> float:
    return round(100 * share(words if words.endswith("%") else words + "%", 0.0), 3)
