"""Whatever space a picture's colours are in, what is printed are those colours: checked by the formulas."""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache, partial

import pytest
from PIL import Image

from mockspark.adapters.rendering import pictures
from tests.adapters.rendering import icc
from tests.hostile.building import encoded, header, pixels, png

_PATCHES = [
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 255),
    (0, 0, 0),
    (100, 150, 120),
    (200, 80, 40),
    (7, 9, 8),
]
_MIXES = [
    (0, 0, 0, 0),
    (1, 1, 1, 1),
    (1, 0, 0, 0),
    (0, 1, 0, 0),
    (0, 0, 1, 0),
    (0, 0, 0, 1),
    (0.2, 0.6, 0.4, 0.2),
]
_INKS = icc.Inks()
_SRGB = icc.sampled(icc.srgb_curve)


@cache
def ink_profile() -> bytes:
    """Return the profile of the inks, whose grid takes a moment."""
    return _INKS.profile()


def drawn(content: bytes) -> pictures.Pixels:
    """Decode as drawing does."""
    return pictures.decoded(pictures.opened(content))


def colour(content: bytes) -> Sequence[int]:
    """Return the colour in the middle of a picture."""
    image = drawn(content).image
    found = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return found


def near(expected: Sequence[int], actual: Sequence[int], levels: int = 1) -> bool:
    return all(abs(one - other) <= levels for one, other in zip(expected, actual, strict=True))


def flat(mode: str, value: tuple[int, ...] | int) -> Image.Image:
    return Image.new(mode, (16, 16), value)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("patch", _PATCHES)
def test_display_p3_becomes_srgb(kind: str, patch: tuple[int, int, int]) -> None:
    """A phone's red is the most saturated that sRGB has, and its greys stay grey."""
    profile = icc.matrix_profile(icc.P3, _SRGB)
    settings = {"lossless": True} if kind == "WEBP" else {}

    found = colour(encoded(flat("RGB", patch), kind, icc_profile=profile, **settings))

    assert near(icc.to_srgb(icc.from_matrix(icc.P3, icc.srgb_curve, patch)), found)


@pytest.mark.parametrize("patch", _PATCHES)
def test_adobe_rgb_becomes_srgb(patch: tuple[int, int, int]) -> None:
    """A camera's green is not taken for the green of a screen."""
    profile = icc.matrix_profile(icc.ADOBE, icc.gamma(563 / 256))

    found = colour(encoded(flat("RGB", patch), "PNG", icc_profile=profile))

    assert near(icc.to_srgb(icc.from_matrix(icc.ADOBE, lambda value: value ** (563 / 256), patch)), found)


@pytest.mark.parametrize("mix", _MIXES)
def test_inks_become_srgb_with_the_blacks_aligned(mix: tuple[float, ...]) -> None:
    """Paper prints as nothing, all inks together as black, and what lies between as the inks' formula says."""
    amounts = tuple(round(255 * part) for part in mix)
    file = encoded(flat("CMYK", amounts), "TIFF", icc_profile=ink_profile())

    assert near(icc.to_srgb(_INKS.relative([amount / 255 for amount in amounts])), colour(file))


def test_the_inks_of_a_jpeg_are_stored_upside_down() -> None:
    """Photoshop's way of writing CMYK into a JPEG shows the same colours as a TIFF."""
    profile, mix = ink_profile(), (40, 160, 90, 20)
    jpeg = encoded(flat("CMYK", mix), "JPEG", icc_profile=profile, quality=100)

    assert b"Adobe" in jpeg
    assert near(colour(encoded(flat("CMYK", mix), "TIFF", icc_profile=profile)), colour(jpeg), 2)


@pytest.mark.parametrize(
    "lab", [(50, 0, 0), (100, 0, 0), (0, 0, 0), (60, 30, -40), (80, -20, 50), (33, 12, 9)]
)
def test_lab_becomes_srgb(lab: tuple[int, int, int]) -> None:
    """Lab has no primaries: its numbers are the colour itself."""
    stored = (round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128)

    found = colour(encoded(flat("LAB", stored), "TIFF"))

    assert near(icc.to_srgb(icc.lab_to_xyz(stored[0] / 2.55, lab[1], lab[2])), found)


