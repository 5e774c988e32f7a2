"""The specification's numbers: every requirement, transition, complaint and invariant is quoted by a test."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__)
NUMBERS: Final[Mapping[str, range]] = {
    "R": range(1, 57),
    "T": range(1, 27),
    "D": range(1, 26),
    "Invariant ": range(1, 9),
}
"""R: requirements, T: transitions, D: complaints, Invariant: what always holds."""

ON_THE_SCREEN: Final[Mapping[str, str]] = {
    "R11": "an entry of the navigation bar",
    "R20": "that a search waits for its button; the search itself is tested by R12 to R19",
    "R34": "a dropdown; what stands in it is tested by R35 to R39",
}
"""What only a screen can show, with the reason."""

_RANGE: Final = re.compile(r"\b(R|T|D)(\d+) to \1(\d+)\b")
_NUMBER: Final = re.compile(r"\b(R|T|D|Invariants? )(\d+)((?:, \d+)*(?: to (\d+))?)")


def quoted(docstring: str) -> Iterator[str]:
    """Yield every number that a docstring quotes, those of ranges and lists included."""
    for kind, first, last in _RANGE.findall(docstring):
        yield from (f"{kind}{number}" for number in range(int(first), int(last) + 1))
    for kind, first, more, last in _NUMBER.findall(docstring):
        name = "Invariant " if kind.startswith("Invariant") else kind
        yield f"{name}{first}"
        if name == "Invariant ":
            yield from (f"{name}{number}" for number in re.findall(r"\d+", more))
            yield from (f"{name}{number}" for number in range(int(first), int(last or first) + 1))


def docstrings(module: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of each test of *module*."""
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


@pytest.fixture(scope="module")
def by_number() -> Mapping[str, Sequence[str]]:
    """Which tests quote which number."""
    found: dict[str, list[str]] = defaultdict(list)
    for module in sorted(HERE.parent.glob("test_the_spec_*.py")):
        for name, docstring in docstrings(module):
            for number in quoted(docstring):
                found[number].append(f"{module.stem}::{name}")
    return found


@pytest.mark.parametrize("kind", NUMBERS)
def test_every_number_is_quoted_by_a_test(kind: str, by_number: Mapping[str, Sequence[str]]) -> None:
    """No number of the specification is without a test, but for what only a screen can show."""
    numbers = [f"{kind}{number}" for number in NUMBERS[kind]]

    assert [] == [number for number in numbers if number not in {*by_number, *ON_THE_SCREEN}]


def test_no_test_quotes_what_is_not_there(by_number: Mapping[str, Sequence[str]]) -> None:
    """A mistyped number proves nothing."""
    known = {f"{kind}{number}" for kind, numbers in NUMBERS.items() for number in numbers}

    assert set() == set(by_number) - known


def test_what_only_a_screen_shows_is_short_and_untested_here(
    by_number: Mapping[str, Sequence[str]],
) -> None:
    """The list of exceptions holds nothing that a test covers already."""
    assert set() == set(ON_THE_SCREEN) & set(by_number)


def test_numbers_are_read_out_of_docstrings() -> None:
    """Single ones, lists and ranges; the name of a section is no number."""
    assert ["R1", "R2", "D18"] == list(quoted("R1, R2: nothing comes in early (D18)."))
    assert {"R43", "R44", "R45"} == set(quoted("R43 to R45: these and no others."))
    assert {"Invariant 1", "Invariant 2", "Invariant 3"} == set(quoted("Invariants 1 to 3 hold."))
    assert [] == list(quoted("section D.3, and the 3D view"))
