"""POST /link-token: who may make which link, what is refused, what is kept."""

import pytest

from proxy.database.tables import links as table
from tests.link.house import BASE, TENANT


async def test_a_link_is_answered_in_result_and_its_token_beside_it(house):
    key, key_id = await house.key()
    answer = await house.ask({"tenant_id": TENANT}, key)
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"result", "link_token"}
    assert set(body["result"]) == {"link_token", "expires_at", "url"}
    token = body["link_token"]
    assert body["result"]["link_token"] == token
    assert body["result"]["url"] == f"{BASE}/connect-account?link_token={token}"
    assert body["result"]["expires_at"] == "2027-01-15T08:15:00.000Z"
    (row,) = await house.links()
    assert (row.tenant_id, row.api_key_id, row.integrations) == (TENANT, key_id, '["chatwoot","trengo"]')
    assert (f"key:{key_id}", "link.create") in await house.audited()


async def test_a_token_has_256_bits_and_is_stored_as_a_digest(house, stored):
    made = [(await house.ask({"tenant_id": TENANT})).json()["link_token"] for _ in range(20)]
    assert len(set(made)) == 20
    for token in made:
        kind, random, _ = token.split("_")
        assert (kind, len(random)) == ("ill", 43)  # 43 letters and digits hold 256 bits
        assert token.encode() not in stored()
        assert random.encode() not in stored()


async def test_the_address_is_that_of_the_settings(small):
    house = small(public_url="https://helpdesk.example.com")
    answer = await house.ask({"tenant_id": TENANT})
    assert answer.json()["result"]["url"].startswith("https://helpdesk.example.com/connect-account?link_token=ill_")


async def test_a_proxy_may_say_that_browsers_use_https(small):
    answer = await small().ask({"tenant_id": TENANT}, headers={"X-Forwarded-Proto": "https"})
    assert answer.json()["result"]["url"].startswith("https://link.test/")


async def test_a_key_needs_the_scope_and_an_account_token_is_not_enough(small):
    house = small()
    key, _ = await house.key("read", "write", "proxy", "admin")
    assert (await house.ask({"tenant_id": TENANT}, key)).json()["code"] == "missing-scope"
    assert (await house.ask({"tenant_id": TENANT}, {"Authorization": "Bearer x"})).json()["code"] == "unauthorized"


async def test_the_tenants_of_a_key_are_its_limit(small):
    house = small()
    key, _ = await house.key(tenant_ids=("mine",))
    assert (await house.ask({"tenant_id": "mine"}, key)).status_code == 201
    other = await house.ask({"tenant_id": "other"}, key)
    assert (other.status_code, other.json()["code"]) == (422, "tenant-not-allowed")
    await house.linked()
    (account,) = await house.accounts()
    again = await house.ask({"integrated_account_id": account.id}, key)
    assert (again.status_code, again.json()["code"]) == (404, "not-found")


WRONG = [
    ({}, "tenant_id"),
    ({"tenant_id": ""}, "tenant_id"),
    ({"tenant_id": "a\nb"}, "tenant_id"),
    ({"tenant_id": "t", "integration": "zendesk"}, "integration"),
    ({"tenant_id": "t", "integrations": ["trengo", "zendesk"]}, "integrations"),
    ({"tenant_id": "t", "integrations": []}, "integrations"),
    ({"tenant_id": "t", "scopes": ["read"]}, "scopes"),
    ({"tenant_id": "t", "context": {"subdomain": "x"}}, "context.subdomain"),
    ({"tenant_id": "t", "integration": "trengo", "context": {"account_id": 3}}, "context.account_id"),
    ({"tenant_id": "t", "context": {"account_id": "three"}}, "context.account_id"),
    ({"tenant_id": "t", "context": {"base_url": "http://desk.example"}}, "context.base_url"),
    ({"tenant_id": "t", "context": {"token": "secret"}}, "context.token"),
    ({"tenant_id": "t", "redirect_uri": "http://app.example/x"}, "redirect_uri"),
    ({"tenant_id": "t", "redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
    ({"tenant_id": "t", "redirect_uri": "//app.example"}, "redirect_uri"),
    ({"tenant_id": "t", "origin": "https://app.example/path"}, "origin"),
    ({"tenant_id": "t", "origin": "http://app.example"}, "origin"),
]


@pytest.mark.parametrize(("body", "path"), WRONG, ids=[str(body) for body, _ in WRONG])
async def test_what_is_wrong_is_named_and_nothing_is_kept(small, body, path):
    house = small()
    answer = await house.ask(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert [error["path"] for error in answer.json()["errors"]] == [path]
    assert await house.links() == []


async def test_only_the_named_origins_are_returned_to(small):
    house = small(link_origins=("https://app.example", "http://localhost:5173"))
    for allowed in ("https://app.example/a?b=c", "https://APP.example:443/", "http://localhost:5173/done"):
        assert (await house.ask({"tenant_id": "t", "redirect_uri": allowed})).status_code == 201
    for other in ("https://app.example.evil.example/", "https://app.example:8443/", "https://sub.app.example/"):
        answer = await house.ask({"tenant_id": "t", "redirect_uri": other})
        assert [error["path"] for error in answer.json()["errors"]] == ["redirect_uri"]
    assert (await house.ask({"tenant_id": "t", "origin": "https://evil.example"})).status_code == 400


async def test_the_origin_is_that_of_the_address_to_return_to_unless_it_is_named(small):
    house = small()
    await house.ask({"tenant_id": "t", "redirect_uri": "https://app.example:443/x"})
    await house.ask({"tenant_id": "t", "redirect_uri": "https://app.example/x", "origin": "https://other.example"})
    assert {row.origin for row in await house.rows(table)} == {"https://app.example", "https://other.example"}


async def test_a_link_for_an_account_keeps_its_tenant_and_provider(small):
    house = small()
    await house.linked("chatwoot")
    (account,) = await house.accounts()
    made = await house.ask({"integrated_account_id": account.id})
    assert made.status_code == 201
    row = max(await house.links(), key=lambda one: one.account_id or "")
    assert (row.account_id, row.tenant_id, row.integrations) == (account.id, TENANT, '["chatwoot"]')
    for more, path in (({"tenant_id": "other"}, "tenant_id"), ({"integration": "trengo"}, "integration")):
        answer = await house.ask({"integrated_account_id": account.id, **more})
        assert [error["path"] for error in answer.json()["errors"]] == [path]


async def test_a_blocked_account_gets_no_link(small):
    house = small()
    await house.linked()
    (account,) = await house.accounts()
    key, _ = await house.key("link")
    browser = house.browser()
    await browser.http.patch(f"/integrated-account/{account.id}", json={"status": "blocked"}, headers=key)
    answer = await house.ask({"integrated_account_id": account.id}, key)
    assert (answer.status_code, answer.json()["code"]) == (403, "account-blocked")
