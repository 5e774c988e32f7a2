"""Skia as a plug-in; loads without it, and says what to do when it is chosen and missing."""

from functools import cache, partial
from importlib import import_module
from typing import Final

from attrs import evolve

from mockspark.adapters.plugins import NoOptions, RendererPlace, RendererPlugin
from mockspark.adapters.rendering.pillow import PillowRenderer
from mockspark.adapters.rendering.workshop import OpensWorkshop, Workshop
from mockspark.application.errors import Unavailable


def _build(place: RendererPlace[NoOptions]) -> PillowRenderer:
    """Return the renderer of bands, with painters by Skia; raises Unavailable where Skia cannot be used."""
    _check()  # at the start, not at the first order
    return PillowRenderer(with_skia(place.workshop), place.run, place.threads)


def _check() -> None:
    try:
        import_module("skia")
    except ModuleNotFoundError as missing:
        words = 'the renderer "skia" needs a package: pip install "mockspark[skia]"'
        raise Unavailable(words) from missing
    except ImportError as problem:
        words = (
            f'the renderer "skia" does not start ({problem}): install the OpenGL libraries of the system, '
            "on Debian and Ubuntu: apt install libgl1 libegl1"
        )
        raise Unavailable(words) from problem


def with_skia(workshop: OpensWorkshop) -> OpensWorkshop:
    """Return what opens *workshop* with Skia's painters."""
    return partial(_opened, workshop)


@cache
def _opened(workshop: OpensWorkshop) -> Workshop:
    from mockspark.adapters.rendering.skia import painter_of

    return evolve(workshop(), painter_of=painter_of, hand="skia")


PLUGIN: Final = RendererPlugin(key="skia", title="Skia", settings=NoOptions, build=_build, check=_check)
