"""Where a customer's host may lead: public addresses only, resolved once, checked, and connected to as checked."""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from re import compile as pattern
from urllib.parse import urlsplit

from proxy.provider.account import LinkedAccount
from proxy.trace import Clock

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

PORTS = frozenset({443, 8443})
"""Others only for hosts that the operator names."""
INTERNAL_NAMES = (".internal", ".local", ".localhost", ".lan", ".home.arpa", ".intranet", ".corp", ".test")
PINNED_SECONDS = 30.0
PINNED_SECONDS_WITHOUT_DNS = 60.0
"""How long the last good address serves while the name cannot be resolved."""
PINS_KEPT = 4096

_EMBEDDING = (
    (ip_network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (ip_network("64:ff9b:1::/48"), 0),  # local NAT64, RFC 8215
    (ip_network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (ip_network("::ffff:0:0:0/96"), 0),  # IPv4-translated
    (ip_network("::/96"), 0),  # IPv4-compatible
    (ip_network("2002::/16"), 80),  # 6to4
)
"""IPv6 ranges that carry an IPv4 address, and how many bits stand after it."""
_NEVER = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "2001::/32",
        "fec0::/10",
        "5f00::/16",
        "168.63.129.16/32",
    )
)
"""Shared, relay, Teredo, site-local and cloud-platform ranges, some of which some Pythons call global."""


_NUMBER = pattern(r"(?:[0-9]+|0[xX][0-9A-Fa-f]*)\Z")


class EgressRefused(Exception):  # noqa: N818 - the family's names say what happened
    """A host that may not be connected to; the message says why."""


def fault_of_origin(origin: str) -> str | None:
    """Why an origin is refused before its name is resolved, if it is."""
    parts = urlsplit(origin)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https":
        return "only https is allowed"
    if (parts.port or 443) not in PORTS:
        return "only the ports 443 and 8443 are allowed"
    if parts.username is not None or not host or "%" in host:
        return "the host is not acceptable"
    if _spelt_number(host):
        return "the host is not acceptable"
    if host == "localhost" or host.endswith(INTERNAL_NAMES) or ("." not in host and ":" not in host):
        return "the host is an internal name"
    return None


def _spelt_number(host: str) -> bool:
    """Whether a host is an IPv4 address in another spelling than four decimal numbers.

    Resolvers take octal, hexadecimal and shortened ones, and do not agree on them; a name never ends in a number (the
    URL standard, section 3.5).
    """
    if not _NUMBER.match(host.rpartition(".")[2]):
        return False
    try:
        return str(IPv4Address(host)) != host
    except ValueError:
        return True


def fault_of_address(text: str) -> str | None:
    """Why an address is refused, if it is: it, or the IPv4 address that it carries, is not a public one."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "is no address"
    return None if all(_public(one) for one in (address, *_embedded(address))) else "is not a public address"


def _public(address: Address) -> bool:
    carried = any(address in network for network, _ in _EMBEDDING if network.version == address.version)
    known_bad = any(address in network for network in _NEVER if network.version == address.version)
    return (carried or address.is_global) and not (
        known_bad or address.is_multicast or address.is_loopback or address.is_unspecified or address.is_link_local
    )


def _embedded(address: Address) -> list[IPv4Address]:
    return [
        IPv4Address(int(address) >> bits & 0xFFFFFFFF)
        for network, bits in _EMBEDDING
        if network.version == address.version and address in network
    ]


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Egress:
    """Checks customers' hosts.

    The operator's own words need no check: ``private_hosts`` (``host:port``), and the providers whose base is named in
    ``provider_bases``.
    """

    def __init__(
        self,
        private_hosts: Sequence[str],
        provider_bases: Mapping[str, str],
        clock: Clock,
        resolve: Resolve = resolve,
    ) -> None:
        self._private = frozenset(private_hosts)
        self._bases = provider_bases
        self._clock = clock
        self._resolve = resolve
        self._pins: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def concerns(self, account: LinkedAccount) -> bool:
        """Whether the origin is a customer's word."""
        words = account.provider.words
        return self._bases.get(words.name, words.base).startswith("{")

    async def address(self, account: LinkedAccount) -> str | None:
        """The address to connect to, or ``None`` where the origin needs no check; raises ``EgressRefused``."""
        return await self.check(account.origin) if self.concerns(account) else None

    async def check(self, origin: str) -> str | None:
        """The checked address of a customer's origin, kept for half a minute; ``None`` for one the operator names.

        Raises ``EgressRefused``.
        """
        if self.names(origin):
            return None
        fault = fault_of_origin(origin)
        if fault is not None:
            raise EgressRefused(fault)
        pinned_at, pinned = self._pins.get(origin, (float("-inf"), ""))
        age = self._clock() - pinned_at
        if age < PINNED_SECONDS:
            return pinned
        try:
            return self._pin(origin, await self._resolve(*_place(origin)))
        except OSError:
            if age < PINNED_SECONDS_WITHOUT_DNS:
                return pinned
            raise EgressRefused("the host name cannot be resolved") from None

    def names(self, origin: str) -> bool:
        """Whether the operator names the origin's host and port as one of the own network."""
        host, port = _place(origin)
        return f"{host}:{port}" in self._private

    def _pin(self, origin: str, addresses: Sequence[str]) -> str:
        """One address that is not public condemns all: a name that resolves to both is an attack or a mistake."""
        fault = next((fault for one in addresses if (fault := fault_of_address(one))), None)
        if fault is not None or not addresses:
            raise EgressRefused(f"the host's address {fault or 'is missing'}")
        self._pins[origin] = (self._clock(), addresses[0])
        self._pins.move_to_end(origin)
        if len(self._pins) > PINS_KEPT:
            self._pins.popitem(last=False)
        return addresses[0]


def _place(origin: str) -> tuple[str, int]:
    parts = urlsplit(origin)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
