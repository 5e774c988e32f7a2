"""Fetching the files that orders and uploads point to: from loopback only, so that a test never leaves the machine."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import anyio.to_thread

from mockspark.adapters.sandbox.printify_state import Fetched

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_WITHIN_S: Final = 20.0


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it could lead off the machine."""

    def redirect_request(self, *_: object) -> None:
        """Refuse, which makes the redirect an error."""


async def fetch_all(urls: Iterable[str]) -> Mapping[str, Fetched]:
    """Return what came of every address on loopback; the others are not tried."""
    near = [url for url in dict.fromkeys(urls) if _is_near(url)]
    return dict(zip(near, await asyncio.gather(*map(_fetch, near)), strict=True))


def _is_near(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK


async def _fetch(url: str) -> Fetched:
    return await anyio.to_thread.run_sync(_read, url)


def _read(url: str) -> Fetched:
    request = urllib.request.Request(url, headers={"User-Agent": "Printify-Sandbox"})  # noqa: S310 - http only
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Straight())
    try:
        with opener.open(request, timeout=_WITHIN_S) as answer:
            return Fetched(content=answer.read())
    except urllib.error.HTTPError as e:
        e.close()
        return Fetched(problem=f"cURL error 22: The requested URL returned error: {e.code}")
    except (OSError, ValueError):
        return Fetched(problem="cURL error 7: Failed to connect")
