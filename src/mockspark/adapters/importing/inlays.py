"""Pictures that lie inside of foreign files as data URLs."""

import base64
import binascii
import io
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_to_bytes

from attrs import define, field, frozen
from PIL import GifImagePlugin, Image, PngImagePlugin, WebPImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from mockspark.application.blob_names import DIGEST, digest_of

_DATA: Final = re.compile(r"\s*data:([\w/+.-]*)((?:;[\w=.+-]*)*),", re.ASCII)
_MAX_BYTES: Final = 50_000_000
_ORIENTATION: Final = 0x0112

_KINDS: Final[tuple[tuple[bytes, Callable[[io.BytesIO], Image.Image]], ...]] = (
    (b"\x89PNG\r\n\x1a\n", PngImagePlugin.PngImageFile),
    (b"\xff\xd8\xff", JpegImageFile),
    (b"GIF8", GifImagePlugin.GifImageFile),
    (b"RIFF", WebPImagePlugin.WebPImageFile),
)


@frozen(kw_only=True)
class Inlay:
    """A picture by its name in designs, and its upright size in pixels."""

    source: str
    width: int
    height: int


@define
class Inlays:
    """Keeps the bytes of pictures by their SHA-256, each once."""

    contents: dict[str, bytes] = field(factory=dict, init=False)
    _total: int = field(default=0, init=False)

    def taken(self, url: str) -> Inlay | str:
        """Return the picture in a data URL, or why it is none; the rest of its check is that of every upload."""
        content = _decoded(url)
        if content is None:
            return "it is no picture inside the file"
        size = upright_size(content)
        if size is None:
            return "it is no PNG, JPEG, WebP or GIF that can be read"
        digest = digest_of(content)
        if digest not in self.contents:
            self._total += len(content)
            if self._total > _MAX_BYTES:
                return f"the pictures inside the file have more than {_MAX_BYTES // 1_000_000} MB"
            self.contents[digest] = content
        return Inlay(source=f"{DIGEST}{digest}", width=size[0], height=size[1])


def upright_size(content: bytes) -> tuple[int, int] | None:
    """Return the pixels of a picture as it is seen; None for what is none."""
    opens = next((opens for magic, opens in _KINDS if content.startswith(magic)), None)
    if opens is None:
        return None
    try:
        image = opens(io.BytesIO(content))
        turned = isinstance(image, JpegImageFile) and image.getexif().get(_ORIENTATION, 1) in range(5, 9)
    except Exception:  # noqa: BLE001 - decoders raise whatever they like about foreign bytes
        return None
    width, height = image.size
    if width < 1 or height < 1:
        return None
    return (height, width) if turned else (width, height)


def _decoded(url: str) -> bytes | None:
    found = _DATA.match(url)
    if found is None or len(url) > 2 * _MAX_BYTES:
        return None
    inside = url[found.end() :]
    if ";base64" not in found[2]:
        return unquote_to_bytes(inside)
    try:
        packed = "".join(unquote_to_bytes(inside).decode("ascii").split())
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
