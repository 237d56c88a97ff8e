"""A request leaves no objects that hold each other: the collector would stop a busy worker to find them.

Except for problems: an exception and the frame that raised it do.
"""

import asyncio
import gc

import httpx
import pytest

from proxy.accounts.mint import NewKey
from proxy.database.migrate import upgrade
from proxy.seal import SealingKey, new_key
from proxy.settings import Settings
from unified.app import Server, litestar_app
from unified.edge import Edge
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

REQUESTS = 5


@pytest.fixture
async def client(demo, tmp_path):
    """The application in this process, with an account of the sandbox."""
    sandbox = demo.accounts["trengo"].sandbox
    url = f"sqlite+aiosqlite:///{tmp_path}/own.sqlite3"
    upgrade(url)
    settings = Settings(
        sealing_keys=(SealingKey.parse(new_key()),),
        database_url=url,
        provider_bases={"trengo": f"{sandbox.url}/api/v2"},
    )
    server = Server(settings, load_mappings(mappings_folder()))
    minted = await server.accounts.keyring.mint.key(NewKey(name="k", scopes=("link", "read", "proxy")), "key:cli")
    headers = {"Authorization": f"Bearer {minted.key.reveal()}"}
    body = {"tenant_id": "t", "integration": "trengo", "context": {}, "credentials": {"token": sandbox.token}}
    transport = httpx.ASGITransport(Edge(litestar_app(server), settings.bounds))
    async with httpx.AsyncClient(transport=transport, base_url="http://interline") as client:
        linked = await client.post("/integrated-account", json=body, headers=headers)
        client.headers.update({**headers, "X-Integrated-Account-Id": linked.json()["result"]["id"]})
        yield client
    await server.aclose()
    await asyncio.sleep(0)  # the loop closes the sockets in its next turn


@pytest.fixture
def garbage():
    """``garbage()``: what of ours the collector finds since it was stopped, by type."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)

    def found():
        gc.collect()
        return sorted(name for one in gc.garbage if (name := type(one).__module__).startswith(("proxy", "unified")))

    yield found
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.parametrize(
    "path",
    [
        "/proxy/tickets",
        "/proxy/tickets/0",
        "/unified/ticketing/tickets",
        "/unified/ticketing/tags",
    ],
)
async def test_a_request_leaves_nothing_to_the_collector(client, garbage, path):
    await client.get(path)  # what is kept from the first time is no garbage
    assert garbage() == []
    for _ in range(REQUESTS):
        await client.get(path)
    assert garbage() == []
