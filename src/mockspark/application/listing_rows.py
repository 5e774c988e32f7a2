"""Read a listing from one row of a CSV file; see docs/reference/listings."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from mockspark.application.exports import unguarded
from mockspark.domain.catalog import FileKind, Listing, Match, PrintArea, ProviderVariant
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ConnectionId
from mockspark.domain.money import Money
from mockspark.domain.print_methods import METHODS
from mockspark.domain.shop import Connection


class BadCell(Exception):
    """A cell of an import that cannot be read."""

    def __init__(self, column: str, words: str) -> None:
        super().__init__(words)
        self.column = column
        self.words = words


_OURS: Final = frozenset(
    {
        "match", "key", "title", "connection", "areas", "variant_title", "cost", "template",
        "personalized", "available", "min_dpi", "warn_dpi", "product_colour", "mockup",
    }
)  # fmt: skip
_AREA: Final = re.compile(
    r"(?P<key>[a-z0-9][a-z0-9_-]{0,39}):(?P<width>\d{1,5})x(?P<height>\d{1,5})(?:@(?P<dpi>\d{1,4}))?"
    r"(?::(?P<file>[a-z-]{1,10}))?(?P<paper>#[0-9a-f]{6})?(?P<optional>\?)?"
)
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_LENGTHS: Final = frozenset({"bleed_um", "safe_um", "min_line_um", "min_text_um"})
_YES_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@frozen(kw_only=True)
class ListingRow:
    """One row: our columns by name, every other column a key of the provider's variant."""

    ours: Mapping[str, str]
    keys: Mapping[str, str]
    connections: Sequence[Connection]

    @classmethod
    def of(cls, row: Mapping[str, str], connections: Sequence[Connection]) -> "ListingRow":
        """Take a row apart; empty cells leave what is there."""
        if not all(isinstance(text, str) for cell in row.items() for text in cell):
            raise BadCell("", "the row has another number of cells than the header")
        filled = {
            name.strip().casefold(): unguarded(cell.strip()) for name, cell in row.items() if cell.strip()
        }
        return cls(
            ours={name: cell for name, cell in filled.items() if name in _OURS},
            keys={name: cell for name, cell in filled.items() if name not in _OURS},
            connections=connections,
        )

    def name(self) -> tuple[Match, str]:
        """Return what the listing recognises."""
        if "key" not in self.ours:
            raise BadCell("key", "the key is missing")
        try:
            return Match(self.ours.get("match", "")), self.ours["key"]
        except ValueError as problem:
            known = ", ".join(match.value for match in Match)
            raise BadCell("match", f"{self.ours.get('match', '')!r} is none of {known}") from problem

    def fill(self, listing: Listing) -> Listing:
        """Return *listing* with what the row says."""
        filled = evolve(listing, provider_variant=self._variant(listing.provider_variant))
        for column, fill in _FILL.items():
            if column in self.ours:
                filled = self._filled(filled, column, fill)
        return filled

    def _filled(self, listing: Listing, column: str, fill: "_Fill") -> Listing:
        try:
            return fill(listing, self.ours[column], self.connections)
        except (ValueError, InvalidValue) as problem:
            raise BadCell(column, str(problem)) from problem

    def _variant(self, known: ProviderVariant) -> ProviderVariant:
        cost = self.ours.get("cost", "")
        try:
            return ProviderVariant(
                keys=self.keys or known.keys,
                title=self.ours.get("variant_title", known.title),
                cost=Money.of(*_amount(cost)) if cost else known.cost,
            )
        except (ValueError, InvalidValue) as problem:
            raise BadCell("cost", str(problem)) from problem


def _amount(cell: str) -> tuple[str, str]:
    amount, _, currency = cell.partition(" ")
    return amount, currency.strip().upper()


def _areas(cell: str) -> tuple[PrintArea, ...]:
    return tuple(_area(part.strip()) for part in cell.split(";") if part.strip())


def _area(part: str) -> PrintArea:
    whole, *traits = part.split()
    found = _AREA.fullmatch(whole)
    if found is None:
        raise InvalidValue(f"{part!r} is no print area such as front:4500x5400@300")
    return PrintArea(
        key=found["key"],
        width_px=int(found["width"]),
        height_px=int(found["height"]),
        dpi=int(found["dpi"] or 300),
        required=found["optional"] is None,
        file=_file(found["file"] or FileKind.PNG.value),
        paper=found["paper"] or "",
        **dict(_trait(trait) for trait in traits),
    )


def _trait(words: str) -> tuple[str, Any]:
    """Read what stands behind a print area, such as `method=dtg`."""
    name, _, value = words.partition("=")
    if words == "full_bleed":
        return words, True
    if name == "method":
        return name, _method(value)
    if name in _LENGTHS and value.isdecimal():
        return name, int(value)
    raise InvalidValue(
        f"{words!r} is none of full_bleed, method=dtg, {', '.join(f'{one}=350' for one in sorted(_LENGTHS))}"
    )


def _method(name: str) -> str:
    if name not in METHODS:
        raise InvalidValue(f"{name!r} is none of the methods {', '.join(filter(None, METHODS))}")
    return name


def _file(name: str) -> FileKind:
    try:
        return FileKind(name)
    except ValueError as problem:
        raise InvalidValue(f"{name!r} is none of the files {', '.join(FileKind)}") from problem


def _connection(cell: str, connections: Sequence[Connection]) -> ConnectionId:
    named = [c.id for c in connections if cell in {str(c.id), c.id.hex, c.title, c.provider}]
    if len(named) != 1:
        raise InvalidValue(f"{cell!r} names {len(named)} connections: give the id, the title or the provider")
    return named[0]


def _yes_no(cell: str) -> bool:
    if cell.casefold() not in _YES_NO:
        raise InvalidValue(f"{cell!r} is neither yes nor no")
    return _YES_NO[cell.casefold()]


def _dpi(cell: str) -> int:
    if not cell.isdecimal():
        raise InvalidValue(f"{cell!r} is no number of dots per inch")
    return int(cell)


def _colour(cell: str) -> str:
    if not _COLOUR.fullmatch(cell):
        raise InvalidValue(f"{cell!r} is no colour such as #1a2b3c")
    return cell.lower()


def _document(cell: str) -> dict[str, Any]:
    try:
        document = json.loads(cell)
    except ValueError as problem:
        raise InvalidValue(f"a mockup is JSON: {problem}") from problem
    if not isinstance(document, dict):
        raise InvalidValue("a mockup is an object")
    return document


_Fill = Callable[[Listing, str, Sequence[Connection]], Listing]
_FILL: Final[Mapping[str, _Fill]] = {
    "title": lambda listing, cell, _: evolve(listing, title=cell),
    "connection": lambda listing, cell, all_: evolve(listing, connection_id=_connection(cell, all_)),
    "areas": lambda listing, cell, _: evolve(listing, print_areas=_areas(cell)),
    "template": lambda listing, cell, _: evolve(listing, template=Design.read(cell)),
    "personalized": lambda listing, cell, _: evolve(listing, personalized=_yes_no(cell)),
    "available": lambda listing, cell, _: evolve(listing, available=_yes_no(cell)),
    "min_dpi": lambda listing, cell, _: evolve(listing, min_dpi=_dpi(cell)),
    "warn_dpi": lambda listing, cell, _: evolve(listing, warn_dpi=_dpi(cell)),
    "product_colour": lambda listing, cell, _: evolve(listing, product_colour=_colour(cell)),
    "mockup": lambda listing, cell, _: evolve(listing, mockup=_document(cell)),
}
