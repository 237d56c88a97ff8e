"""Certificates are verified, for the name of the host even where its checked address is connected to."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from proxy.errors import ProviderUnreachable
from proxy.outbound.request import ProviderRequest
from proxy.outbound.transport import Transport
from tests.outbound.scripted import Door, answer, make_account, make_provider

POST = ProviderRequest("POST", "/api/v2/tickets", body=b"{}")


@pytest.fixture
def certificate(tmp_path):
    """A certificate of its own for desk.example: ``(server context, path)``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(minutes=10))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("desk.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "desk.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, path


class Pinned:
    def concerns(self, account):
        return True

    async def address(self, account):
        return "127.0.0.1"


async def ask(certificate, host, trusted):
    """The status of a call to ``host`` at the pinned address, and how many requests arrived."""
    server_context, path = certificate
    arrived = []

    async def serve(reader, writer):
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context)
    port = server.sockets[0].getsockname()[1]
    async with Door(egress=Pinned()) as door:
        context = ssl.create_default_context(cafile=path) if trusted else None
        door.transport = door.outbound._transport = Transport(
            idle_accounts=1, connections=8, connect_seconds=3.0, idle_seconds=3.0, clock=lambda: 0.0, context=context
        )
        account = make_account(f"https://{host}:{port}", provider=make_provider(base="{base_url}"))
        try:
            answered = await door.outbound.call(account, POST, door.trace())
        finally:
            server.close()
            await server.wait_closed()
        return answered.status, len(arrived)


async def test_a_pinned_address_is_asked_for_the_hosts_own_certificate(certificate):
    assert await ask(certificate, "desk.example", trusted=True) == (200, 1)


@pytest.mark.parametrize(("host", "trusted"), [("desk.example", False), ("other.example", True)])
async def test_a_certificate_that_does_not_fit_gets_no_request(certificate, host, trusted):
    with pytest.raises(ProviderUnreachable) as raised:
        await ask(certificate, host, trusted)
    assert raised.value.members["outcome"] == "not_sent"
