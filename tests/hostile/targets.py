"""What is fuzzed: for each target, what it may answer to any bytes, and files to start from."""

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from attrs import frozen

from tests.hostile import corpus, drawings, papers

_SMALL: Final = 60_000


@frozen(kw_only=True)
class Target:
    """*attempt* returns for every input, or raises: then the input is a find.

    What is *written* has words, which are worth trying elsewhere.
    """

    name: str
    attempt: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    longest: int = 100_000
    written: bool = False


def targets() -> dict[str, Target]:
    """Return all that can be fuzzed here."""
    known = [
        Target(name="pictures", attempt=_picture, seeds=_pictures),
        Target(name="designs", attempt=_design, seeds=papers.designs, longest=20_000, written=True),
        Target(name="fonts", attempt=_font, seeds=papers.fonts, longest=60_000),
    ]
    if find_spec("mockspark.adapters.importing"):
        known += [target for target in _imports() if target is not None]
    return {target.name: target for target in known}


def _picture(content: bytes) -> None:
    from mockspark.adapters.rendering.judging import judged

    verdict, made = judged(content)
    if set(verdict) not in ({"refused"}, {"width", "height", "media_type", "note"}) or made:
        raise AssertionError(f"no verdict: {verdict}")


def _pictures() -> Iterator[bytes]:
    return (file.content for file in corpus.files() if len(file.content) <= _SMALL)


def _design(content: bytes) -> None:
    from mockspark.domain.design import Design
    from mockspark.domain.errors import InvalidValue

    try:
        design = Design.read(content.decode(errors="surrogateescape"))
    except InvalidValue:
        return
    again = Design.read(design.canonical)
    if again != design or again.id != design.id:
        raise AssertionError("a design that was read is not the same when it is read again")


def _font(content: bytes) -> None:
    from mockspark.adapters.typesetting.sanitising import judged

    verdict, made = judged(content)
    if ("refused" in verdict) == bool(made):
        raise AssertionError(f"no verdict: {verdict}")
    if made and "refused" in judged(made)[0]:
        raise AssertionError("a font that was put together again is refused")


def _imports() -> Iterator[Target | None]:
    yield _imported("drawings", "mockspark.adapters.importing.svg", "drawing", _drawings)
    yield _imported("canvases", "mockspark.adapters.importing.fabric", "imported", papers.canvases)


def _drawings() -> Iterator[bytes]:
    return (content for _, content in drawings.hostile() if len(content) <= _SMALL)


def _imported(name: str, module: str, function: str, seeds: Callable[[], Iterator[bytes]]) -> Target | None:
    """Return the target of an importer, once there is one: it may refuse, in words, and nothing else."""
    read: Callable[[bytes], Any] | None = None
    if find_spec(module):
        read = getattr(import_module(module), function, None)
    if read is None:
        return None

    def attempt(content: bytes) -> None:
        from mockspark.application.errors import Rejected
        from mockspark.domain.errors import InvalidValue

        try:
            read(content)
        except (InvalidValue, Rejected):
            return

    return Target(name=name, attempt=attempt, seeds=seeds, longest=20_000, written=True)
