"""Production files, and what is found when a design is checked for print."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import field, frozen, validators

from mockspark.domain.holds import HoldReason


@frozen(kw_only=True)
class PinnedAsset:
    """The bytes that a design's picture means, fixed when they were first taken in.

    *source* is the layer's `asset`; *key* names the blob; *sha256* is the hex digest of its bytes.
    """

    source: str
    key: str
    sha256: str
    width_px: int
    height_px: int
    media_type: str


@frozen(kw_only=True)
class ProductionFile:
    """One print-ready file for one print area of one design version."""

    area: str
    design_version: int
    key: str
    sha256: str
    size: int = field(validator=validators.gt(0))
    media_type: str = "image/png"
    width_px: int
    height_px: int
    dpi: int
    preview_key: str = ""
    made_at: datetime


class Level(StrEnum):
    """How bad a finding is: an error keeps an item from becoming ready."""

    ERROR = "error"
    WARNING = "warning"


class Check(StrEnum):
    """What preflight looks at."""

    MISSING_AREA = "missing_area"
    EMPTY_AREA = "empty_area"
    PLACEHOLDER = "placeholder"
    MISSING_GLYPH = "missing_glyph"
    MISSING_ASSET = "missing_asset"
    MISSING_FONT = "missing_font"
    LOW_DPI = "low_dpi"
    OUTSIDE_AREA = "outside_area"
    OUTSIDE_SAFE = "outside_safe"
    OVERFLOW = "overflow"
    UNCOVERED = "uncovered"
    LOW_CONTRAST = "low_contrast"
    HAIRLINE = "hairline"
    TINY_TEXT = "tiny_text"
    PREVIEW_DIFFERS = "preview_differs"
    RENDERING = "rendering"


REASONS: Final[dict[Check, HoldReason]] = {
    Check.MISSING_AREA: HoldReason.BLANK_OR_PLACEHOLDER_ART,
    Check.EMPTY_AREA: HoldReason.BLANK_OR_PLACEHOLDER_ART,
    Check.PLACEHOLDER: HoldReason.BLANK_OR_PLACEHOLDER_ART,
    Check.MISSING_GLYPH: HoldReason.MISSING_GLYPH,
    Check.MISSING_ASSET: HoldReason.RENDER_FAILED,
    Check.MISSING_FONT: HoldReason.RENDER_FAILED,
    Check.LOW_DPI: HoldReason.LOW_RESOLUTION,
    Check.OUTSIDE_AREA: HoldReason.BLANK_OR_PLACEHOLDER_ART,
    Check.OUTSIDE_SAFE: HoldReason.OTHER,
    Check.OVERFLOW: HoldReason.OTHER,
    Check.UNCOVERED: HoldReason.OTHER,
    Check.LOW_CONTRAST: HoldReason.OTHER,
    Check.HAIRLINE: HoldReason.OTHER,
    Check.TINY_TEXT: HoldReason.OTHER,
    Check.PREVIEW_DIFFERS: HoldReason.OTHER,
    Check.RENDERING: HoldReason.RENDER_FAILED,
}


UNDRAWABLE: Final = frozenset({Check.MISSING_AREA, Check.MISSING_ASSET, Check.MISSING_FONT})
"""Without these there is nothing to draw, whoever lets the finding pass."""


@frozen(kw_only=True)
class Finding:
    """One thing that preflight saw; *measured* and *required* are in the unit that the words name."""

    check: Check
    level: Level
    area: str
    layer: str = ""
    measured: int | None = None
    required: int | None = None
    words: str

    @property
    def reason(self) -> HoldReason:
        """Return the hold reason that names the fix."""
        return REASONS[self.check]


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that keep an item from becoming ready."""
    return tuple(finding for finding in findings if finding.level is Level.ERROR)
