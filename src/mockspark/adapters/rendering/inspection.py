"""ImageInspector in processes of their own: a picture made to hurt hurts only one of them."""

from datetime import timedelta
from typing import Final

from attrs import define, field

from mockspark.adapters.judges import Judges, TooMuch
from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import ImageFacts
from mockspark.domain.holds import HoldReason

MAX_BYTES: Final = 50_000_000
_GIBIBYTE: Final = 1 << 30
_TOO_MUCH: Final = (
    "The picture takes too much time or memory to open: save it anew as PNG and upload it again."
)


def judges(
    *,
    size: int = 2,
    deadline: timedelta = timedelta(seconds=20),
    memory: int = _GIBIBYTE + _GIBIBYTE // 2,
) -> Judges:
    """Return what keeps up to *size* processes, each with *memory* bytes and *deadline* for one picture."""
    module = "mockspark.adapters.rendering.judging"
    return Judges(module=module, size=size, deadline=deadline, memory=memory, largest=0)


@define
class SubprocessInspector:
    """Has pictures opened by *judges*."""

    judges: Judges = field(factory=judges)

    async def inspect(self, content: bytes) -> ImageFacts:
        """Return what the picture is; raises Rejected with the reason when it is none that we print."""
        if len(content) > MAX_BYTES:
            raise _refusal(f"The file is larger than {MAX_BYTES // 1_000_000} MB: make it smaller.")
        try:
            verdict, _ = await self.judges.judge(content)
        except TooMuch as much:
            raise _refusal(_TOO_MUCH) from much
        if "refused" in verdict:
            raise _refusal(str(verdict["refused"]))
        return ImageFacts(
            width_px=int(str(verdict["width"])),
            height_px=int(str(verdict["height"])),
            media_type=str(verdict["media_type"]),
            note=str(verdict["note"]),
        )

    async def close(self) -> None:
        """End the waiting processes."""
        await self.judges.close()


def _refusal(words: str) -> Rejected:
    return Rejected(words, reason=HoldReason.RENDER_FAILED)
