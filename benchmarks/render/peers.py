"""The same scenes drawn by others, each in the way that its documentation proposes."""

import io
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from PIL import Image, ImageCms, ImageDraw, ImageFont

from benchmarks.scenes import Picture, SceneOf

Assets = Mapping[str, bytes]
Draw = Callable[[SceneOf, Assets], bytes]

_FILL: Final = "#f4c20d"
_STROKE: Final = "#1c3f66"


def plain_pillow(scene: SceneOf, assets: Assets) -> bytes:
    """Decode, resize, rotate, composite, save: all of it at Pillow's defaults."""
    return _pillow(scene, assets, {})


def fast_pillow(scene: SceneOf, assets: Assets) -> bytes:
    """The same with the fastest compression that Pillow has."""
    return _pillow(scene, assets, {"compress_level": 1})


def _pillow(scene: SceneOf, assets: Assets, saving: Mapping[str, int]) -> bytes:
    sheet = Image.new("RGBA", (scene.width, scene.height))
    for picture in scene.pictures:
        card = Image.open(io.BytesIO(assets[picture.asset])).convert("RGBA")
        card = card.resize((picture.width, picture.height)).rotate(-picture.turn, expand=True)
        at = (picture.x - (card.width - picture.width) // 2, picture.y - (card.height - picture.height) // 2)
        _over(sheet, card, at)
    _words(sheet, scene)
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sheet.save(out, "PNG", dpi=(300, 300), icc_profile=profile, **saving)
    return out.getvalue()


def _over(sheet: Image.Image, card: Image.Image, at: tuple[int, int]) -> None:
    left, top = max(-at[0], 0), max(-at[1], 0)
    sheet.alpha_composite(card.crop((left, top, card.width, card.height)), (max(at[0], 0), max(at[1], 0)))


def _words(sheet: Image.Image, scene: SceneOf) -> None:
    draw = ImageDraw.Draw(sheet)
    for words in scene.words:
        at = (words.x + words.width / 2, words.y)
        font = ImageFont.load_default(words.size)
        draw.text(at, words.text, _FILL, font, anchor="ma", stroke_width=words.stroke, stroke_fill=_STROKE)


def vips_fast(scene: SceneOf, assets: Assets) -> bytes:
    """Libvips as a pipeline that runs once, at its fastest compression."""
    return _vips(scene, assets, {"compression": 1})


def vips_small(scene: SceneOf, assets: Assets) -> bytes:
    """Libvips as a pipeline that runs once, at its default compression."""
    return _vips(scene, assets, {"compression": 6})


def _vips(scene: SceneOf, assets: Assets, saving: Mapping[str, int]) -> bytes:
    import pyvips

    sheet = pyvips.Image.black(scene.width, scene.height, bands=4).copy(interpretation="srgb")
    layers, xs, ys = [], [], []
    for picture in scene.pictures:
        card = pyvips.Image.new_from_buffer(assets[picture.asset], "")
        card = card if card.hasalpha() else card.addalpha()
        card = card.premultiply().resize(
            picture.width / card.width, vscale=picture.height / card.height, kernel="lanczos3"
        )
        card, left, top = _vips_turned(card, picture)
        layers.append(card.unpremultiply().cast("uchar"))
        xs.append(left)
        ys.append(top)
    for words in scene.words:
        strip = Image.new("RGBA", (scene.width, words.height + 2 * words.stroke))
        _words(strip, _alone(scene, words.text))
        layers.append(
            pyvips.Image.new_from_memory(strip.tobytes(), strip.width, strip.height, 4, "uchar").copy(
                interpretation="srgb"
            )
        )
        xs.append(0)
        ys.append(words.y)
    made = sheet.composite(layers, ["over"] * len(layers), x=xs, y=ys)
    return bytes(made.copy(xres=300 / 25.4, yres=300 / 25.4).pngsave_buffer(profile="srgb", **saving))


def _vips_turned(card: Any, picture: Picture) -> tuple[Any, int, int]:
    import pyvips

    if not picture.turn:
        return card, picture.x, picture.y
    angle = math.radians(picture.turn)
    cos, sin = math.cos(angle), math.sin(angle)
    width = math.ceil(card.width * abs(cos) + card.height * abs(sin)) + 2
    height = math.ceil(card.width * abs(sin) + card.height * abs(cos)) + 2
    left = math.floor(picture.x + (picture.width - width) / 2)
    top = math.floor(picture.y + (picture.height - height) / 2)
    # Where a pixel's centre is a whole number, the middle of n pixels is (n - 1) / 2.
    x, y = picture.x + picture.width / 2 - left - 0.5, picture.y + picture.height / 2 - top - 0.5
    u, v = (card.width - 1) / 2, (card.height - 1) / 2
    turned = card.affine(
        [cos, -sin, sin, cos],
        oarea=[0, 0, width, height],
        odx=x - cos * u + sin * v,
        ody=y - sin * u - cos * v,
        interpolate=pyvips.Interpolate.new("bicubic"),
        extend="background",
    )
    return turned, left, top


def _alone(scene: SceneOf, text: str) -> SceneOf:
    from attrs import evolve

    words = tuple(evolve(words, y=0) for words in scene.words if words.text == text)
    return evolve(scene, pictures=(), words=words)


def skia(scene: SceneOf, assets: Assets) -> bytes:
    """Skia on one surface of the whole sheet, with its own PNG writer."""
    import skia as sk

    surface = sk.Surface(scene.width, scene.height)
    with surface as canvas:
        for picture in scene.pictures:
            _skia_picture(canvas, picture, assets[picture.asset])
        for words in scene.words:
            strip = Image.new("RGBA", (scene.width, words.height + 2 * words.stroke))
            _words(strip, _alone(scene, words.text))
            canvas.drawImage(
                sk.Image.frombytes(strip.tobytes(), strip.size, sk.kRGBA_8888_ColorType), 0, words.y
            )
    return bytes(surface.makeImageSnapshot().encodeToData(sk.kPNG, 100))


def _skia_picture(canvas: Any, picture: Picture, content: bytes) -> None:
    import skia as sk

    image = sk.Image.MakeFromEncoded(content)
    canvas.save()
    canvas.rotate(picture.turn, picture.x + picture.width / 2, picture.y + picture.height / 2)
    target = sk.Rect.MakeXYWH(picture.x, picture.y, picture.width, picture.height)
    smooth = sk.SamplingOptions(sk.FilterMode.kLinear, sk.MipmapMode.kLinear)
    canvas.drawImageRect(image, target, smooth, sk.Paint(AntiAlias=True))
    canvas.restore()


PEERS: Final[Mapping[str, Draw]] = {
    "plain Pillow": plain_pillow,
    "Pillow, level 1": fast_pillow,
    "pyvips, level 1": vips_fast,
    "pyvips, level 6": vips_small,
    "Skia, one surface": skia,
}
