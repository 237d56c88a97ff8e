"""Addresses that a customer must not be able to send a server to: every spelling of a trap, and what lies inside."""

import asyncio
import random
import socket
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address

PORT = 8443
"""The one port beside 443 that is open to customers: a trap elsewhere would be refused for its port."""


class Trap:
    """A listener on an address of loopback that nobody else has, and how often somebody connected."""

    def __init__(self, address):
        self.address = address
        self.connections = 0


@asynccontextmanager
async def trap():
    """A trap on ``PORT`` of a random address of 127.0.0.0/8."""
    made = Trap(f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}")

    async def meet(_reader, writer):
        made.connections += 1
        writer.close()

    server = await asyncio.start_server(meet, made.address, PORT)
    try:
        # The trap is one: a connection is seen.
        with socket.create_connection((made.address, PORT), timeout=2):
            await asyncio.sleep(0.05)
        assert made.connections == 1
        made.connections = 0
        yield made
    finally:
        server.close()
        await server.wait_closed()


def spellings(address):
    """The ways an IPv4 address has been written to get past a filter."""
    number = int(IPv4Address(address))
    a, b, c, d = address.split(".")
    high, low = number >> 16, number & 0xFFFF
    mapped = f"{high:x}:{low:x}"
    wide = str.maketrans("0123456789.", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\u3002")
    circled = str.maketrans("123456789", "\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468")
    return [
        address,
        f"{address}.",
        str(number),
        hex(number),
        hex(number).upper(),
        f"0{number:o}",
        f"0x{int(a):x}.0x{int(b):x}.0x{int(c):x}.0x{int(d):x}",
        f"0{int(a):o}.0{int(b):o}.0{int(c):o}.0{int(d):o}",
        f"{int(a):04d}.{b}.{c}.{d}",
        f"{a}.{int(b) << 16 | int(c) << 8 | int(d)}",
        f"{a}.{b}.{int(c) << 8 | int(d)}",
        f"{a}.0x{int(b):x}.{c}.{d}",
        f"0{int(a):o}.{b}.0x{int(c):x}.{d}",
        f"{a}.{b}.{c}.{int(d) + 256}",
        f"{number + 2**32}",
        f"[::ffff:{address}]",
        f"[::ffff:{mapped}]",
        f"[0:0:0:0:0:ffff:{mapped}]",
        f"[::FFFF:{mapped.upper()}]",
        f"[::{address}]",
        f"[::{mapped}]",
        f"[::ffff:0:{address}]",
        f"[64:ff9b::{address}]",
        f"[64:ff9b::{mapped}]",
        f"[64:ff9b:1::{address}]",
        f"[2002:{mapped}::]",
        f"[2002:{mapped}::1]",
        f"[2001:0:{mapped}::]",
        f"[{IPv6Address('::ffff:' + address).exploded}]",
        f"[::ffff:{address}%25lo]",
        f"[::ffff:{address}%lo]",
        f"%{ord(address[0]):x}{address[1:]}",
        address.replace(".", "%2e"),
        address.translate(wide),
        address.translate(circled),
        address.replace(".", "\u3002"),
        address.replace(".", "\uff0e"),
        address.replace(".", "\uff61"),
        f"{address}\u200b",
        f"\u00ad{address}",
        f"{address}\t",
        f"{address}\x00.example.com",
        f"example.com@{address}",
        f"example.com:443@{address}",
        f"user:word@{address}",
        f"@{address}",
        f"example.com%40{address}",
        f"example.com#@{address}",
        f"example.com?@{address}",
        f"example.com\\@{address}",
        f"{address}\\.example.com",
        f"{address}#.example.com",
        f"{address};example.com",
        f"{address},example.com",
        f"[{address}]",
        f"[v4.{address}]",
        f"{address}.nip.io@{address}",
    ]


INSIDE = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "LocalHost.localdomain",
    "a.localhost",
    "ip6-localhost",
    "ip6-loopback",
    "l\u24debalhost".encode().decode("unicode_escape"),
    "\u2113ocalhost",
    "metadata",
    "metadata.google.internal",
    "METADATA.GOOGLE.INTERNAL.",
    "instance-data.ec2.internal",
    "kubernetes.default.svc.cluster.local",
    "host.docker.internal",
    "router.lan",
    "nas.home.arpa",
    "db.intranet",
    "db.corp",
    "desk.test",
    "db",
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "0x0",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:0.0.0.0]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fd12:3456:789a::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[100::1]",
    "[5f00::1]",
    "169.254.169.254",
    "169.254.169.253",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "192.168.255.254",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
]


def origins(address):
    """At least 120 hostile origins, those that lead to the trap among them."""
    found = [f"https://{host}:{PORT}" for host in spellings(address)]
    found += [f"https://{host}" for host in INSIDE]
    found += [
        f"http://{address}:{PORT}",
        f"HTTP://{address}:{PORT}",
        f"ftp://{address}:{PORT}",
        f"gopher://{address}:{PORT}",
        f"file://{address}/etc/passwd",
        f"//{address}:{PORT}",
        f"{address}:{PORT}",
        f"https:{address}:{PORT}",
        f"https:/{address}:{PORT}",
        f"https:///{address}:{PORT}",
        f"https:\\\\{address}:{PORT}",
        f"https://{address}:{PORT}/api/..",
        f"https://{address}:{PORT}?x=1",
        f"https://{address}:{PORT}#x",
        f"https://{address}:0{PORT}",
        f"https://{address}:{PORT}:443",
        f"https://{address}: {PORT}",
        f"https://{address}:22",
        f"https://{address}:80",
        f"https://{address}:6379",
        f"https://{address}:99999",
        f"https://{address}:-1",
        f"https://{address}:{PORT}\r\nHost: example.com",
        f"https://example.com\n@{address}:{PORT}",
        f"javascript:fetch('https://{address}:{PORT}')",
        f"data:,{address}",
        "https://" + "a" * 300 + ".example",
        "https://",
    ]
    assert len(found) >= 120
    return found