@pytest.mark.parametrize("level", [0, 1, 60, 128, 200, 255])
def test_a_grey_of_its_own_gamma_becomes_srgb(level: int) -> None:
    """An old Macintosh's grey is darker than its number says."""
    expected = icc.to_srgb(icc.from_matrix(icc.SRGB, lambda value: value ** (461 / 256), (level,) * 3))

    found = colour(encoded(flat("L", level), "PNG", icc_profile=icc.grey_profile(icc.gamma(461 / 256))))

    assert near(expected, found)


def test_a_translucent_grey_keeps_its_profile() -> None:
    """The profile says what the grey is, however much of it is to be seen."""
    profile = icc.grey_profile(icc.gamma(1))

    image = drawn(encoded(flat("LA", (100, 255)), "PNG", icc_profile=profile)).image
    clear = drawn(encoded(flat("LA", (100, 128)), "PNG", icc_profile=profile)).image

    grey = icc.to_srgb(icc.from_matrix(icc.SRGB, float, (100,) * 3))
    assert ("RGB", "RGBa") == (image.mode, clear.mode)
    assert near(grey, colour_of(image))
    assert near([round(level * 128 / 255) for level in grey], colour_of(clear)[:3])


def colour_of(image: Image.Image) -> Sequence[int]:
    found = image.getpixel((0, 0))
    assert isinstance(found, tuple)
    return found


def test_a_grey_that_names_the_profile_of_colours_is_read_by_it() -> None:
    """Some programs store a grey picture with the profile of the colours that it once had."""
    profile = icc.matrix_profile(icc.ADOBE, icc.gamma(1))
    expected = icc.to_srgb(icc.from_matrix(icc.ADOBE, float, (90, 90, 90)))

    assert near(expected, colour(encoded(flat("L", 90), "PNG", icc_profile=profile)))


def test_translucent_colours_keep_their_coverage() -> None:
    """A profile changes colours, not how much of them covers."""
    profile = icc.matrix_profile(icc.ADOBE, icc.gamma(563 / 256))
    image = drawn(encoded(flat("RGBA", (100, 150, 120, 128)), "PNG", icc_profile=profile)).image
    plain = icc.to_srgb(icc.from_matrix(icc.ADOBE, lambda value: value ** (563 / 256), (100, 150, 120)))

    assert "RGBa" == image.mode
    assert near([*(round(level * 128 / 255) for level in plain), 128], colour_of(image))


