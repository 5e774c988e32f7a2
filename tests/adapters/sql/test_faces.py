"""What the list shows is read back as it was written."""

import json

import pytest

from mockspark.adapters.sql.faces import _read


@pytest.mark.parametrize("title", ["Mug", "Tasse \u00fc", "\U0001f600", "\0", "\ud83d", "\udc00 tail"])
def test_whatever_a_customer_typed_is_read_back(title: str) -> None:
    """Halves of characters, too: a title that somebody cut must not spoil the list."""
    assert {"title": title} == _read(json.dumps({"title": title}))
