"""Open fonts that come as packages: pymupdf-fonts always, the extra `fonts` when it is installed.

Only data files are read, no code of those packages runs; fonts of the machine are left alone, so that a file
does not depend on where it is made.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final

from pymupdf_fonts import fontdescriptors, myfont

from mockspark.adapters.typesetting.faces import SUFFIXES, Face, faces_of

# In this order: the first package that has a font of a name provides it.
_PACKAGES: Final = ("manimgx-fonts", "manimgx-fonts-cjk", "dynamic-font")
# Parts of other files, and what the core has.
_LEFT_OUT: Final = re.compile(r"Subsetted|Mono CJK|Italic$(?<!Old Italic)")
_AXES: Final = re.compile(r"\[[^\]]*\]")
_ENDS: Final = re.compile(r"-(Regular|VF)$")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


@cache
def core() -> Mapping[str, Face]:
    """Return the fonts that are always there, by their short codes."""
    return {code: _core(code) for code in fontdescriptors}


@cache
def extra() -> tuple[Face, ...]:
    """Return the fonts of the extra, each name once; nothing when it is not installed."""
    found: dict[str, Face] = {}
    for package in _PACKAGES:
        for path in _font_files(package):
            for face in faces_of(path, title(path)):
                if not _LEFT_OUT.search(face.name):
                    found.setdefault(face.name, face)
    return tuple(found.values())


def title(path: Path) -> str:
    """Return the name of a font in words, by its file: `NotoSansThai[wght].ttf` is `Noto Sans Thai`."""
    bare = _ENDS.sub("", _AXES.sub("", path.stem))
    return _HUMP.sub(" ", bare.replace("-", " "))


def _core(code: str) -> Face:
    name = str(fontdescriptors[code]["name"])
    return Face.of(name, lambda: bytes(myfont(code)))


def _font_files(package: str) -> Iterator[Path]:
    try:
        listed = files(package) or ()
    except PackageNotFoundError:
        return
    for entry in sorted(listed, key=str):
        path = Path(str(entry.locate()))
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield path
