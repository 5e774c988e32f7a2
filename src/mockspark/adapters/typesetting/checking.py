"""FontChecker in processes of their own: a font made to hurt hurts only one of them."""

from datetime import timedelta
from typing import Final

from attrs import define, field

from mockspark.adapters.judges import Judges, TooMuch
from mockspark.adapters.typesetting.sanitising import MAX_UNPACKED
from mockspark.application.errors import Rejected
from mockspark.application.ports.fonts import CheckedFont
from mockspark.domain.holds import HoldReason

MAX_BYTES: Final = 20_000_000
_GIBIBYTE: Final = 1 << 30
_TOO_MUCH: Final = (
    "The font takes too much time or memory to open: upload one with fewer characters, saved as TTF."
)


def _judges() -> Judges:
    return Judges(
        module="mockspark.adapters.typesetting.sanitising",
        size=1,
        deadline=timedelta(seconds=30),
        memory=_GIBIBYTE + _GIBIBYTE // 2,
        largest=MAX_UNPACKED,
    )


@define
class SubprocessFontChecker:
    """Has fonts taken apart by *judges*."""

    judges: Judges = field(factory=_judges)

    async def check(self, content: bytes) -> CheckedFont:
        """Return the font that is safe to use; raises Rejected with the reason when it is none that we print with."""
        if len(content) > MAX_BYTES:
            raise _refusal(f"The file is larger than {MAX_BYTES // 1_000_000} MB: upload a smaller one.")
        try:
            verdict, made = await self.judges.judge(content)
        except TooMuch as much:
            raise _refusal(_TOO_MUCH) from much
        if "refused" in verdict:
            raise _refusal(str(verdict["refused"]))
        scripts = verdict["scripts"]
        return CheckedFont(
            content=made,
            family=str(verdict["family"]),
            style=str(verdict["style"]),
            weight=_number(verdict["weight"]),
            licence=str(verdict["licence"]),
            characters=_number(verdict["characters"]),
            scripts=tuple(scripts) if isinstance(scripts, list) else (),
        )

    async def close(self) -> None:
        """End the waiting processes."""
        await self.judges.close()


def _number(told: object) -> int:
    return told if isinstance(told, int) else 0


def _refusal(words: str) -> Rejected:
    return Rejected(words, reason=HoldReason.RENDER_FAILED)
