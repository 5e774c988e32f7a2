"""MockSpark: from a paid order of personalized products to a fulfilled item."""

__version__ = "0.1.0"
