"""Where fuzzing starts from is tried at every run of the tests; what fuzzing found is in there."""

import pytest

from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from tests.hostile import papers
from tests.hostile.targets import targets

# Pictures are tried where their limits are, in test_foreign_files.
_HERE = sorted(targets().keys() - {"pictures"})


@pytest.mark.parametrize("name", _HERE)
def test_no_seed_makes_a_reader_fail(name: str) -> None:
    """Whatever the bytes, there is a value or a refusal."""
    target = targets()[name]

    for seed in target.seeds():
        target.attempt(seed)


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "no document",
        "100,000 lists deep",
        "100,000 objects deep",
        "members 900 deep",
        "numbers that are none",
        "numbers without end",
        "half a letter",
        "half a letter in bytes",
        "groups in groups",
        "truth for a number",
        "a layer that is a word",
        "ten thousand layers",
    ],
)
def test_a_document_that_is_no_design_is_refused_in_words(name: str) -> None:
    """Too deep, too long, no JSON or no text: each is an invalid value, never a failure of the reader."""
    content = dict(papers.hostile_designs())[name]

    with pytest.raises(InvalidValue):
        Design.read(content.decode(errors="surrogateescape"))
