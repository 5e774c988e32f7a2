"""Fonts by name, and the fonts that fill their gaps."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from attrs import define, field

from mockspark.adapters.typesetting.faces import SHA256, SUFFIXES, WEIGHTS, Face, faces_of
from mockspark.adapters.typesetting.packaged import core, extra
from mockspark.application.errors import Rejected
from mockspark.application.ports.fonts import InstalledFont
from mockspark.domain.holds import HoldReason

__all__ = ["DEFAULT", "Face", "FontBook", "guessed_language"]

DEFAULT: Final = "default"
_FIRST: Final = {
    (False, False): ("notos", "figo"),
    (True, False): ("notosbo", "figbo", "notos", "figo"),
    (False, True): ("notosit", "figit", "notos", "figo"),
    (True, True): ("notosbi", "figbi", "notosbo", "figbo", "notos", "figo"),
}
_SYMBOLS: Final = ("symbol2", "symbol1", "math", "music")
_BOLD: Final = WEIGHTS["bold"]
_HAN: Final = "Noto Sans CJK "
_COLOUR_EMOJI: Final = "Noto Color Emoji"
_EMOJI: Final = "Noto Emoji"
_REGIONS: Final = {"ja": "JP", "ko": "KR", "zh": "SC"}
_TRADITIONAL: Final = frozenset(("hant", "tw", "hk", "mo"))
_KANA: Final = range(0x3040, 0x3100)
_HANGUL: Final = (range(0xAC00, 0xD7B0), range(0x1100, 0x1200), range(0x3130, 0x3190))
_BOPOMOFO: Final = range(0x3100, 0x3130)


@define
class FontBook:
    """The packaged fonts, and those of *folder*: a file `Oswald Bold.ttf` there is the font `Oswald Bold`.

    Names are taken in any case. The weights of a variable font are names too: `Noto Sans Thai Bold`.
    """

    folder: str = ""
    _seen: int = field(default=-1, init=False)
    _own: tuple[Face, ...] = field(default=(), init=False)
    _named: Mapping[str, Face] = field(factory=dict, init=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that a design may use besides `default`, sorted."""
        return tuple(sorted({face.name for face in self.faces}))

    @property
    def faces(self) -> tuple[Face, ...]:
        """Return every font once, the bold ones of variable fonts too."""
        return tuple(dict.fromkeys(self._table().values()))

    def knows(self, name: str) -> bool:
        """Tell whether *name* names an installed font."""
        return name == DEFAULT or self._find(name) is not None

    def installed(self) -> tuple[InstalledFont, ...]:
        """Return each font with its licence, by name."""
        licences = {face.name: face.licence for face in self.faces}
        return tuple(InstalledFont(name=name, licence=licences[name]) for name in sorted(licences))

    def chain(
        self, font: str, fallback: tuple[str, ...], fonts: Mapping[str, bytes], *, language: str = ""
    ) -> tuple[Face, ...]:
        """Return *font*, then *fallback*, then what fills their gaps in their weight and slant.

        *fonts* holds uploaded files by their `sha256:...`. *language* (BCP 47) decides how Han characters look.
        Raises Rejected when a named font is not there, or is none.
        """
        named = [face for name in (font, *fallback) if (face := self._called(name, fonts)) is not None]
        style = named[0] if named else None
        rest = _gaps(style is not None and style.bold, style is not None and style.italic, _region(language))
        return tuple(dict.fromkeys((*named, *rest, *self._files())))

    def face(self, name: str, fonts: Mapping[str, bytes]) -> Face:
        """Return the font of that name or `sha256:...`; raises Rejected when it is not there, or is none."""
        return self._called(name, fonts) or core()["notos"]

    def _called(self, name: str, fonts: Mapping[str, bytes]) -> Face | None:
        if name == DEFAULT:
            return None
        face = _uploaded(name, fonts[name]) if name in fonts else self._find(name)
        if face is None:
            raise _refusal(f"The font {name} is not there: choose another font, or upload it.")
        if face.empty:
            raise _refusal(
                f"The file of the font {name} is no font: choose another font, or upload it again."
            )
        return face

    def _find(self, name: str) -> Face | None:
        wanted = " ".join(name.casefold().split())
        if wanted.startswith(SHA256):
            return next((face for face in self._all() if face.id == wanted), None)
        table = self._table()
        return table.get(wanted) or self._weighed(wanted)

    def _weighed(self, wanted: str) -> Face | None:
        family, _, word = wanted.rpartition(" ")
        face = self._table().get(family)
        return None if face is None or word not in WEIGHTS else _weighing(face, WEIGHTS[word])

    def _all(self) -> Iterator[Face]:
        # Colour fonts are asked for by their digest for every emoji, the others hardly ever.
        yield from sorted((*self._files(), *core().values(), *extra()), key=lambda face: not face.colour)

    def _files(self) -> tuple[Face, ...]:
        """Return the fonts of the folder, read again when something was put there or taken away."""
        folder = Path(self.folder)
        changed = folder.stat().st_mtime_ns if self.folder and folder.is_dir() else 0
        if changed != self._seen:
            paths = sorted(folder.iterdir()) if changed else []
            self._own = tuple(
                face for path in paths if path.suffix.lower() in SUFFIXES for face in faces_of(path)
            )
            self._named = _by_name((*self._own, *core().values(), *extra()))
            self._seen = changed
        return self._own

    def _table(self) -> Mapping[str, Face]:
        self._files()
        return self._named


