"""No customer sends a server to a host inside: through linking, changing a link, files and redirects, over HTTP."""

import asyncio
import re
from contextlib import asynccontextmanager

import httpx
import pytest

from proxy.accounts.mint import NewKey
from proxy.bounds import Bounds
from proxy.database.migrate import upgrade
from proxy.seal import SealingKey, new_key
from proxy.settings import Settings
from tests.outbound.hostile_hosts import PORT, origins, trap
from unified.app import Server, litestar_app
from unified.edge import Edge
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

NOWHERE = "4000::1"
"""No address of today's internet, but none that is private either: nothing answers there."""
REFUSALS = re.compile(
    r"only https|only the ports|host is not acceptable|internal name|"
    r"not a public address|is no address|cannot be resolved|is missing"
)


def outcome(answer):
    """``looks`` or ``egress``: refused as it is written, or before a connection was tried. Else what it says."""
    problem = answer.json()
    if answer.status_code == 400 and {one["path"] for one in problem["errors"]} == {"context.base_url"}:
        return "looks"
    refused = problem["code"] == "provider-unreachable" and problem["outcome"] == "not_sent"
    return "egress" if refused and REFUSALS.search(problem["detail"]) else f"{problem['code']}: {problem['detail']}"


def body(base_url):
    context = {"base_url": base_url, "account_id": 3}
    return {"tenant_id": "t", "integration": "chatwoot", "context": context, "credentials": {"token": "canary"}}


async def test_no_hostile_host_is_connected_to_by_linking(demo):
    async with trap() as caught:
        hostile = origins(caught.address)
        seen = {}
        for origin in hostile:
            answer = await asyncio.to_thread(demo.operator, "POST", "/integrated-account", json=body(origin))
            seen[origin] = outcome(answer)
            assert "canary" not in answer.text
        assert caught.connections == 0
    assert len(seen) == len(set(hostile)) >= 120
    assert {origin: found for origin, found in seen.items() if found not in ("looks", "egress")} == {}
    assert set(seen.values()) == {"looks", "egress"}


async def test_no_hostile_host_is_connected_to_by_a_change(demo):
    account = demo.accounts["chatwoot"]
    async with trap() as caught:
        seen = {}
        for origin in origins(caught.address):
            change = {"context": {"base_url": origin}, "credentials": {"token": "canary"}}
            answer = await asyncio.to_thread(demo.operator, "PATCH", f"/integrated-account/{account.id}", json=change)
            seen[origin] = outcome(answer)
        assert {origin: found for origin, found in seen.items() if found not in ("looks", "egress")} == {}
        assert caught.connections == 0
    assert account.get("/unified/ticketing/users").status_code == 200


def with_a_file(account):
    """Where a conversation's messages are, and one of them that has a file."""
    for ticket in account.list("tickets", limit=60, select="id")["result"]:
        path = f"/api/v1/accounts/3/conversations/{ticket['id']}/messages"
        for message in account.get(f"/proxy{path}").json()["payload"]:
            if message.get("attachments"):
                return path, message
    raise AssertionError("no message has a file")


async def test_no_file_is_fetched_from_a_hostile_host(demo):
    account = demo.accounts["chatwoot"]
    path, message = with_a_file(account)
    ticket = message["conversation_id"]
    (file,) = message["attachments"][:1]
    listed = account.walk("attachments", ticket_id=str(ticket))
    (file_id,) = [one["id"] for one in listed if one["file_url"] == file["data_url"]]
    async with trap() as caught:
        seen = {}
        for origin in origins(caught.address):
            answered = {"payload": [message | {"attachments": [file | {"data_url": f"{origin}/f"}]}]}
            account.sandbox.faults({"match": {"path": path}, "do": "status", "status": 200, "body": answered})
            target = f"/unified/ticketing/attachments/{file_id}/download"
            answer = await asyncio.to_thread(account.get, target)
            if answer.status_code != 502 or answer.json()["code"] != "media-not-allowed":
                seen[origin] = answer.status_code, answer.text
        assert seen == {}
        assert caught.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere(demo, status):
    account = demo.accounts["chatwoot"]
    async with trap() as caught:
        location = f"https://{caught.address}:{PORT}/x"
        fault = {"match": {}, "do": "status", "status": status, "headers": {"location": location}, "body": {}}
        account.sandbox.faults(fault)
        linking = await asyncio.to_thread(demo.operator, "POST", "/integrated-account", json=body(account.sandbox.url))
        assert (linking.status_code, linking.json()["code"]) == (502, "provider-redirect")
        reading = await asyncio.to_thread(account.get, "/unified/ticketing/users")
        assert (reading.status_code, reading.json()["code"]) == (502, "provider-redirect")
        passing = await asyncio.to_thread(account.get, "/proxy/api/v1/accounts/3/agents")
        assert "location" not in passing.headers
        assert caught.connections == 0


class Names:
    """A resolver that changes its mind."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host, port):
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found


@asynccontextmanager
async def serving(tmp_path, names):
    """The application with this resolver, and an operator's client of it."""
    url = f"sqlite+aiosqlite:///{tmp_path}/own.sqlite3"
    upgrade(url)
    settings = Settings(
        sealing_keys=(SealingKey.parse(new_key()),), database_url=url, bounds=Bounds(connect_seconds=0.2)
    )
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


async def test_a_name_that_moves_inside_between_check_and_connection_is_not_followed(tmp_path):
    async with trap() as caught:
        names = Names([NOWHERE], [caught.address])
        async with serving(tmp_path, names) as (server, client):
            origin = f"https://desk.example:{PORT}"
            for _ in range(3):
                answer = await client.post("/integrated-account", json=body(origin))
                assert (answer.status_code, answer.json()["code"]) == (502, "provider-unreachable")
                assert not REFUSALS.search(answer.json()["detail"])
            # One look-up served the check and every connection: there was no second answer to follow.
            assert names.asked == 1
            server.media.egress._pins.clear()
            assert outcome(await client.post("/integrated-account", json=body(origin))) == "egress"
        assert (names.asked, caught.connections) == (2, 0)


@pytest.mark.parametrize(
    "found",
    [
        lambda address: [NOWHERE, address],
        lambda address: [address, NOWHERE],
        lambda address: [f"::ffff:{address}"],
        lambda address: [NOWHERE, f"64:ff9b::{address}"],
        lambda address: [f"{address}%lo"],
        lambda address: ["169.254.169.254"],
        lambda address: [],
        lambda address: ["not an address"],
        lambda address: OSError("no such name"),
    ],
)
async def test_one_address_inside_condemns_the_name(tmp_path, found):
    async with trap() as caught:
        answers = found(caught.address)
        async with serving(tmp_path, Names(answers)) as (_, client):
            answer = await client.post("/integrated-account", json=body(f"https://desk.example:{PORT}"))
            assert outcome(answer) == "egress"
        assert caught.connections == 0
