"""The link page over real sockets: one link, one account, whatever happens at the same time."""

import asyncio
import re

import httpx
import pytest


@pytest.fixture(scope="module")
def server(own_server):
    return own_server(log_level="debug")


def form_of(html, ending):
    """Address and fields of a form."""
    action, inner = next(
        found.groups()
        for found in re.finditer(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', html, re.S)
        if found[1].endswith(ending)
    )
    return action, dict(re.findall(r'name="([^"]+)" value="([^"]*)"', inner))


async def test_two_hundred_openings_and_confirmations_make_one_account(server, demo):
    key = {"Authorization": f"Bearer {server.key_with('read', 'link')}"}
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(base_url=server.base_url, timeout=120, limits=limits) as http:
        made = await http.post("/link-token", json={"tenant_id": "many", "integration": "trengo"}, headers=key)
        url = made.json()["result"]["url"]
        assert url.startswith(server.base_url)
        opened = await asyncio.gather(*(http.get(url) for _ in range(200)))
        assert {answer.status_code for answer in opened} == {303}
        page = await http.get(opened[-1].headers["location"])
        action, fields = form_of(page.text, opened[-1].headers["location"])
        token = demo.accounts["trengo"].sandbox.token
        await http.post(action, data={**fields, "credentials.token": token})
        page = await http.get(action)
        confirm, fields = form_of(page.text, "/confirm")
        done = await asyncio.gather(*(http.post(confirm, data=fields) for _ in range(200)))
        assert {answer.status_code for answer in done} == {303}
        assert "is connected" in (await http.get(action)).text
        linked = await http.get("/integrated-account", params={"tenant_id": "many"}, headers=key)
        assert linked.json()["result_count"] == 1
    log = server.log.read_text()
    assert log.count('"path":"/connect-account"') == 200
    assert made.json()["link_token"] not in log
    assert token not in log
