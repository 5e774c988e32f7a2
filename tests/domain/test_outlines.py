"""Outlines as text: what editors draw is what was set."""

from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.outlines import COUNTS, Outline

NUMBERS = st.floats(-1e6, 1e6)


def _commands() -> st.SearchStrategy[list[tuple[str, tuple[float, ...]]]]:
    kinds = [st.tuples(st.just(verb), st.tuples(*[NUMBERS] * count)) for verb, count in COUNTS.items()]
    return st.lists(st.one_of(kinds), max_size=8)


@given(_commands())
def test_path_data_reads_back_in_whole_units(commands: list[tuple[str, tuple[float, ...]]]) -> None:
    """Written as SVG path data and read again, an outline is itself, rounded."""
    outline = Outline.of([("M", (0.0, 0.0)), *commands])

    again = Outline.read(outline.path())

    assert (outline.verbs, tuple(map(round, outline.numbers))) == (again.verbs, again.numbers)


def test_path_data_has_as_many_digits_as_are_asked_for() -> None:
    """Rounded to the nearest, without an exponent."""
    outline = Outline("MLZ", (0.0, -0.26, 1e7, 2.349))

    assert "M0.0 -0.3L10000000.0 2.3Z" == outline.path(1)
    assert "M0 0L10000000 2Z" == outline.path()
    assert "" == Outline().path()
