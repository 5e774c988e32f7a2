"""Secrets at rest: sealed with AES-GCM, bound to the shop and the purpose they belong to."""

import base64
import hashlib
import os
from collections.abc import Sequence
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mockspark.domain.errors import InvalidValue

LEAST: Final = 32
"""How many characters a key has at least."""

_FEWEST_DIFFERENT: Final = 8
_PLACEHOLDERS: Final = (
    "changeme",
    "change-me",
    "change_me",
    "secret-key",
    "your-secret",
    "example",
    "default",
)
_FORMAT: Final = "v1"
_NONCE_BYTES: Final = 12
_REFUSED: Final = "a sealed secret does not open: the key is missing, or it was sealed for something else"


class AesVault:
    """Seals with the first key and opens with any, so that keys can be changed without a pause."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise InvalidValue("a vault needs a key: set MOCKSPARK_SECRET_KEY")
        self._ciphers = {_key_id(key): AESGCM(_derived(key)) for key in map(_strong, keys)}
        self._newest = _key_id(keys[0])

    @classmethod
    def of(cls, keys: Sequence[str]) -> Self:
        """Return a vault of *keys*, newest first; raises InvalidValue for a weak one."""
        return cls(keys)

    def seal(self, plain: str, *, context: str) -> str:
        """Return *plain* sealed; it opens only under the same *context*."""
        nonce = os.urandom(_NONCE_BYTES)
        told = _bound(self._newest, context)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain.encode("utf-8", "surrogatepass"), told)
        return f"{_FORMAT}.{self._newest}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, context: str) -> str:
        """Return what was sealed; raises InvalidValue when the text or the context is not the sealed one."""
        key_id, nonce, secret = _parts(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise InvalidValue(_REFUSED)
        try:
            plain = cipher.decrypt(nonce, secret, _bound(key_id, context))
        except InvalidTag as refused:
            raise InvalidValue(_REFUSED) from refused
        return plain.decode("utf-8", "surrogatepass")


def _strong(key: str) -> str:
    if len(key) < LEAST:
        raise InvalidValue(f"the secret key has {len(key)} characters; give it at least {LEAST} random ones")
    if len(set(key)) < _FEWEST_DIFFERENT or any(word in key.casefold() for word in _PLACEHOLDERS):
        raise InvalidValue(
            "the secret key is a placeholder; generate one, for example with openssl rand -hex 32"
        )
    return key


def _derived(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mockspark vault v1").derive(key.encode())


def _key_id(key: str) -> str:
    return hashlib.sha256(b"mockspark key id\0" + key.encode()).hexdigest()[:8]


def _bound(key_id: str, context: str) -> bytes:
    return f"{_FORMAT}.{key_id}.{context}".encode("utf-8", "surrogatepass")


def _parts(sealed: str) -> tuple[str, bytes, bytes]:
    version, _, rest = sealed.partition(".")
    key_id, _, text = rest.partition(".")
    if version != _FORMAT or not text.isascii():
        raise InvalidValue(_REFUSED)
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except ValueError as broken:
        raise InvalidValue(_REFUSED) from broken
    if len(raw) <= _NONCE_BYTES:
        raise InvalidValue(_REFUSED)
    return key_id, raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
