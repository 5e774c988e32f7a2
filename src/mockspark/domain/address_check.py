"""Whether a parcel could arrive: what every door needs, and what one provider can take."""

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import Factory, frozen

from mockspark.domain.contact import Address
from mockspark.domain.holds import HoldReason

# Countries whose postal service sorts by state or province (Universal Postal Union, addressing systems).
_NEEDS_REGION: Final = frozenset({"US", "CA", "AU"})
# Countries and areas without postcodes (Universal Postal Union).
_NO_POSTCODES = (
    "AE AG AN AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GA GD GH GM GN GQ GY HK IE JM KE KI KM KN",
    "KP LC ML MO MR MS MU MW NR NU PA QA RW SB SC SL SO SR ST SY TF TG TK TL TO TT TV TZ UG VU YE ZW",
)
_NO_POSTCODE: Final = frozenset(" ".join(_NO_POSTCODES).split())


@frozen(kw_only=True)
class AddressProblem:
    """What is wrong with one field, in words that name the fix."""

    field: str
    reason: HoldReason
    words: str


@frozen(kw_only=True)
class AddressLimits:
    """What a provider can take: characters per field, and whether only Latin letters print on its labels."""

    max_length: Mapping[str, int] = Factory(dict)
    latin_only: bool = False
    needs_email: bool = False
    needs_phone: bool = False


def address_problems(
    address: Address | None, limits: AddressLimits | None = None, *, email: str = ""
) -> tuple[AddressProblem, ...]:
    """Say why a parcel could not arrive at *address*; empty when nothing speaks against it."""
    if address is None:
        return (
            _incomplete("address", "The order has no shipping address: complete it in the store, then Sync."),
        )
    limits = limits or AddressLimits()
    return (*_missing(address, limits, email), *_beyond(address, limits))


def _missing(address: Address, limits: AddressLimits, email: str) -> Iterator[AddressProblem]:
    needed = {
        "name": address.name or address.company,
        "line1": address.line1,
        "city": address.city,
        "country": address.country,
    }
    if address.country not in _NO_POSTCODE:
        needed["postal_code"] = address.postal_code
    if address.country in _NEEDS_REGION:
        needed["region"] = address.region
    if limits.needs_email:
        needed["email"] = email
    if limits.needs_phone:
        needed["phone"] = address.phone
    for name, value in needed.items():
        if not value.strip():
            words = (
                f"The shipping address has no {name.replace('_', ' ')}: complete it in the store, then Sync."
            )
            yield _incomplete(name, words)


def _beyond(address: Address, limits: AddressLimits) -> Iterator[AddressProblem]:
    for name in ("name", "company", "line1", "line2", "city", "region", "postal_code", "phone"):
        value = str(getattr(address, name))
        most = limits.max_length.get(name)
        if most is not None and len(value) > most:
            words = f"{name.replace('_', ' ')} has {len(value)} characters; the provider takes {most}."
            yield AddressProblem(field=name, reason=HoldReason.ADDRESS_LIMIT, words=words)
        if limits.latin_only and any(ord(letter) > 0x24F for letter in value):
            words = f"{name.replace('_', ' ')} has letters that the provider cannot print; write it in Latin letters."
            yield AddressProblem(field=name, reason=HoldReason.ADDRESS_LIMIT, words=words)


def _incomplete(name: str, words: str) -> AddressProblem:
    return AddressProblem(field=name, reason=HoldReason.ADDRESS_INCOMPLETE, words=words)
