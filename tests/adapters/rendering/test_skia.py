"""Skia paints what the display list says, as the kit demands of every renderer."""

from typing import Any

import pytest
from attrs import evolve

from mockspark.adapters.plugins import NoOptions, RendererPlace
from mockspark.adapters.rendering import skia_plugin
from mockspark.adapters.rendering.pillow import PillowRenderer
from mockspark.adapters.rendering.workshop import Workshop
from mockspark.adapters.testing.renderers import RendererConformance
from mockspark.application.errors import Unavailable
from mockspark.application.ports.rendering import Renderer
from mockspark.entrypoints.drawing import workshop
from tests.adapters.rendering.making import fresh


def _fresh() -> Workshop:
    from mockspark.adapters.rendering.skia import painter_of

    return evolve(fresh(), painter_of=painter_of, hand="skia")


class TestSkia(RendererConformance):
    """The second renderer."""

    @pytest.fixture
    def renderer(self) -> Renderer:
        pytest.importorskip("skia", reason="skia-python is not installed")
        return PillowRenderer(_fresh, threads=2)


def test_a_missing_skia_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who chose it without having it hears the command, at the start and not at the first order."""
    monkeypatch.setattr(skia_plugin, "find_spec", lambda _: None)
    place: RendererPlace[Any] = RendererPlace(settings=NoOptions(), run=None, workshop=workshop)  # type: ignore[arg-type]  # never run

    with pytest.raises(Unavailable, match=r"pip install"):
        skia_plugin.PLUGIN.build(place)
