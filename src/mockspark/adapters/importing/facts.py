"""Members of foreign JSON, read as what they should be."""

import json
import math
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from attrs import frozen

from mockspark.adapters.importing.refusals import refusal

MAX_BYTES: Final = 50_000_000
_FARTHEST: Final = 1e7


@frozen
class Facts:
    """One object of a foreign document; a member of another kind counts as missing."""

    raw: Mapping[str, Any]

    def number(self, name: str, usual: float = 0.0) -> float:
        """Return a finite number."""
        value = self.raw.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return usual
        return float(value) if abs(value) <= _FARTHEST else usual

    def text(self, name: str, usual: str = "") -> str:
        """Return a text."""
        value = self.raw.get(name)
        return value if isinstance(value, str) else usual

    def flag(self, name: str, *, usual: bool = False) -> bool:
        """Return whether something holds."""
        value = self.raw.get(name)
        return value if isinstance(value, bool) else usual

    def inner(self, name: str) -> "Facts | None":
        """Return an object inside; None where there is none."""
        value = self.raw.get(name)
        return Facts(value) if isinstance(value, dict) else None

    def inners(self, name: str) -> list["Facts"]:
        """Return the objects of a list."""
        value = self.raw.get(name)
        return [Facts(one) for one in value if isinstance(one, dict)] if isinstance(value, list) else []

    def __contains__(self, name: str) -> bool:
        return name in self.raw


def document(content: bytes, kind: str) -> Facts:
    """Return the JSON object in *content*; raises Rejected for anything else, *kind* names what was expected."""
    if len(content) > MAX_BYTES:
        raise refusal(f"The file is larger than {MAX_BYTES // 1_000_000} MB: upload its pictures apart.")
    try:
        found = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise refusal(f"This is no {kind}: it is no readable JSON.") from problem
    if not isinstance(found, dict):
        raise refusal(f"This is no {kind}: it is no JSON object.")
    return Facts(found)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def encodable(text: str) -> str:
    """Return *text* without halves of letters, which no file may hold."""
    return text.encode("utf-8", "ignore").decode()


def rounded(number: float) -> int:
    """Return the nearest whole number."""
    return math.floor(number + 0.5)
