"""Keep a provider's verified hint as bytes: what is worked off later was believed when it came."""

from typing import Final

from cattrs import ClassValidationError
from cattrs.preconf.json import make_converter

from mockspark.application.errors import Rejected
from mockspark.application.ports.fulfillment import Hint

_CONVERTER: Final = make_converter()


def pack(hint: Hint) -> bytes:
    """Write *hint* down."""
    return _CONVERTER.dumps(hint).encode()


def unpack(body: bytes) -> Hint:
    """Read what `pack` wrote; raises Rejected when it is something else."""
    try:
        return _CONVERTER.loads(body, Hint)
    except (ValueError, ClassValidationError) as problem:
        raise Rejected("the kept hint cannot be read") from problem
