"""The frame of a PDF: numbered objects, written one after another as they become known."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from attrs import define, field

_HEAD: Final = b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n"
_ROOM: Final = 48


@define
class PdfObjects:
    """A PDF in the making. Equal objects give equal bytes: there is no time in it, and its id is their digest."""

    out: io.BytesIO = field(factory=io.BytesIO)
    _places: dict[int, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.out.write(_HEAD)

    def add(self, number: int, words: str) -> None:
        """Write object *number*."""
        self._begin(number)
        self.out.write(f"{words}\nendobj\n".encode("ascii"))

    def stream(self, number: int, words: str, data: bytes) -> None:
        """Write object *number*, a stream whose dictionary holds *words*."""
        with self.growing(number, words):
            self.out.write(data)

    @contextmanager
    def growing(self, number: int, words: str) -> Iterator[list[str]]:
        """Write object *number*, a stream of what is written to `out` meanwhile.

        Its dictionary holds *words*, its length, and what the yielded list holds at the end.
        """
        late: list[str] = []
        self._begin(number)
        self.out.write(f"<< {words} ".encode("ascii"))
        gap = self.out.tell()
        self.out.write(b" " * _ROOM + b" >>\nstream\n")
        start = self.out.tell()
        yield late
        length = self.out.tell() - start
        self.out.write(b"\nendstream\nendobj\n")
        self._fill(gap, " ".join((f"/Length {length}", *late)))

    def _fill(self, gap: int, words: str) -> None:
        if len(words) > _ROOM:
            raise ValueError(f"{words!r} does not fit into its gap")
        self.out.seek(gap)
        self.out.write(words.encode("ascii"))
        self.out.seek(0, io.SEEK_END)

    def closed(self, root: int) -> bytes:
        """Return the file; object *root* is its catalogue."""
        digest = hashlib.sha256(self.out.getbuffer()).hexdigest()[:32]
        start, count = self.out.tell(), max(self._places) + 1
        lines = ["0000000000 65535 f \n"]
        for number in range(1, count):
            place = self._places.get(number)
            lines.append("0000000000 00000 f \n" if place is None else f"{place:010} 00000 n \n")
        trailer = f"<< /Size {count} /Root {root} 0 R /ID [<{digest}> <{digest}>] >>"
        table = f"xref\n0 {count}\n{''.join(lines)}trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n"
        self.out.write(table.encode("ascii"))
        return self.out.getvalue()

    def _begin(self, number: int) -> None:
        self._places[number] = self.out.tell()
        self.out.write(f"{number} 0 obj\n".encode("ascii"))
