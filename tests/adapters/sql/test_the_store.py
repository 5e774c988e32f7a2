"""The contract of a store, on SQLite and on PostgreSQL."""

from mockspark.adapters.testing.stores import StoreConformance


class TestStore(StoreConformance):
    """Both databases keep every promise; SQLite searches titles through its full-text index."""
