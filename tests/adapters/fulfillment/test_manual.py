"""Printing it yourself keeps what every provider promises."""

from mockspark.adapters.fulfillment.manual import PLUGIN
from mockspark.adapters.testing.fulfillment import FulfillmentProviderConformance


class TestManual(FulfillmentProviderConformance):
    """Manual, against the kit."""

    plugin = PLUGIN
    settings = {"shipping_price": 490, "item_price": "350", "currency": "eur"}
    keys = {"name": "Mug"}
