"""Bodies as callers really send them, for the API's description."""

from collections.abc import Mapping
from typing import Any, Final

_ITEM: Final = "018f9a6e-6f5c-7b1a-9c3e-0a1b2c3d4e5f"
_OTHER: Final = "018f9a6e-7a01-7c44-8d52-5b7f0e9c1a20"
_CONNECTION: Final = "018f9a5b-12d4-7f0e-a3b6-9c8d7e6f5a41"
_LISTED: Final = "018f9a5c-3b11-7a52-b0de-6f1e2d3c4b5a"
_CHOSEN: Final[Mapping[str, Any]] = {"items": [_ITEM, _OTHER]}
_DESIGN: Final[Mapping[str, Any]] = {
    "schema": 1,
    "areas": {"front": {"w": 200_000, "h": 90_000}},
    "layers": [
        {
            "id": "name",
            "area": "front",
            "type": "text",
            "text": "Zoe",
            "x": 10_000,
            "y": 20_000,
            "w": 180_000,
            "h": 50_000,
            "size": 30_000,
        }
    ],
}
_LISTING: Final[Mapping[str, Any]] = {
    "match": "variant",
    "key": "43729076",
    "title": "Personalized mug, 11 oz",
    "connection": _CONNECTION,
    "variant": {"blueprint_id": "68", "print_provider_id": "9", "variant_id": "33719"},
    "variant_title": "Mug 11 oz",
    "print_areas": [{"key": "front", "width_px": 2475, "height_px": 1155}],
}

EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "redesignItem": {"design": _DESIGN},
    "viewDesign": {
        "design": _DESIGN,
        "area": {"key": "front", "width_px": 2475, "height_px": 1155},
        "zoom": 600,
    },
    "mockUpDesign": {"design": _DESIGN, "listing": _LISTED, "width": 600},
    "checkDesign": {"design": _DESIGN, "listing": _LISTED},
    "layOutText": {
        "layer": {"type": "text", "text": "Zoe", "w": 180_000, "h": 50_000, "size": 30_000, "fit": "shrink"}
    },
    "holdItems": {**_CHOSEN, "reason": "manual", "note": "asked the buyer about the spelling"},
    "releaseItems": {**_CHOSEN, "note": "the buyer answered", "versions": {_ITEM: 4}},
    "cancelItems": {**_CHOSEN, "reason": "the buyer changed their mind"},
    "markItemsFulfilled": {
        "items": [_ITEM],
        "shipment": {"number": "00340434161094000000", "carrier": "DHL"},
        "notify_store": True,
    },
    "archiveItems": {**_CHOSEN, "confirmed": False},
    "unarchiveItems": _CHOSEN,
    "commentOnItems": {**_CHOSEN, "text": "a birthday gift: send before Friday"},
    "clearFlags": {"items": [_ITEM], "flags": ["store_changed"]},
    "confirmAddress": {"items": [_ITEM], "note": "confirmed by phone"},
    "reprintItems": {"items": [_ITEM], "quantity": 1},
    "planSubmissions": {**_CHOSEN, "alone": [_OTHER]},
    "sendItems": {**_CHOSEN, "options": {_CONNECTION: {"shipping_method": "standard"}}},
    "undoSend": _CHOSEN,
    "settleUnknown": {"adopt": "5d39b159e7c48c000728c89f"},
    "exportItems": _CHOSEN,
    "downloadFiles": _CHOSEN,
    "addListing": _LISTING,
    "changeListing": {**_LISTING, "version": 3},
    "updateRules": {"grace_s": 30, "auto_send_s": 3600, "tell_customer": True},
    "connectProvider": {
        "provider": "printify",
        "title": "Our Printify",
        "settings": {"token": "eyJ0eXAiOiJKV1Qi...", "shop_id": "5432"},
    },
    "createToken": {"name": "warehouse screen", "scopes": ["items:read"]},
}
"""By operation id."""
