"""Fonts by name, and the fonts that fill their gaps."""

import io
from collections.abc import Callable
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Final

from attrs import define, field
from fontTools.ttLib import TTFont
from PIL import ImageFont
from pymupdf_fonts import fontdescriptors, myfont

DEFAULT: Final = "default"
_REGULAR: Final = ("notos", "figo", "symbol2", "symbol1", "math", "music")
_BOLD: Final = ("notosbo", "figbo", *_REGULAR)
_SUFFIXES: Final = frozenset((".ttf", ".otf"))


@define(frozen=True, slots=False, eq=False)
class Face:
    """One font file, read when it is first needed."""

    name: str
    _load: Callable[[], bytes] = field(repr=False)

    @cached_property
    def content(self) -> bytes:
        """Return the file's bytes."""
        return self._load()

    @cached_property
    def characters(self) -> frozenset[int]:
        """Return the characters that the font has shapes for."""
        with TTFont(io.BytesIO(self.content), lazy=True, fontNumber=0) as font:
            return frozenset(font.getBestCmap() or ())

    def has(self, text: str) -> bool:
        """Tell whether the font has a shape for every character of *text*."""
        return all(ord(character) in self.characters for character in text)

    @lru_cache(maxsize=64)  # noqa: B019 - faces live as long as the process
    def at(self, size: float) -> ImageFont.FreeTypeFont:
        """Return the font with an em of *size* pixels."""
        return ImageFont.truetype(io.BytesIO(self.content), size)


class FontBook:
    """The packaged fonts, and those of a folder: a file `Oswald Bold.ttf` is the font `Oswald Bold`."""

    def __init__(self, folder: str = "") -> None:
        self._folder = Path(folder) if folder else None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that a design may use besides `default`."""
        packaged = {str(facts["name"]) for facts in fontdescriptors.values()}
        return tuple(sorted({path.stem for path in self._files()} | packaged))

    def knows(self, name: str) -> bool:
        """Tell whether *name* names a font."""
        return name == DEFAULT or self._find(name) is not None

    def chain(self, name: str) -> tuple[Face, ...]:
        """Return the font called *name*, then those that fill its gaps."""
        first = None if name == DEFAULT else self._find(name)
        packaged = (_packaged(code) for code in (_BOLD if "bold" in name.casefold() else _REGULAR))
        own = (_from_file(path) for path in self._files())
        return (*(() if first is None else (first,)), *packaged, *own)

    def _find(self, name: str) -> Face | None:
        wanted = name.casefold()
        own = next((path for path in self._files() if path.stem.casefold() == wanted), None)
        if own is not None:
            return _from_file(own)
        code = _codes().get(wanted) or _codes().get(f"{wanted} regular")
        return None if code is None else _packaged(code)

    def _files(self) -> tuple[Path, ...]:
        if self._folder is None or not self._folder.is_dir():
            return ()
        return tuple(sorted(path for path in self._folder.iterdir() if path.suffix.lower() in _SUFFIXES))


@cache
def _codes() -> dict[str, str]:
    return {str(facts["name"]).casefold(): code for code, facts in fontdescriptors.items()}


@cache
def _packaged(code: str) -> Face:
    return Face(str(fontdescriptors[code]["name"]), lambda: bytes(myfont(code)))


@cache
def _from_file(path: Path) -> Face:
    return Face(path.stem, path.read_bytes)
