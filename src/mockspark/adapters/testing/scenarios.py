"""What the far end of the wire does while a plug-in is tested."""

from enum import StrEnum


class Scenario(StrEnum):
    """How somebody else's API behaves; the plug-in's test answers requests accordingly.

    Scenarios up to KNOWS_IT_ALREADY speak of the kit's own request; every other id is unknown throughout.
    """

    ACCEPTS = "accepts"
    """Takes the order and has it since then, not printed yet, and everything else works too."""

    REFUSES = "refuses"
    """Understands the order and refuses it."""

    KNOWS_NOTHING = "knows_nothing"
    """Has no order, no variant, nothing."""

    PRINTS = "prints"
    """Has the order on the press: too late to cancel, and confirmed already."""

    SHIPS = "ships"
    """Has shipped every line of the order."""

    CANCELED = "canceled"
    """Has canceled the order."""

    STUCK = "stuck"
    """Keeps the order waiting for a person."""

    SAYS_SOMETHING_NEW = "says_something_new"
    """Tells the order's status in a word that nobody has heard before."""

    KNOWS_IT_ALREADY = "knows_it_already"
    """Has the order already when it comes a second time, and says so in its own way."""

    SUBSCRIBED = "subscribed"
    """Sends its reports to the kit's address already."""


class Outage(StrEnum):
    """What the kit plays by itself, because it is the same at every API."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    BROKEN = "broken"
    BUSY = "busy"
    LOCKED_OUT = "locked_out"
    NONSENSE = "nonsense"
