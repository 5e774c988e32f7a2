"""Public addresses of files: signed, so that nobody can guess or alter one."""

import base64
import hashlib
import hmac
import re
import struct
from datetime import datetime
from typing import Final
from urllib.parse import quote

from attrs import field, frozen

from mockspark.application.errors import NotFound
from mockspark.application.ports.blobs import BlobKey
from mockspark.domain.errors import InvalidValue

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}\.[A-Za-z0-9]{1,8}", re.ASCII)
_SIGNATURE_BYTES: Final = 24
_MIN_SECRET_BYTES: Final = 16


@frozen
class FileLinks:
    """Makes and checks addresses `<base>/files/<token>/<name>`.

    The token holds the key and the end of its life, and a signature of them and of the name: only who
    knows *secret* can make one.
    """

    _base: str
    _secret: bytes = field(repr=False)

    @_secret.validator
    def _long_enough(self, _: object, value: bytes) -> None:
        if len(value) < _MIN_SECRET_BYTES:
            raise InvalidValue(f"the secret of file links has at least {_MIN_SECRET_BYTES} bytes")

    def url(self, key: BlobKey, *, name: str, expires: datetime) -> str:
        """Return the address of *key*; *name* is plain ASCII and has an extension."""
        if not _NAME.fullmatch(name):
            raise InvalidValue(f"{name!r} is no plain file name such as order-1001-front.png")
        ends = struct.pack(">Q", int(expires.timestamp()))
        token = _text(self._signature(key, name, ends) + ends + key.encode())
        return f"{self._base.rstrip('/')}/files/{token}/{quote(name)}"

    def verify(self, token: str, name: str, *, now: datetime) -> BlobKey:
        """Return the key that *token* opens under *name*; raises NotFound, whatever is wrong."""
        raw = _bytes(token)
        signature, ends, key = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:][:8], raw[_SIGNATURE_BYTES + 8 :]
        expected = self._signature(key.decode(errors="replace"), name, ends)
        if not hmac.compare_digest(signature, expected) or struct.unpack(">Q", ends)[0] < now.timestamp():
            raise NotFound("file", name)
        return BlobKey(key.decode())

    def _signature(self, key: str, name: str, ends: bytes) -> bytes:
        message = b"\0".join((b"file", ends.hex().encode(), name.encode(), key.encode()))
        return hmac.new(self._secret, message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(token: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
