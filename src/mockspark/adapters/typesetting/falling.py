"""Which font of a chain draws what: whole clusters, whole words where letters join, emoji in colour."""

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Final

from attrs import define, field

from mockspark.adapters.typesetting.breaking import BLANKS, shapes
from mockspark.adapters.typesetting.faces import Face
from mockspark.adapters.typesetting.shaping import Opened, is_sign, opened

JOINING: Final = frozenset(
    ("Adlm", "Arab", "Chrs", "Mand", "Mani", "Mong", "Nkoo", "Ougr", "Phag", "Phlp", "Rohg", "Sogd", "Syrc")
)
"""Scripts whose letters change their shape to join their neighbours."""
_AS_TEXT, _AS_EMOJI = "\ufe0e", "\ufe0f"
_KEYCAP: Final = "\N{COMBINING ENCLOSING KEYCAP}"
_MOST_KNOWN: Final = 20_000
# Characters that are pictures unless told otherwise (Emoji_Presentation of Unicode 16, and room for later ones).
_PICTURES: Final = frozenset(
    code
    for first, last in (
        *((0x231A, 0x231B), (0x23E9, 0x23EC), (0x23F0, 0x23F0), (0x23F3, 0x23F3), (0x25FD, 0x25FE)),
        *((0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F), (0x2693, 0x2693), (0x26A1, 0x26A1)),
        *((0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26CE, 0x26CE), (0x26D4, 0x26D4)),
        *((0x26EA, 0x26EA), (0x26F2, 0x26F3), (0x26F5, 0x26F5), (0x26FA, 0x26FA), (0x26FD, 0x26FD)),
        *((0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728), (0x274C, 0x274C), (0x274E, 0x274E)),
        *((0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797), (0x27B0, 0x27B0), (0x27BF, 0x27BF)),
        *((0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF)),
        *((0x1F18E, 0x1F18E), (0x1F191, 0x1F19A), (0x1F1E6, 0x1F1FF), (0x1F201, 0x1F201)),
        *((0x1F21A, 0x1F21A), (0x1F22F, 0x1F22F), (0x1F232, 0x1F236), (0x1F238, 0x1F23A)),
        *((0x1F250, 0x1F251), (0x1F300, 0x1F320), (0x1F32D, 0x1F335), (0x1F337, 0x1F37C)),
        *((0x1F37E, 0x1F393), (0x1F3A0, 0x1F3CA), (0x1F3CF, 0x1F3D3), (0x1F3E0, 0x1F3F0)),
        *((0x1F3F4, 0x1F3F4), (0x1F3F8, 0x1F43E), (0x1F440, 0x1F440), (0x1F442, 0x1F4FC)),
        *((0x1F4FF, 0x1F53D), (0x1F54B, 0x1F54E), (0x1F550, 0x1F567), (0x1F57A, 0x1F57A)),
        *((0x1F595, 0x1F596), (0x1F5A4, 0x1F5A4), (0x1F5FB, 0x1F64F), (0x1F680, 0x1F6C5)),
        *((0x1F6CC, 0x1F6CC), (0x1F6D0, 0x1F6D2), (0x1F6D5, 0x1F6DF), (0x1F6EB, 0x1F6EF)),
        *((0x1F6F4, 0x1F6FF), (0x1F7E0, 0x1F7EB), (0x1F7F0, 0x1F7F0), (0x1F90C, 0x1F93A)),
        *((0x1F93C, 0x1F945), (0x1F947, 0x1F9FF), (0x1FA70, 0x1FAFF)),
    )
    for code in range(first, last + 1)
)


@define(eq=False, slots=False)
class Chain:
    """Fonts in the order in which they are asked."""

    fonts: tuple[Opened, ...]
    _known: dict[str, Opened | None] = field(factory=dict, repr=False)

    @property
    def first(self) -> Opened:
        """Return the font that lines are measured by."""
        return self.fonts[0]

    def chosen(self, clusters: Sequence[str], scripts: Sequence[str]) -> list[Opened | None]:
        """Return the font of each cluster; None where no font has all of it."""
        found: list[Opened | None] = []
        for joins, group in groupby(zip(clusters, scripts, strict=True), key=lambda one: _joins(*one)):
            parts = [cluster for cluster, _ in group]
            word = self._with("".join(parts)) if joins else None
            found.extend([word] * len(parts) if word is not None else map(self._font, parts))
        return self._settled(clusters, found)

    def lacking(self, cluster: str) -> Iterator[str]:
        """Yield the characters that no font has, or those that no font has together with the first."""
        wanted = shapes(cluster)
        nobody = [one for one in wanted if not any(font.has(one) for font in self.fonts)]
        yield from nobody or wanted[1:]

    def _settled(self, clusters: Sequence[str], found: Sequence[Opened | None]) -> list[Opened | None]:
        """Let blanks, and signs that the first font lacks, come from the font of the letters beside them."""
        loose = [self._is_loose(cluster, font) for cluster, font in zip(clusters, found, strict=True)]
        beside = next((font for font, free in zip(found, loose, strict=True) if not free), None)
        settled: list[Opened | None] = []
        for cluster, font, free in zip(clusters, found, loose, strict=True):
            lends = free and beside is not None and not beside.colour and beside.has(shapes(cluster))
            settled.append(beside if lends else font)
            beside = settled[-1] or beside
        return settled

    def _is_loose(self, cluster: str, font: Opened | None) -> bool:
        if cluster in BLANKS or not shapes(cluster):
            return True
        return font is not self.first and is_sign(cluster[0]) and not _is_picture(cluster)

    def _font(self, cluster: str) -> Opened | None:
        if cluster not in self._known:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[cluster] = self._with(cluster)
        return self._known[cluster]

    def _with(self, text: str) -> Opened | None:
        wanted = shapes(text)
        fonts = self._coloured_first if _is_picture(text) else self._coloured_last
        return next((font for font in fonts if font.has(wanted)), None)

    @cached_property
    def _coloured_last(self) -> Sequence[Opened]:
        return sorted(self.fonts, key=lambda font: font.colour)

    @cached_property
    def _coloured_first(self) -> Sequence[Opened]:
        # Who chooses a font of emoji means that one, outlined or not.
        chosen = self.first if "emoji" in self.first.face.name.casefold() else None
        return sorted(self.fonts, key=lambda font: not (font.colour or font is chosen))


@lru_cache(maxsize=64)
def chain(faces: tuple[Face, ...]) -> Chain:
    """Return the chain of *faces*, made once."""
    return Chain(tuple(opened(face) for face in faces))


def _joins(cluster: str, script: str) -> bool:
    return script in JOINING and cluster not in BLANKS


def _is_picture(text: str) -> bool:
    if _AS_TEXT in text:
        return False
    return _AS_EMOJI in text or _KEYCAP in text or any(ord(one) in _PICTURES for one in text)
