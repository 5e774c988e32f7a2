"""Loaded by pytest wherever MockSpark is installed: the kits' asserts explain themselves."""

import pytest

pytest.register_assert_rewrite("mockspark.adapters.testing")


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker that the kits use."""
    config.addinivalue_line("markers", "live: talks to a provider's sandbox; needs credentials")
