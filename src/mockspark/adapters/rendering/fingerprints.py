"""What a drawing depends on, as a digest: equal digests mean equal pixels, in every process."""

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, Protocol

from attrs import AttrsInstance, define, fields, has

from mockspark.adapters.rendering.nodes import Node
from mockspark.domain.outlines import Outline

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_SIZE: Final = 20


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


@define(slots=False)
class Fingerprints:
    """Digests of the nodes of one page; *assets* are the bytes that their sources name."""

    assets: Mapping[str, bytes]

    def of(self, node: Node) -> bytes:
        """Return the digest of *node* with all that it is made of."""
        made = hashlib.blake2b(digest_size=_SIZE)
        self._feed(made, node)
        return made.digest()

    def source(self, name: str) -> bytes:
        """Return the digest of the bytes that *name* names; a name that is a digest is believed."""
        return name.encode() if _DIGEST.fullmatch(name) else self._hashed[name]

    @cached_property
    def _hashed(self) -> Mapping[str, bytes]:
        named = {name for name in self.assets if not _DIGEST.fullmatch(name)}
        return {name: hashlib.sha256(self.assets[name]).digest() for name in named}

    def _feed(self, made: _Hash, value: object) -> None:
        if isinstance(value, Outline):
            made.update(value.digest)
        elif isinstance(value, tuple):
            made.update(b"(%d" % len(value))
            for one in value:
                self._feed(made, one)
        elif has(type(value)):
            self._feed_members(made, value)
        else:
            made.update(repr(value).encode() + b";")

    def _feed_members(self, made: _Hash, value: Any) -> None:
        kind: type[AttrsInstance] = type(value)
        made.update(kind.__name__.encode())
        for member in fields(kind):
            part = getattr(value, member.name)
            if member.name == "source" and part in self.assets:
                made.update(self.source(part))
            elif member.name != "layer":  # what a layer is called changes nothing that is seen
                self._feed(made, part)


def combined(*parts: bytes) -> bytes:
    """Return one digest of several."""
    made = hashlib.blake2b(digest_size=_SIZE)
    for part in parts:
        made.update(b"%d:" % len(part))
        made.update(part)
    return made.digest()
