"""What each way of printing can hold: the thinnest line and the smallest letters, where a provider names none."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen


@frozen
class Finest:
    """The thinnest line and the smallest em, in micrometres; below them print fills in or breaks off."""

    line_um: int
    text_um: int


METHODS: Final[Mapping[str, Finest]] = {
    "": Finest(180, 1_400),
    "dtg": Finest(350, 2_100),
    "dtf": Finest(350, 2_100),
    "sublimation": Finest(180, 1_800),
    "screen": Finest(350, 2_500),
    "uv": Finest(180, 1_400),
    "paper": Finest(90, 1_400),
    "vinyl": Finest(700, 5_000),
    "embroidery": Finest(1_270, 6_350),
    "engraving": Finest(180, 1_800),
}
"""Careful figures: half a point for lines on smooth stock, a point on cloth, a stitch for embroidery."""
