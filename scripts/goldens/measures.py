"""Numbers that several parts of the generator share."""

from typing import Final

DPI: Final = 300
FINE: Final = 8
"""How much finer than the print the truth is drawn, each way."""

KEY: Final = "front"


def um(pixels: float) -> int:
    """Return whole micrometres for *pixels* of the print."""
    return round(pixels * 25_400 / DPI)


def px(micrometres: float) -> float:
    """Return pixels of the print."""
    return micrometres * DPI / 25_400
