"""Skia as a plug-in; loads without it, and says what to do when it is chosen and missing."""

from functools import cache, partial
from importlib.util import find_spec
from typing import Final

from attrs import evolve

from mockspark.adapters.plugins import NoOptions, RendererPlace, RendererPlugin
from mockspark.adapters.rendering.pillow import PillowRenderer
from mockspark.adapters.rendering.workshop import OpensWorkshop, Workshop
from mockspark.application.errors import Unavailable


def _build(place: RendererPlace[NoOptions]) -> PillowRenderer:
    """Return the renderer of bands, with painters by Skia; raises Unavailable where Skia is not installed."""
    _check()  # at the start, not at the first order
    return PillowRenderer(with_skia(place.workshop), place.run, place.threads)


def _check() -> None:
    if find_spec("skia") is None:
        raise Unavailable('the renderer "skia" needs a package: pip install "mockspark[skia]"')


def with_skia(workshop: OpensWorkshop) -> OpensWorkshop:
    """Return what opens *workshop* with Skia's painters."""
    return partial(_opened, workshop)


@cache
def _opened(workshop: OpensWorkshop) -> Workshop:
    from mockspark.adapters.rendering.skia import painter_of

    return evolve(workshop(), painter_of=painter_of, hand="skia")


PLUGIN: Final = RendererPlugin(key="skia", title="Skia", settings=NoOptions, build=_build, check=_check)
