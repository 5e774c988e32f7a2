"""What an importer could not carry over, written down once."""

from collections.abc import Iterable
from typing import Final, Self

from attrs import define, field

from mockspark.application.ports.importing import Note

_MOST: Final = 200
_LONGEST: Final = 300


@define
class Notebook:
    """Collects notes; the same one is kept once."""

    _notes: dict[Note, None] = field(factory=dict, init=False)
    _more: int = field(default=0, init=False)
    _lost: bool = field(default=False, init=False)

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Self:
        """Return a notebook that holds *notes* already."""
        book = cls()
        for note in notes:
            book._write(note)
        return book

    def changed(self, layer: str, feature: str, done: str) -> None:
        """Note that *feature* looks different."""
        self._write(Note(layer=layer, feature=feature[:_LONGEST], done=done))

    def lost(self, layer: str, feature: str, done: str) -> None:
        """Note that *feature* is missing."""
        self._write(Note(layer=layer, feature=feature[:_LONGEST], done=done, lost=True))

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what was noted, in order; what is too much to read is counted."""
        if not self._more:
            return tuple(self._notes)
        rest = Note(layer="", feature="more", done=f"and {self._more} notes of this kind", lost=self._lost)
        return (*self._notes, rest)

    def _write(self, note: Note) -> None:
        if note in self._notes:
            return
        if len(self._notes) < _MOST:
            self._notes[note] = None
        else:
            self._more += 1
            self._lost = self._lost or note.lost
