"""The simulated Chatwoot over real sockets."""

import httpx
import pytest

from sandbox.chatwoot import Chatwoot
from sandbox.cli import start


@pytest.fixture
async def running():
    served = await start(Chatwoot(tickets=60))
    yield served
    await served.close()


async def test_a_walk_over_sockets_gives_each_ticket_once(running):
    ids: list[int] = []
    headers = {"Api-Access-Token": running.simulator.token_for(0)}
    async with httpx.AsyncClient(base_url=running.url, headers=headers) as client:
        for page in range(1, 5):
            answer = await client.get(
                "/api/v1/accounts/3/conversations",
                params={"status": "all", "sort_by": "created_at_asc", "page": page},
            )
            assert answer.status_code == 200
            ids += [row["id"] for row in answer.json()["data"]["payload"]]
    assert ids == sorted(running.simulator.state.conversations)


async def test_a_file_sent_over_sockets_is_fetched_again_from_the_url_in_the_answer(running):
    headers = {"api_access_token": running.simulator.token_for(3)}
    number = next(iter(running.simulator.state.conversations))
    async with httpx.AsyncClient(base_url=running.url, headers=headers) as client:
        answer = await client.post(
            f"/api/v1/accounts/3/conversations/{number}/messages",
            data={"content": "foto", "private": "true"},
            files={"attachments[]": ("foto één.png", b"\x89PNG\r\n\x00\r\n", "image/png")},
        )
        assert answer.status_code == 200
        file = answer.json()["attachments"][0]
        assert answer.json()["private"] is True
        assert file["data_url"].startswith(running.url)
        redirect = await client.get(file["data_url"])
        stored = await client.get(redirect.headers["location"])
    assert redirect.status_code == 302
    assert stored.content == b"\x89PNG\r\n\x00\r\n"
    assert stored.headers["content-type"] == "image/png"


async def test_refusals_and_empty_answers_keep_their_framing(running):
    async with httpx.AsyncClient(base_url=running.url) as client:
        assert (await client.get("/api")).json()["version"] == "4.15.1"
        assert (await client.get("/api/v1/profile")).json() == {
            "errors": ["You need to sign in or sign up before continuing."]
        }
        headers = {"Api-Access-Token": running.simulator.token_for(0), "Accept": "application/json"}
        deleted = await client.delete("/api/v1/accounts/3/conversations/1", headers=headers)
        assert (deleted.status_code, deleted.content) == (200, b"")
        unassigned = await client.post(
            "/api/v1/accounts/3/conversations/2/assignments", json={"assignee_id": 0}, headers=headers
        )
        assert unassigned.content == b"null"
