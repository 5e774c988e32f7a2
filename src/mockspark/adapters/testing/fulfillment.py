"""The conformance kit for fulfillment providers: subclass it, say how the API answers, run pytest.

    class TestAcme(FulfillmentProviderConformance):
        plugin = PLUGIN
        settings = {"token": "s3cret-token"}

        def remote(self, request, scenario):
            ...

Every test stands for one promise of the port. Abilities that the provider does not have are skipped by name.
"""

from mockspark.adapters.testing.provider_abilities import EveryAbility
from mockspark.adapters.testing.provider_promises import EveryProvider


class FulfillmentProviderConformance(EveryProvider, EveryAbility):
    """What every fulfillment provider promises; see `ProviderBench` for what a subclass says."""
