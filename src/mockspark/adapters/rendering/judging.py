"""The process that opens foreign pictures, exactly as drawing will, and says what they are."""

import warnings

from PIL import AvifImagePlugin

from mockspark.adapters.confinement import Verdict, work
from mockspark.adapters.rendering import foreign, headers, pictures
from mockspark.adapters.rendering.headers import BROKEN, TOO_MUCH, Unfit


def judged(content: bytes) -> tuple[Verdict, bytes]:
    """Return width, height, media type and note of *content*, or the reason why it is refused."""
    try:
        with warnings.catch_warnings():
            # What a decoder thinks of the file goes into the verdict or nowhere.
            warnings.simplefilter("ignore")
            return _looked_through(content), b""
    except Unfit as refusal:
        return {"refused": str(refusal)}, b""
    except MemoryError:
        return {"refused": TOO_MUCH}, b""
    except Exception:  # noqa: BLE001 - decoders raise whatever they like about foreign bytes
        return {"refused": BROKEN}, b""


def _looked_through(content: bytes) -> Verdict:
    found = foreign.opened(content)
    if found.media_type == "image/png":
        headers.check_rows(content)
    picture = pictures.Picture.of(found)
    width, height = picture.size
    doubt = pictures.examined(picture)
    notes = [found.note, f"{doubt[0].upper()}{doubt[1:]}." if doubt else ""]
    return {
        "width": width,
        "height": height,
        "media_type": found.media_type,
        "note": " ".join(note for note in notes if note),
    }


if __name__ == "__main__":
    # A thread for each core would be one process more than the kernel allows.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    foreign.heic()
    work(judged, sealed=True)
