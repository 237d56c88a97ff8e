"""The name of a customer's host cannot be resolved for a while.

The server runs in this process, over real sockets to the provider and with TLS: its resolver and the age of an address
are the test's, and loopback counts as a public address.
"""

import asyncio
import ssl
import time
from contextlib import asynccontextmanager

import httpx
import pytest

from proxy.accounts.mint import NewKey
from proxy.database.migrate import upgrade
from proxy.outbound import egress
from proxy.seal import SealingKey, new_key
from proxy.settings import Settings
from tests.faults.certificate import own_certificate
from tests.faults.provider import Provider
from tests.faults.relay import Relay
from unified.app import Server, litestar_app
from unified.edge import Edge
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings


class Names:
    """A resolver that knows every name as loopback, or none."""

    def __init__(self):
        self.known = True

    async def __call__(self, host, port):
        if not self.known:
            raise OSError("no such name")
        return ["127.0.0.1"]


@pytest.fixture
def desk(stage, tmp_path, monkeypatch):
    """A Chatwoot at https://desk.example on a port of its own: its port, its token, and the context to trust it by."""
    provider = Provider(stage, "chatwoot")
    relay = Relay(stage, provider.address)
    path = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = stage.run(asyncio.start_server(relay._serve, "127.0.0.1", 0, ssl=context))
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(egress, "PORTS", frozenset({port}))
    monkeypatch.setattr(egress, "fault_of_address", lambda text: None)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    yield f"https://desk.example:{port}", provider.token(1)
    stage.loop.call_soon_threadsafe(server.close)
    relay.close()
    provider.close()


@asynccontextmanager
async def serving(tmp_path, names):
    """The application with this resolver, and an operator's client of it."""
    url = f"sqlite+aiosqlite:///{tmp_path}/own.sqlite3"
    upgrade(url)
    settings = Settings(sealing_keys=(SealingKey.parse(new_key()),), database_url=url)
    server = Server(settings, load_mappings(mappings_folder()), names)
    minted = await server.accounts.keyring.mint.key(NewKey(name="k", scopes=("link", "read")), "key:cli")
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(Edge(litestar_app(server), settings.bounds)),
        base_url="http://interline",
        headers={"Authorization": f"Bearer {minted.key.reveal()}"},
    )
    try:
        yield server, client
    finally:
        await client.aclose()
        await server.transport.aclose()
        await server.engine.dispose()


@pytest.mark.fault("F46", "for less and for more than a minute")
async def test_the_last_good_address_serves_for_a_minute(desk, tmp_path):
    base_url, token = desk
    names = Names()
    async with serving(tmp_path, names) as (server, client):
        body = {
            "tenant_id": "t",
            "integration": "chatwoot",
            "context": {"base_url": base_url, "account_id": 3},
            "credentials": {"token": token},
        }
        linked = await client.post("/integrated-account", json=body)
        assert linked.status_code == 201, linked.text
        query = {"integrated_account_id": linked.json()["result"]["id"]}

        async def users(later):
            server.media.egress._clock = lambda: time.monotonic() + later
            return await client.get("/unified/ticketing/users", params=query)

        names.known = False
        for later in (0, 31, 50):
            assert (await users(later)).status_code == 200
        lost = await users(62)
        assert (lost.status_code, lost.json()["code"], lost.json()["outcome"]) == (
            502,
            "provider-unreachable",
            "not_sent",
        )
        names.known = True
        assert (await users(62)).status_code == 200


@pytest.mark.fault("F46", "from the first call")
async def test_a_name_that_was_never_resolved_is_said_at_once(desk, tmp_path):
    base_url, token = desk
    names = Names()
    names.known = False
    async with serving(tmp_path, names) as (_, client):
        body = {
            "tenant_id": "t",
            "integration": "chatwoot",
            "context": {"base_url": base_url, "account_id": 3},
            "credentials": {"token": token},
        }
        answered = await client.post("/integrated-account", json=body)
        assert (answered.status_code, answered.json()["code"]) == (502, "provider-unreachable")
        assert token not in answered.text
