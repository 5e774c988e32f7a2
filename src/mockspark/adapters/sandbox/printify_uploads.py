"""The library of pictures: taken by address or as base64, measured, listed, archived."""

import base64
import binascii
from typing import Final

from mockspark.adapters.sandbox.printify_catalogue import Json
from mockspark.adapters.sandbox.printify_errors import bad_upload, missing, no_download, not_found, required
from mockspark.adapters.sandbox.printify_pages import page
from mockspark.adapters.sandbox.printify_pictures import read_picture
from mockspark.adapters.sandbox.printify_state import Call, Upload, World, host_of

MOST: Final = 100
_TYPES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def wanted_files(call: Call) -> list[str]:
    """Return the addresses that an upload makes the service fetch."""
    url = call.fields.get("url")
    return [url] if isinstance(url, str) else []


def upload(call: Call) -> Json:
    """Take a picture; one that cannot be fetched, read or is too large is refused."""
    name = call.fields.get("file_name")
    if not isinstance(name, str) or not name:
        raise missing({"file_name": required("file_name")})
    content = _content(call)
    made = _trusted(call, name) if content is None else _measured(call.world, name, content)
    call.account.uploads[made.id] = made
    return view(made)


def _content(call: Call) -> bytes | None:
    """Return the picture's bytes; None for an address that is taken on trust."""
    url, contents = call.fields.get("url"), call.fields.get("contents")
    if isinstance(contents, str) and contents:
        return _decoded(contents)
    if not isinstance(url, str) or host_of(url) is None:
        raise missing({"url": "The url field is required when contents is not present."})
    fetched = call.files.get(url)
    if fetched is not None and fetched.problem:
        raise no_download(fetched.problem)
    return fetched.content if fetched else None


def _decoded(contents: str) -> bytes:
    try:
        return base64.b64decode(contents, validate=True)
    except (binascii.Error, ValueError) as e:
        raise bad_upload("error.file.wrong.format") from e


def _measured(world: World, name: str, content: bytes) -> Upload:
    if len(content) > world.settings.max_upload_bytes:
        raise bad_upload("error.file.size.limit.exceeded")
    picture = read_picture(content)
    if picture is None:
        raise bad_upload("error.file.wrong.format")
    return _made(world, name, picture.mime_type, picture.width, picture.height, len(content))


def _trusted(call: Call, name: str) -> Upload:
    suffix = f".{name.lower().rpartition('.')[2]}"
    return _made(call.world, name, _TYPES.get(suffix, "image/png"), None, None, 0)


def _made(
    world: World, name: str, mime_type: str, width: int | None, height: int | None, size: int
) -> Upload:
    return Upload(
        id=world.id("upload"),
        file_name=name,
        width=width,
        height=height,
        size=size,
        mime_type=mime_type,
        uploaded_at=world.now(),
    )


def view(made: Upload) -> Json:
    """Return an upload; a size that is not known is 0."""
    return {
        "id": made.id,
        "file_name": made.file_name,
        "height": made.height or 0,
        "width": made.width or 0,
        "size": made.size,
        "mime_type": made.mime_type,
        "preview_url": f"https://example.com/image-storage/{made.id}",
        "upload_time": f"{made.uploaded_at:%Y-%m-%d %H:%M:%S}",
    }


def list_uploads(call: Call) -> Json:
    """Answer a page of the library, newest first, archived ones left out."""
    kept = [made for made in reversed(call.account.uploads.values()) if not made.archived]
    return page(kept, call.query, view, most=MOST)


def show_upload(call: Call) -> Json:
    """Answer one upload."""
    return view(_find(call))


def archive(call: Call) -> Json:
    """Take a picture out of the list; products keep it."""
    _find(call).archived = True
    return {}


def _find(call: Call) -> Upload:
    found = call.account.uploads.get(call.path["upload"])
    if found is None:
        raise not_found()
    return found
