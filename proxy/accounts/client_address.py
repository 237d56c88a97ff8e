"""Which address a request came from: pure.

The socket says; ``X-Forwarded-For`` is believed only where proxies that the operator names wrote it, read from its end,
so that what a client puts in front changes nothing.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The address nearest to us that is no trusted proxy.

    ``peer`` is the socket's, ``forwarded`` the values of every ``X-Forwarded-For`` in their order. A part that is no
    address ends the walk: what a trusted proxy could not have written, nobody vouches for.
    """
    address = peer
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    while hops and _within(address, trusted):
        hop = _plain(hops.pop())
        if hop is None:
            break
        address = hop
    return address


def _plain(hop: str) -> str | None:
    """The address of a part, which some proxies write with brackets and a port."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        return str(ip_address(hop))
    except ValueError:
        return None


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None)
    return any((mapped or known) in network for network in networks)
