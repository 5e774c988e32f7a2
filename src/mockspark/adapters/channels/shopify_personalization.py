"""What customisers leave on order lines: properties in every shape, and price add-ons tied to their line."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from attrs import evolve

from mockspark.domain.intake import is_customised, normal_name
from mockspark.domain.order import ChannelLine, Personalization

ZEPTO_PARENT: Final = "_customization for"
# Teeinblue ties lines by `_parentKey`, the product's own line included; Zepto's pricing does by `_pc_pricing_ref`.
SHARED_KEYS: Final = ("_parentkey", "_pc_pricing_ref")

_LINE_NUMBER: Final = re.compile(r"\s*\(Line Item Number-\s*(\d+)\)\s*$", re.IGNORECASE)


def personalization(raw: object) -> Personalization:
    """Read properties given as a list of pairs, a mapping or nothing; names normal, order and repeats kept."""
    return tuple((name, value) for name, value in map(_pair, _entries(raw)) if name or value)


def _entries(raw: object) -> Iterable[tuple[object, object]]:
    if isinstance(raw, Mapping):
        return raw.items()
    if isinstance(raw, list):
        return map(_entry, raw)
    return ()


def _entry(entry: object) -> tuple[object, object]:
    match entry:
        case {"name": name, **rest} | {"key": name, **rest}:
            return name, rest.get("value")
        case [name, value]:
            return name, value
        case _:
            return None, entry


def _pair(entry: tuple[object, object]) -> tuple[str, str]:
    name, value = entry
    return normal_name(_text(name)), _text(value)


def _text(value: object) -> str:
    """Return *value* as text: nothing for null, JSON for what is neither text nor null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def joined(own: Personalization, more: Personalization) -> Personalization:
    """Return *own* and what *more* adds to it under other names."""
    known = {name for name, _ in own}
    return (*own, *((name, value) for name, value in more if name not in known))


def tie_addons(lines: Sequence[ChannelLine]) -> tuple[ChannelLine, ...]:
    """Mark price add-ons and name the line that each belongs to.

    Zepto leaves the answers on the add-on when a personalization costs extra: the product's line takes them
    over, because the add-on is never printed.
    """
    parents = _parents(lines)
    answers = {
        parent: lines[place].personalization
        for place, parent in parents.items()
        if parent is not None and _named(lines[place], ZEPTO_PARENT)
    }
    return tuple(
        _addon(line, lines, parents[place]) if place in parents else _with(line, answers.get(place, ()))
        for place, line in enumerate(lines)
    )


def _addon(line: ChannelLine, lines: Sequence[ChannelLine], parent: int | None) -> ChannelLine:
    return evolve(line, addon=True, parent=None if parent is None else lines[parent].ref)


def _with(line: ChannelLine, answers: Personalization) -> ChannelLine:
    taken = tuple(pair for pair in answers if pair[0].casefold() != ZEPTO_PARENT)
    return evolve(line, personalization=joined(line.personalization, taken)) if taken else line


def _parents(lines: Sequence[ChannelLine]) -> dict[int, int | None]:
    """Return the place of every add-on and of the line that it belongs to."""
    found: dict[int, int | None] = {}
    products = [place for place, line in enumerate(lines) if not _named(line, ZEPTO_PARENT)]
    for place, line in enumerate(lines):
        words = _named(line, ZEPTO_PARENT)
        if words:
            taken = {parent for parent in found.values() if parent is not None}
            found[place] = _described(words, place, lines, [p for p in products if p not in taken])
    return found | _shared(lines, products)


def _described(words: str, place: int, lines: Sequence[ChannelLine], free: Sequence[int]) -> int | None:
    """Find the line called *words*: the one just before, then the one of that number, then the first."""
    number = _LINE_NUMBER.search(words)
    name = _folded(_LINE_NUMBER.sub("", words))
    fitting = [p for p in free if name in {_folded(line_name(lines[p])), _folded(lines[p].title)}]
    if place - 1 in fitting:
        return place - 1
    counted = int(number[1]) - 1 if number else -1
    products = [p for p, line in enumerate(lines) if not _named(line, ZEPTO_PARENT)]
    if 0 <= counted < len(products) and products[counted] in fitting:
        return products[counted]
    return next(iter(fitting), None)


def _shared(lines: Sequence[ChannelLine], products: Sequence[int]) -> dict[int, int | None]:
    """Find lines that share a key with a personalized one, carry no design and need no parcel."""
    found: dict[int, int | None] = {}
    for key in SHARED_KEYS:
        values = {place: _named(lines[place], key) for place in products}
        counted = Counter(value for value in values.values() if value)
        for place, value in values.items():
            if counted[value] > 1 and _is_extra(lines[place]):
                parent = next((p for p in products if values[p] == value and not _is_extra(lines[p])), None)
                if parent is not None:
                    found[place] = parent
    return found


def _is_extra(line: ChannelLine) -> bool:
    return not line.requires_shipping and not is_customised(line.personalization)


def line_name(line: ChannelLine) -> str:
    """Return the line's name as Shopify makes it: title and variant."""
    return f"{line.title} - {line.variant_title}" if line.variant_title else line.title


def _named(line: ChannelLine, name: str) -> str:
    return next((value for key, value in line.personalization if key.casefold() == name), "")


def _folded(text: str) -> str:
    return " ".join(normal_name(text).casefold().split())
