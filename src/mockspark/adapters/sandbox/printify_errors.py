"""How the local Printify refuses: two shapes of errors, as the real one has."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from attrs import field, frozen

ADDRESS: Final = 8103
SHAPE: Final = 8150
UPLOAD: Final = 8201
LOW_QUALITY: Final = 8203
NO_SUCH_METHOD: Final = 8502
DUPLICATE: Final = 8503
DOWNLOAD: Final = 10300

_INVALID: Final = "Validation failed."
_FAILED: Final = "Operation failed."


@frozen
class Refused(Exception):
    """A refusal; without a *code* it has the short shape, which carries the request's id."""

    status: int
    reason: str
    code: int | None = None
    message: str = _INVALID
    more: Mapping[str, Any] = field(factory=dict)

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON body."""
        if self.code is None:
            return {"error": self.reason, "request_id": request_id}
        return {
            "status": "error",
            "code": self.code,
            "message": self.message,
            "errors": {"reason": self.reason, "code": self.code},
            **self.more,
        }


def not_found() -> Refused:
    """Say that there is no such thing, or none of the caller's."""
    return Refused(404, "Not found")


def misshapen(reason: str) -> Refused:
    """Say that a field is wrong."""
    return Refused(400, reason, SHAPE)


def missing(problems: Mapping[str, str], code: int = SHAPE, status: int = 400) -> Refused:
    """Say which fields are wrong; the reason is JSON in a string."""
    return Refused(
        status, msgspec.json.encode({name: [words] for name, words in problems.items()}).decode(), code
    )


def low_quality() -> Refused:
    """Say that a picture has too few dots for its size."""
    return Refused(400, "Image has low quality", LOW_QUALITY)


def bad_upload(cause: str) -> Refused:
    """Say why a picture was not taken."""
    return Refused(400, f'Failed to upload image. Cause: {{"code":"{cause}"}}', UPLOAD)


def no_download(words: str) -> Refused:
    """Say why a picture could not be fetched."""
    return Refused(400, words, DOWNLOAD)


def impossible(reason: str, code: int = ADDRESS) -> Refused:
    """Say that the thing is not in a state for that."""
    return Refused(400, reason, code, _FAILED)


def duplicate(order_id: str, external_id: str) -> Refused:
    """Say that the order is there already, and which it is."""
    order = {"id": order_id, "external_id": external_id}
    reason = "Order already exists for the given external_id."
    return Refused(409, reason, DUPLICATE, _FAILED, {"order": order})


def too_many() -> Refused:
    """Say that the caller asks too often."""
    return Refused(429, "Too many requests")


def required(name: str) -> str:
    """Return the words for a missing field."""
    return f"The {name.replace('_', ' ')} field is required."


def bad_choice(name: str) -> Refused:
    """Say that a field names something that does not exist."""
    return misshapen(f"The selected {name} is invalid.")
