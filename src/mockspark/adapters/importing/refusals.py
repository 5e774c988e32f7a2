"""The one error of the importers."""

from mockspark.application.errors import Rejected
from mockspark.domain.holds import HoldReason


def refusal(words: str) -> Rejected:
    """Return the error for what is not taken in; *words* name the way out."""
    return Rejected(words, reason=HoldReason.RENDER_FAILED)
