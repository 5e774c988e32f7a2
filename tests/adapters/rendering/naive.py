"""What one writes first: Pillow's resize, rotate and paste as they come. The kit must not let it through."""

import io

from attrs import evolve
from PIL import Image, ImageColor, ImageDraw, ImageFont

from mockspark.application.ports.rendering import RenderedArea, RenderJob
from mockspark.domain.design import Box, GroupLayer, ImageLayer, Layer, ShapeLayer, TextLayer


class NaiveRenderer:
    """Draws layer after layer onto one canvas."""

    async def render(self, job: RenderJob) -> RenderedArea:
        """Draw *job*, carelessly."""
        area = job.area
        canvas = Image.new("RGBA", (area.width_px, area.height_px))
        for layer in job.design.on(area.key):
            _draw(canvas, layer, job, layer.look.opacity, 0, 0)
        out = io.BytesIO()
        canvas.save(out, "PNG", dpi=(area.dpi, area.dpi))
        return RenderedArea(
            area=area.key,
            content=out.getvalue(),
            width_px=area.width_px,
            height_px=area.height_px,
            dpi=area.dpi,
            preview=b"",
        )


def _draw(canvas: Image.Image, layer: Layer, job: RenderJob, opacity: int, x: int, y: int) -> None:
    box = evolve(layer.box, x=layer.box.x + x, y=layer.box.y + y)
    match layer:
        case GroupLayer():
            for inner in layer.layers:
                _draw(canvas, inner, job, opacity * inner.look.opacity // 1000, box.x, box.y)
        case ImageLayer() if layer.asset in job.assets:
            _paste(canvas, _picture(layer, job.assets[layer.asset], *_size(box)), box, opacity)
        case ShapeLayer():
            _paste(canvas, _shape(layer, *_size(box)), box, opacity)
        case TextLayer():
            _paste(canvas, _text(layer, job.fonts.get(layer.font), *_size(box)), box, opacity)
        case _:
            pass


def _picture(layer: ImageLayer, content: bytes, width: int, height: int) -> Image.Image:
    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    left, top, right, bottom = layer.crop
    w, h = picture.size
    part = picture.crop((left * w // 1000, top * h // 1000, right * w // 1000, bottom * h // 1000))
    if "h" in layer.flip:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if "v" in layer.flip:
        part = part.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    return part.resize((width, height))


def _shape(layer: ShapeLayer, width: int, height: int) -> Image.Image:
    card = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(card)
    fill = layer.fill if isinstance(layer.fill, str) else layer.fill.stops[0].colour
    if layer.shape == "ellipse":
        pen.ellipse((0, 0, width - 1, height - 1), fill or None)
    elif layer.shape == "rect":
        pen.rounded_rectangle((0, 0, width - 1, height - 1), _px(layer.radius), fill or None)
    else:
        points = [_px(number) for number in layer.outline.numbers]
        pen.polygon(list(zip(points[0::2], points[1::2], strict=True)), fill or None)
    return card


def _text(layer: TextLayer, font: bytes | None, width: int, height: int) -> Image.Image:
    card = Image.new("RGBA", (width, height))
    chosen = (
        ImageFont.truetype(io.BytesIO(font), _px(layer.size))
        if font
        else ImageFont.load_default(_px(layer.size))
    )
    colour = ImageColor.getrgb(layer.fill) if isinstance(layer.fill, str) else (0, 0, 0)
    ImageDraw.Draw(card).text((width / 2, 0), layer.text, colour, chosen, anchor="ma", align="center")
    return card


def _paste(canvas: Image.Image, part: Image.Image, box: Box, opacity: int) -> None:
    if opacity < 1000:
        part.putalpha(part.getchannel("A").point(lambda value: value * opacity // 1000))
    turned = part.rotate(-box.turn / 1000, expand=True)
    middle = (_px(box.x + box.width / 2), _px(box.y + box.height / 2))
    canvas.paste(turned, (middle[0] - turned.width // 2, middle[1] - turned.height // 2), turned)


def _size(box: Box) -> tuple[int, int]:
    return max(_px(box.width), 1), max(_px(box.height), 1)


def _px(micrometres: float) -> int:
    return round(micrometres * 300 / 25_400)
