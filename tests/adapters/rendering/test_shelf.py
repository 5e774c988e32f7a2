"""What is kept for the next drawing is never what was wrong with this one."""

from attrs import evolve
from PIL import Image

from mockspark.adapters.rendering import pillow
from mockspark.adapters.rendering.shelf import Shelf
from mockspark.adapters.testing.renderers import encoded, found, image_layer, job, text_layer
from mockspark.domain.files import Check
from mockspark.entrypoints.drawing import workshop


def test_a_damaged_picture_is_named_every_time() -> None:
    """Bands that lack it are not kept: drawn again, the item would be ready without its picture."""
    whole = encoded(Image.effect_noise((400, 400), 90).convert("RGB"), "JPEG", quality=95)
    asked = job(
        image_layer("a", 0, 0, 300, 300),
        text_layer("Zoe", 0, 0, 300, 99),
        assets={"a": whole[: len(whole) // 2]},
    )
    place = evolve(workshop(), shelf=Shelf())

    first, second = (pillow.draw(asked, lambda: place) for _ in range(2))

    assert ["L0"] == found(first, Check.RENDERING) == found(second, Check.RENDERING)
