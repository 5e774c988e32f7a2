"""Ids of layers."""

from typing import Final

from attrs import define, field

_LONGEST: Final = 60


@define
class Names:
    """Gives every layer an id of its own."""

    _taken: dict[str, int] = field(factory=dict, init=False)

    def of(self, wanted: str) -> str:
        """Return *wanted*, with a number behind it if it is taken."""
        plain = " ".join(wanted.split())[:_LONGEST] or "layer"
        name = plain
        while name in self._taken:
            self._taken[plain] += 1
            name = f"{plain}-{self._taken[plain]}"
        self._taken[name] = 1
        return name
