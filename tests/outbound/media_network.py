"""A small Internet for the second door: names, the addresses they resolve to, and who really listens there."""

import asyncio
import ssl
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from proxy.bounds import Bounds
from proxy.outbound.egress import Egress
from proxy.outbound.media import Media
from proxy.outbound.transport import Transport
from proxy.trace import Deadline, Trace
from tests.outbound.scripted import Upstream, make_account, make_provider

PUBLIC = "93.184.216.34"
OTHER = "1.1.1.1"
NAMES = {
    "desk.example": [PUBLIC],
    "files.desk.example": [PUBLIC],
    "storage.example": [OTHER],
    "untrusted.example": [PUBLIC],
    "inside.example": ["10.0.0.7"],
    "mixed.example": [OTHER, "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
}


def certificate(folder):
    """A certificate for the names of the tests but ``untrusted.example``: ``(server context, client context)``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk.example")])
    names = [x509.DNSName(one) for one in ("desk.example", "*.desk.example", "storage.example")]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(minutes=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "storage.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=path)


class RoutedTransport(Transport):
    """Carries what goes to a public address to the local server that stands for it; keeps what was sent."""

    def __init__(self, bounds, context=None):
        super().__init__(
            idle_accounts=bounds.idle_accounts,
            connections=bounds.account_in_flight,
            connect_seconds=bounds.connect_seconds,
            idle_seconds=bounds.stream_idle_seconds,
            clock=time.monotonic,
            context=context,
        )
        self.routes = {}
        self.sent = []

    async def send(self, outgoing, deadline):
        self.sent.append(outgoing)
        if outgoing.address is not None:
            parts = urlsplit(outgoing.origin)
            origin = f"{parts.scheme}://{parts.hostname}:{self.routes[outgoing.address]}"
            outgoing = msgspec.structs.replace(outgoing, origin=origin, address="127.0.0.1")
        return await super().send(outgoing, deadline)


class Storage(Upstream):
    """A storage behind TLS, for every public address."""

    def __init__(self, script=None, context=None):
        super().__init__(script)
        self._context = context

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self


class Site:
    """The second door with its parts in reach: ``secure`` is the storage on the Internet, ``local`` one in the house.

    ``lookups`` are the names that were resolved.
    """

    def __init__(self, secure, local, bounds, context, private_hosts=None, bases=None):
        self.secure, self.local, self.bounds = secure, local, bounds
        self.lookups = []
        self.names = dict(NAMES)
        self.transport = RoutedTransport(bounds, context)
        self.transport.routes = {PUBLIC: secure.port, OTHER: secure.port}
        private = [f"127.0.0.1:{local.port}"] if private_hosts is None else private_hosts
        self.egress = Egress(private, bases or {}, time.monotonic, self._resolve)
        self.media = Media(self.transport, self.egress, bounds)

    async def _resolve(self, host, port):
        self.lookups.append(host)
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]

    def account(self, origin="https://desk.example", number=1, **words):
        provider = make_provider(**({"base": "{base_url}/api", "media_hosts": ["*.desk.example"]} | words))
        return make_account(origin, number, provider)

    async def fetch(self, url="https://files.desk.example/f", *, account=None, seconds=5.0, byte_range=None):
        """The answer of the door, open."""
        trace = Trace("request-1", Deadline(seconds))
        return await self.media.fetch(account or self.account(), url, trace, byte_range=byte_range)

    async def read(self, url="https://files.desk.example/f", **asked):
        """The whole file."""
        answer = await self.fetch(url, **asked)
        try:
            return b"".join([chunk async for chunk in answer.stream()])
        finally:
            await answer.aclose()

    def at_rest(self):
        """Whether no download holds a place, and no connection is in use."""
        return self.media._places._accounts == {} and not any(pool.in_use for pool in self.transport._pools.values())


@asynccontextmanager
async def site(contexts, bounds=None, **settings):
    """Both storages listening, and the door before them."""
    server, client = contexts
    async with Storage(context=server) as secure, Upstream() as local:
        made = Site(secure, local, bounds or Bounds(), client, **settings)
        try:
            yield made
        finally:
            await made.transport.aclose()


def redirect(location, status=302, headers=()):
    """An answer that sends on."""
    lines = [b"HTTP/1.1 %d Found" % status, *headers, b"content-length: 4"]
    lines += [] if location is None else [b"location: " + location.encode()]
    return b"\r\n".join(lines) + b"\r\n\r\ngone"