def guessed_language(text: str) -> str:
    """Return `ja`, `ko` or `zh-Hant` when the characters of *text* give it away, else nothing."""
    codes = {ord(character) for character in text}
    if any(code in _KANA for code in codes):
        return "ja"
    if any(code in block for block in _HANGUL for code in codes):
        return "ko"
    return "zh-Hant" if any(code in _BOPOMOFO for code in codes) else ""


def _by_name(faces: Iterable[Face]) -> dict[str, Face]:
    table: dict[str, Face] = {}
    for face in faces:
        bold = _weighing(face, _BOLD)
        for one in (face, *(() if bold is None else (bold,))):
            name = one.name.casefold()
            table.setdefault(name, one)
            table.setdefault(name.removesuffix(" regular"), one)
    return table


@lru_cache(maxsize=32)
def _gaps(bold: bool, italic: bool, region: str) -> tuple[Face, ...]:  # noqa: FBT001 - two traits of a style
    """Return what every text falls back to: letters, symbols, other scripts, Han characters, emoji."""
    first = [core()[code] for code in (*_FIRST[bold, italic], *_SYMBOLS)]
    others = [face for face in extra() if not face.name.startswith(_HAN) and not _is_emoji(face)]
    han = [face for face in extra() if face.name == f"{_HAN}{region}"]
    emoji = sorted((face for face in extra() if _is_emoji(face)), key=lambda face: not face.colour)
    scripts = [(_weighing(face, _BOLD) or face) if bold else face for face in (*others, *han)]
    return (*first, *scripts, *emoji)


def _is_emoji(face: Face) -> bool:
    return face.name in (_COLOUR_EMOJI, _EMOJI)


def _region(language: str) -> str:
    tags = language.casefold().replace("_", "-").split("-")
    if tags[0] == "zh" and _TRADITIONAL & set(tags):
        return "HK" if "hk" in tags and _has_region("HK") else "TC"
    return _REGIONS.get(tags[0], "SC")


def _has_region(region: str) -> bool:
    return any(face.name == f"{_HAN}{region}" for face in extra())


@lru_cache(maxsize=512)
def _weighing(face: Face, weight: int) -> Face | None:
    return face.weighing(weight)


@lru_cache(maxsize=64)
def _uploaded(name: str, content: bytes) -> Face:
    return Face.of(name, lambda: content)


def _refusal(words: str) -> Rejected:
    return Rejected(words, reason=HoldReason.RENDER_FAILED)
