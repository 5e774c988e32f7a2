"""Why an item waits for somebody, and where it goes afterwards."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import field, frozen, validators

from mockspark.domain.errors import InvalidValue
from mockspark.domain.status import Status


class HoldReason(StrEnum):
    """The closed list of reasons; each has one fixing action in `FIX`."""

    MISSING_PERSONALIZATION = "missing_personalization"
    UNMAPPED_PRODUCT = "unmapped_product"
    VARIANT_UNAVAILABLE = "variant_unavailable"
    OUT_OF_STOCK = "out_of_stock"
    RENDER_FAILED = "render_failed"
    LOW_RESOLUTION = "low_resolution"
    MISSING_GLYPH = "missing_glyph"
    BLANK_OR_PLACEHOLDER_ART = "blank_or_placeholder_art"
    ADDRESS_INCOMPLETE = "address_incomplete"
    ADDRESS_UNVERIFIED = "address_unverified"
    ADDRESS_LIMIT = "address_limit"
    SHIPPING_NOT_POSSIBLE = "shipping_not_possible"
    PAYMENT_AT_PROVIDER = "payment_at_provider"
    PROVIDER_REJECTED = "provider_rejected"
    PROVIDER_HOLD = "provider_hold"
    PROVIDER_UNREACHABLE = "provider_unreachable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    STORE_CANCELLED_AFTER_SEND = "store_cancelled_after_send"
    STORE_CHANGED = "store_changed"
    STORE_HOLD = "store_hold"
    CUSTOMER_PROOF_PENDING = "customer_proof_pending"
    IP_REVIEW = "ip_review"
    MANUAL = "manual"
    OTHER = "other"


class HoldOrigin(StrEnum):
    """Who asked to wait."""

    SYSTEM = "system"
    MERCHANT = "merchant"
    PROVIDER = "provider"
    STORE = "store"


FIX: Final[dict[HoldReason, str]] = {
    HoldReason.MISSING_PERSONALIZATION: "Redesign: enter what the customer wanted printed.",
    HoldReason.UNMAPPED_PRODUCT: "Map the product to a provider's variant, then release the item.",
    HoldReason.VARIANT_UNAVAILABLE: "Choose another variant in Redesign, or map the product elsewhere.",
    HoldReason.OUT_OF_STOCK: "Choose another variant or provider, or release when it is back in stock.",
    HoldReason.RENDER_FAILED: "Retry the rendering by releasing the item, or Redesign.",
    HoldReason.LOW_RESOLUTION: "Redesign: replace the picture by a larger one, or release by name.",
    HoldReason.MISSING_GLYPH: "Redesign: choose a font that has the named characters.",
    HoldReason.BLANK_OR_PLACEHOLDER_ART: "Redesign: fill the empty area or replace the placeholder.",
    HoldReason.ADDRESS_INCOMPLETE: "Complete the address in the store, then Sync.",
    HoldReason.ADDRESS_UNVERIFIED: "Confirm the address with the buyer, then release by name.",
    HoldReason.ADDRESS_LIMIT: "Shorten the named address line in the store, then Sync.",
    HoldReason.SHIPPING_NOT_POSSIBLE: "Choose another shipping method or provider.",
    HoldReason.PAYMENT_AT_PROVIDER: "Settle the payment in the provider's account.",
    HoldReason.PROVIDER_REJECTED: "Read the provider's answer, mend what it names, send again.",
    HoldReason.PROVIDER_HOLD: "Open the order at the provider and answer its question.",
    HoldReason.PROVIDER_UNREACHABLE: "Send again when the provider is reachable.",
    HoldReason.OUTCOME_UNKNOWN: "Look for the order at the provider, then confirm the resend or adopt it.",
    HoldReason.STORE_CANCELLED_AFTER_SEND: "Ask the provider whether the order can still be cancelled.",
    HoldReason.STORE_CHANGED: "Look at the changes of the store order, then release or cancel.",
    HoldReason.STORE_HOLD: "Release the hold in the store, then Sync.",
    HoldReason.CUSTOMER_PROOF_PENDING: "Wait for the customer's approval, or release by name.",
    HoldReason.IP_REVIEW: "Decide whether the artwork may be printed, then release or cancel.",
    HoldReason.MANUAL: "Release the item when it may go on.",
    HoldReason.OTHER: "Read the note, then release or cancel.",
}


@frozen(kw_only=True)
class Hold:
    """Why an item waits, since when, and the status it returns to."""

    reason: HoldReason
    origin: HoldOrigin
    note: str = ""
    since: datetime = field()
    resume: Status = field(
        validator=validators.in_((Status.GENERATING, Status.READY_TO_FULFILL, Status.BEING_FULFILLED))
    )

    @since.validator
    def _aware(self, _: object, value: datetime) -> None:
        if value.tzinfo is None:
            raise InvalidValue("a hold needs an aware time")

    @property
    def fix(self) -> str:
        """Say what a person can do about it."""
        return FIX[self.reason]