def _deep_png(kind: int, *values: int, extra: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    row = b"\0" + struct.pack(f">{len(values)}H", *values) * 16
    return png(header(16, 16, bits=16, kind=kind), *extra, pixels(row * 16))


@pytest.mark.parametrize("value", [0, 128, 129, 257, 32_768, 65_000, 65_535])
def test_sixteen_bits_become_the_nearest_of_eight(value: int) -> None:
    """Greys are rounded; colours may be a level off, as their decoder cuts."""
    nearest = round(value / 257)

    assert (nearest,) * 3 == tuple(colour(_deep_png(0, value)))
    assert near((nearest,) * 3, colour(_deep_png(2, value, value, value)))
    assert near((nearest,) * 3, colour(_deep_tiff(value)))


def _deep_tiff(value: int) -> bytes:
    image = Image.new("I", (16, 16), value).convert("I;16")
    return encoded(image, "TIFF", compression="tiff_adobe_deflate")


def test_the_clear_grey_of_sixteen_bits_is_clear() -> None:
    """One value of 65,536 may be named transparent, and its neighbours are not."""
    clear = ((b"tRNS", struct.pack(">H", 32_768)),)

    assert 0 == colour(_deep_png(0, 32_768, extra=clear))[3]
    assert "RGB" == drawn(_deep_png(0, 32_769, extra=clear)).image.mode
    assert "RGB" == drawn(_deep_png(0, 32_768 + 256, extra=clear)).image.mode


def test_a_palette_may_have_clear_colours() -> None:
    """What a palette names transparent lets the product through."""
    image = flat("P", 1)
    image.putpalette([255, 0, 0, 0, 200, 0])

    seen, clear = (colour(encoded(image, "PNG", transparency=bytes((255, alpha)))) for alpha in (255, 0))

    assert (0, 200, 0) == tuple(seen[:3])
    assert (0, 0, 0, 0) == tuple(clear)


def test_a_palette_has_a_profile_too() -> None:
    """Its colours are no more sRGB than others."""
    image = flat("P", 1)
    image.putpalette([255, 0, 0, 100, 150, 120])
    profile = icc.matrix_profile(icc.P3, _SRGB)
    expected = icc.to_srgb(icc.from_matrix(icc.P3, icc.srgb_curve, (100, 150, 120)))

    assert near(expected, colour(encoded(image, "PNG", icc_profile=profile)))


_FRAMES: list[tuple[str, Callable[[Image.Image], Image.Image]]] = [
    ("GIF", lambda image: image.convert("P")),
    ("PNG", lambda image: image),
    ("WEBP", lambda image: image),
    ("AVIF", lambda image: image),
    ("TIFF", lambda image: image),
]


@pytest.mark.parametrize(("kind", "ready"), _FRAMES)
def test_the_first_frame_is_printed(kind: str, ready: Callable[[Image.Image], Image.Image]) -> None:
    """Of what moves, or has pages, the beginning counts."""
    red, blue = ready(flat("RGB", (204, 0, 51))), ready(flat("RGB", (0, 51, 204)))

    moving = encoded(red, kind, save_all=True, append_images=[blue])

    assert near((204, 0, 51), colour(moving), 4)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_every_kind_is_turned_upright(kind: str, orientation: int) -> None:
    """How the camera was held is noted in each format its own way."""
    upright = Image.new("RGB", (64, 32), (250, 250, 250))
    upright.paste((200, 0, 0), (0, 0, 32, 16))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    note = Image.Exif()
    note[0x0112] = orientation

    content = encoded(stored, kind, exif=note, **({"lossless": True} if kind == "WEBP" else {}))
    picture = pictures.opened(content)
    size, image = picture.size, pictures.decoded(picture).image

    assert (64, 32) == size == image.size
    assert near((200, 0, 0), colour_of(image), 30)


def test_a_camera_note_behind_the_pixels_counts() -> None:
    """In a PNG it may stand anywhere."""
    note = Image.Exif()
    note[0x0112] = 6
    plain = encoded(Image.new("RGB", (30, 20)), "PNG")
    chunk = b"eXIf" + note.tobytes().removeprefix(b"Exif\0\0")
    late = (
        plain[:-12]
        + struct.pack(">I", len(chunk) - 4)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + plain[-12:]
    )

    assert (20, 30) == pictures.opened(late).size


def test_what_is_guessed_about_colours_is_said() -> None:
    """Inks without a profile and a broken profile are doubts, known before anything is decoded."""
    inks = encoded(flat("CMYK", (9, 9, 9, 9)), "TIFF")
    garbled = encoded(flat("RGB", (9, 9, 9)), "PNG", icc_profile=b"\x5a" * 900)
    wrong = encoded(flat("RGB", (9, 9, 9)), "PNG", icc_profile=_INKS.profile(steps=2))
    honest = encoded(flat("LA", (9, 9)), "PNG", icc_profile=icc.grey_profile(icc.gamma(1)))

    doubts = [pictures.doubt(pictures.opened(content)) for content in (inks, garbled, wrong, honest)]

    assert ["its CMYK colours name no profile", *["its colour profile cannot be read"] * 2, ""] == doubts
    assert doubts == [drawn(content).doubt for content in (inks, garbled, wrong, honest)]


@pytest.mark.parametrize("share", [1, 2, 4, 8])
def test_decoding_smaller_keeps_the_colour(share: int) -> None:
    """Half, a quarter, an eighth: the size changes and the colour does not."""
    content = encoded(Image.new("RGB", (161, 97), (100, 150, 120)), "PNG")

    image = pictures.decoded(pictures.opened(content), share=share).image

    assert (-(-161 // share), -(-97 // share)) == image.size
    assert (100, 150, 120) == colour_of(image)


def test_a_hundred_pictures_do_not_change_each_other() -> None:
    """Colours are transformed in place, in a copy that nobody else holds."""
    profile = icc.matrix_profile(icc.P3, _SRGB)
    content = encoded(flat("RGB", (100, 150, 120)), "PNG", icc_profile=profile)
    decode = partial(colour, content)

    assert 1 == len({tuple(decode()) for _ in range(100)})
    assert io.BytesIO(content).getvalue() == content
