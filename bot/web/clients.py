"""Who asks: the address of the client, also behind a proxy, and how often it may ask."""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from aiohttp import web

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MOST_CLIENTS: Final = 20_000  # whose rate is remembered; beyond that, those that asked longest ago are forgotten
NETWORK_BITS: Final = 64  # of an IPv6 address: one client has all the addresses of such a network
BURST_SECONDS: Final = 20.0  # so many seconds' worth of requests may come at once


def resolved(request: web.Request, proxies: Sequence[Network]) -> web.Request:
    """Returns the request with the address and the scheme that the client used.

    Only a proxy in `proxies` is believed. Each proxy adds the address that it was asked from at the end of
    X-Forwarded-For, so the last address that is no trusted proxy is the client. What stands before it is the client's
    own invention.
    """
    if not proxies or not _is_one_of(parsed(request.remote), proxies):
        return request
    client = request.remote
    for text in reversed(",".join(request.headers.getall("X-Forwarded-For", [])).split(",")):
        address = parsed(text.strip())
        if address is None:
            break
        client = str(address)
        if not _is_one_of(address, proxies):
            break
    scheme = request.headers.get("X-Forwarded-Proto", "").strip().lower()
    if scheme not in ("http", "https"):
        scheme = request.scheme
    return request.clone(remote=client or "", scheme=scheme)


def parsed(text: str | None) -> Address | None:
    """Returns the IP address that this is, or None. An IPv4 address may be written as an IPv6 one."""
    try:
        address = ip_address((text or "").partition("%")[0].strip("[]"))
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _is_one_of(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


class RateLimit:
    """How many requests a minute each client may make, with short bursts.

    Each client has a level that rises by one with each request and drains evenly.
    """

    def __init__(self, per_minute: int, steady: Callable[[], float]) -> None:
        """`steady` returns seconds since any fixed moment."""
        self._interval = 60.0 / per_minute  # seconds in which one request drains
        self._burst = max(1.0, per_minute * BURST_SECONDS / 60.0)
        self._steady = steady
        self._free_at: OrderedDict[str, float] = OrderedDict()  # by client: when its level is 0

    def seconds_to_wait(self, client: str | None) -> int:
        """Count a request. Returns 0, or the seconds after which the client may ask again: this one is refused."""
        key, now = _key(client), self._steady()
        free_at = max(now, self._free_at.get(key, now))
        wait = free_at - now - (self._burst - 1) * self._interval
        if wait > 1e-9:
            return max(1, math.ceil(wait))
        self._free_at[key] = free_at + self._interval
        self._free_at.move_to_end(key)
        while len(self._free_at) > MOST_CLIENTS:
            self._free_at.popitem(last=False)
        return 0


def _key(client: str | None) -> str:
    address = parsed(client)
    if isinstance(address, IPv6Address):
        return str(int(address) >> (address.max_prefixlen - NETWORK_BITS))
    return str(address)
