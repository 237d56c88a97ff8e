"""The link page without scripts: its steps, who may go on, and what is never shown."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from proxy.link.store import MOST_ATTEMPTS
from tests.link.house import TENANT

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7*7 }} {% raw %}",
    "</title><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#x3c;",
    "\u202egnp.exe",
    "${7*7} #{7*7} <%= 7*7 %>",
    "ﷺ 表ポあA鷗 👩‍👩‍👧‍👧 ÅÍÎÏ",
    "x" * 100,
    "--><!--",
]


@pytest.mark.parametrize("name", ["trengo", "chatwoot"])
async def test_a_customer_chooses_gives_access_confirms_and_is_done(house, name):
    browser = house.browser()
    await browser.open(await house.link(tenant_name="Sunrise Bakery"))
    assert urlsplit(browser.address).query == ""
    assert "Sunrise Bakery" in browser.page.text
    chosen = next(link for link in browser.page.links if link.endswith(f"integration={name}"))
    await browser.open(chosen)
    await browser.submit("", house.typed(name))
    assert await house.accounts() == []
    label = browser.page.text
    done = await browser.submit("/confirm")
    assert done.status_code == 200
    (account,) = await house.accounts()
    assert account.label in label
    assert account.label in browser.page.text
    assert (account.tenant_id, account.integration, account.status) == (TENANT, name, "active")
    (link,) = await house.links()
    assert (link.candidate, link.linked_id) == (None, account.id)
    customer = f"link:{link.id}"
    assert {(customer, "link.use"), (customer, "account.create")} <= set(await house.audited())
    again = await browser.open(urlsplit(browser.address).path)  # the last page may be loaded again
    assert (again.status_code, account.label in browser.page.text) == (200, True)


async def test_the_way_back_carries_the_outcome_and_nothing_secret(small):
    house = small()
    browser, _ = await house.linked(redirect_uri="https://app.example/settings?tab=2")
    (account,) = await house.accounts()
    place = urlsplit(browser.address)
    assert (place.scheme, place.netloc, place.path) == ("https", "app.example", "/settings")
    assert parse_qs(place.query) == {
        "tab": ["2"],
        "result": ["success"],
        "integration": ["trengo"],
        "integrated_account_id": [account.id],
    }


async def test_a_customer_who_cancels_leaves_nothing_and_may_come_back(small):
    house = small()
    browser = house.browser()
    link = await house.link(integration="trengo", redirect_uri="https://app.example/x")
    await browser.open(link)
    await browser.submit("", house.typed("trengo"))
    (row,) = await house.links()
    sealed = row.candidate
    await browser.submit("/cancel")
    assert browser.address == "https://app.example/x?result=closed"
    (row,) = await house.links()
    assert (row.candidate, row.used_at) == (None, None)
    assert sealed.startswith("v1:")
    await browser.open(link)
    await browser.submit("", house.typed("trengo"))
    await browser.submit("/confirm")
    assert len(await house.accounts()) == 1


async def test_going_back_erases_the_candidate_and_shows_the_form(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link())
    await browser.open(urlsplit(browser.address).path + "?integration=trengo")
    await browser.submit("", house.typed("trengo"))
    await browser.submit("/change")
    (row,) = await house.links()
    assert row.candidate is None
    assert browser.page.form("")["fields"]["integration"] == "trengo"


async def test_what_the_operator_set_is_shown_and_wins(small):
    house = small()
    browser = house.browser()
    host = house.sandboxes["chatwoot"].url
    await browser.open(await house.link(integration="chatwoot", context={"base_url": host, "account_id": 3}))
    assert host in browser.page.text
    assert set(browser.page.form("")["fields"]) == {
        "form",
        "integration",
        "context.default_inbox_id",
        "credentials.token",
    }
    await browser.submit("", house.typed("chatwoot", base_url="https://evil.example", account_id="99"))
    await browser.submit("/confirm")
    (account,) = await house.accounts()
    assert json.loads(account.context) == {"base_url": host, "account_id": 3}


@pytest.mark.parametrize("asked", ["link_token=", "link_token=ill_x", "", "link_token=%00", "link_token=" + "x" * 4000])
async def test_an_unknown_link_is_a_page(house, asked):
    answer = await house.browser().open(f"/connect-account?{asked}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "not complete" in answer.text


async def test_a_link_ends_after_fifteen_minutes_wherever_the_customer_is(house):
    link = await house.link(integration="trengo", redirect_uri="https://app.example/x")
    early, late = house.browser(), house.browser()
    await early.open(link)
    await early.submit("", house.typed("trengo"))
    house.clock.now += 15 * 60 - 1
    assert (await early.open(urlsplit(early.address).path)).status_code == 200
    house.clock.now += 1
    for answer in (await late.open(link), await early.submit("/confirm"), await early.open(early.address)):
        assert answer.status_code == 410
        assert "expired" in answer.text
        assert "result=error&amp;error=link-expired&amp;error_type=invalid_token" in answer.text
    assert await house.accounts() == []


async def test_what_a_link_holds_is_erased_after_its_end(house):
    browser = house.browser()
    await browser.open(await house.link(integration="trengo"))
    await browser.submit("", house.typed("trengo"))
    (before,) = await house.links()
    await house.server.links.sweep()
    (kept,) = await house.links()
    assert kept.candidate == before.candidate is not None
    house.clock.now += 15 * 60
    await house.server.links.sweep()
    (over,) = await house.links()
    assert over.candidate is None
    house.clock.now += 24 * 60 * 60
    await house.server.links.sweep()
    assert await house.links() == []


async def test_a_link_dies_with_its_key(house):
    key, key_id = await house.key()
    token = (await house.ask({"tenant_id": TENANT}, key)).json()["link_token"]
    await house.server.accounts.keyring.mint.revoke(key_id, "key:cli")
    assert (await house.browser().open(f"/connect-account?link_token={token}")).status_code == 410


async def test_looking_does_not_use_a_link_and_a_reload_goes_on(small):
    house = small()
    link = await house.link(integration="trengo")
    looks = [await house.browser().open(link) for _ in range(5)]
    assert [one.status_code for one in looks] == [200] * 5
    browser = house.browser()
    for _ in range(3):
        assert (await browser.open(link)).status_code == 200
    await browser.submit("", house.typed("trengo"))
    assert (await browser.open(link)).status_code == 200  # in the same browser the question is still there
    await browser.submit("/confirm")
    assert len(await house.accounts()) == 1
    other = await house.browser().open(link)
    assert (other.status_code, "has been used" in other.text) == (410, True)
    assert (await browser.open(link)).status_code == 200


async def test_the_first_browser_that_sends_a_form_holds_the_link(small):
    house = small()
    link = await house.link(integration="trengo")
    first, second = house.browser(), house.browser()
    await first.open(link)
    await second.open(link)
    await first.submit("", house.typed("trengo", "wrong"))
    for answer in (await second.submit("", house.typed("trengo")), await house.browser().open(link)):
        assert (answer.status_code, "open somewhere else" in answer.text) == (409, True)
    without = await house.browser().open(urlsplit(first.address).path)
    assert without.status_code == 409
    await first.submit("", house.typed("trengo"))
    await first.submit("/confirm")
    assert len(await house.accounts()) == 1


async def test_two_links_in_one_browser_do_not_meet(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(integration="trengo", tenant_name="Ada"))
    ada = browser.page.form("")
    await browser.open(await house.link(integration="trengo", tenant_name="Bob"))
    bob = browser.page.form("")
    await browser.send(ada["action"], {**ada["fields"], **house.typed("trengo")})
    assert "Ada" in browser.page.text
    crossed = await browser.send(bob["action"], {**ada["fields"], **house.typed("trengo")})
    assert crossed.status_code == 403


async def test_two_hundred_confirmations_at_once_make_one_account(house):
    browser = house.browser()
    await browser.open(await house.link(integration="trengo"))
    await browser.submit("", house.typed("trengo"))
    form = browser.page.form("/confirm")
    answers = await asyncio.gather(*(browser.http.post(form["action"], data=form["fields"]) for _ in range(200)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await house.accounts()) == 1
    assert [action for _, action in await house.audited()].count("link.use") == 1


async def test_only_the_account_that_was_shown_is_linked(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link())
    place = urlsplit(browser.address).path
    await browser.open(place + "?integration=trengo")
    await browser.submit("", house.typed("trengo"))
    shown = browser.page.form("/confirm")
    await browser.submit("/change")
    await browser.open(place + "?integration=chatwoot")
    await browser.submit("", house.typed("chatwoot"))
    await browser.send(shown["action"], shown["fields"])  # the older window, which showed the other one
    assert await house.accounts() == []
    assert "Chatwoot accepted the token" in browser.page.text


async def test_attempts_are_counted(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(integration="trengo"))
    for _ in range(MOST_ATTEMPTS):
        assert (await browser.submit("", house.typed("trengo", "wrong"))).status_code == 422
    answer = await browser.submit("", house.typed("trengo"))
    assert (answer.status_code, "too often" in answer.text) == (429, True)
    calls = [one for one in house.sandboxes["trengo"].log() if one["target"].endswith("/users")]
    assert len(calls) == MOST_ATTEMPTS


async def _relink(house, token=None, **context):
    (account,) = await house.accounts()
    browser = house.browser()
    await browser.open(await house.link(integrated_account_id=account.id))
    return browser, await browser.submit("", house.typed(account.integration, token, **context))


async def test_linking_again_keeps_the_id_and_makes_the_account_active(house, tokens):
    await house.linked("chatwoot")
    (before,) = await house.accounts()
    await house.server.accounts.note_refusal(before.id)
    await house.server.accounts.note_refusal(before.id)
    (refused,) = await house.accounts()
    assert refused.status == "needs_reauth"
    browser, wrong = await _relink(house, "wrong")
    assert wrong.status_code == 422
    (same,) = await house.accounts()
    assert same.refusals == refused.refusals  # a mistake on the page is not the account's
    assert browser.page.form("")["fields"]["context.account_id"] == "3"
    await browser.submit("", house.typed("chatwoot", tokens("chatwoot", 7)))
    done = await browser.submit("/confirm")
    assert done.status_code == 200
    (after,) = await house.accounts()
    assert (after.id, after.tenant_id, after.status, after.last_error) == (before.id, TENANT, "active", None)
    assert after.credential != before.credential
    assert "account.relink" in [action for _, action in await house.audited()]


async def test_another_provider_account_is_refused_and_nothing_changes(house):
    from sqlalchemy import update

    from proxy.database.tables import accounts

    await house.linked()
    async with house.server.engine.begin() as connection:
        await connection.execute(update(accounts).values(identity="another workspace"))
    (before,) = await house.accounts()
    browser, answer = await _relink(house)
    assert (answer.status_code, "another Trengo account" in browser.page.text) == (409, True)
    assert await house.accounts() == [before]


async def test_an_account_that_is_blocked_meanwhile_stays_blocked(house):
    await house.linked()
    (account,) = await house.accounts()
    browser, _ = await _relink(house)
    key, _ = await house.key("link")
    path = f"/integrated-account/{account.id}"
    await browser.http.patch(path, json={"status": "blocked"}, headers=key)
    answer = await browser.submit("/confirm")
    assert (answer.status_code, "blocked" in answer.text) == (403, True)
    (after,) = await house.accounts()
    assert (after.status, after.credential) == ("blocked", account.credential)
    await browser.http.delete(path, headers=key)
    gone = await browser.open(urlsplit(browser.address).path.removesuffix("/confirm"))
    assert gone.status_code in (200, 404)


async def test_truto_parameters_are_understood(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link() + "&integration=trengo&iframe=true&auth_format=api_key&skip_rapid_form=true")
    assert browser.page.form("")["fields"]["integration"] == "trengo"
    assert any(link.endswith("?integration=") for link in browser.page.links)
    await browser.open(await house.link() + "&integration=trengo&no_back=true")
    assert not any(link.endswith("?integration=") for link in browser.page.links)
    await browser.open(await house.link() + "&integrations=chatwoot,trengo")
    assert len([link for link in browser.page.links if "integration=" in link]) == 2
    await browser.open(await house.link() + "&integrations=chatwoot")
    assert browser.page.form("")["fields"]["integration"] == "chatwoot"
    for asked in ("&integration=zendesk", "&integrations=trengo,zendesk"):
        answer = await browser.open(await house.link(origin="https://app.example") + asked)
        assert (answer.status_code, "not offered" in answer.text) == (400, True)
        assert json.loads(browser.page.root["data-message"])["error_type"] == "invalid_integration"


REFUSALS = [
    ("trengo", {}, {"credentials.token": "wrong"}, 422, "does not accept this token"),
    ("trengo", {}, {"credentials.token": ""}, 400, "Please fill this in"),
    ("trengo", {}, {"credentials.token": "tökén"}, 400, "These characters cannot be part of it"),
    (
        "trengo",
        {"do": "status", "status": 403, "body": {"message": "no"}},
        {},
        422,
        "Use the token of an administrator",
    ),
    ("trengo", {"do": "status", "status": 404, "body": {}}, {}, 422, "there is no such account"),
    ("trengo", {"do": "status", "status": 500}, {}, 502, "trouble of its own"),
    ("trengo", {"do": "html"}, {}, 502, "trouble of its own"),
    ("trengo", {"do": "drop_before"}, {}, 502, "cannot be reached just now"),
    ("trengo", {"do": "status", "status": 429, "headers": {"retry-after": "99"}}, {}, 429, "too many requests"),
    ("chatwoot", {}, {"context.account_id": "x"}, 400, "This is a whole number"),
    ("chatwoot", {}, {"context.account_id": "99"}, 422, "does not belong to these details"),
    ("chatwoot", {}, {"context.base_url": "ftp://x"}, 400, "begins with https://"),
    ("chatwoot", {}, {"context.base_url": "https://127.0.0.1"}, 502, "No Chatwoot answers at this address"),
    ("chatwoot", {}, {"context.base_url": "https://nowhere.invalid"}, 502, "No Chatwoot answers at this address"),
    ("chatwoot", {"do": "html"}, {}, 502, "it is not Chatwoot"),
    ("chatwoot", {"do": "status", "status": 503}, {}, 502, "trouble of its own"),
]


@pytest.mark.parametrize(
    ("name", "fault", "typed", "status", "sentence"), REFUSALS, ids=[str(one[1:]) for one in REFUSALS]
)
async def test_each_failure_has_its_sentence_and_keeps_no_token(small, name, fault, typed, status, sentence):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(integration=name))
    if fault:
        house.sandboxes[name].faults({"match": {}, **fault})
    answer = await browser.submit("", {**house.typed(name), **typed})
    assert (answer.status_code, sentence in browser.page.text) == (status, True), browser.page.text
    assert house.sandboxes[name].token not in answer.text
    assert await house.accounts() == []
    (link,) = await house.links()
    assert (link.candidate, link.used_at) == (None, None)
    invalid = [given for tag, given in browser.page.tags if tag == "input" and given.get("aria-invalid")]
    assert all(given["aria-describedby"] for given in invalid)


ORIGINS = [
    ({}, 422),
    ({"origin": "http://link.test"}, 422),
    ({"origin": "null"}, 422),
    ({"origin": "null", "sec_fetch_site": "same-origin"}, 422),
    ({"sec_fetch_site": "same-origin"}, 422),
    ({"origin": "null", "sec_fetch_site": "cross-site"}, 403),
    ({"origin": "null", "sec_fetch_site": "same-site"}, 403),
    ({"origin": "null", "sec_fetch_site": "none"}, 403),
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "http://link.test.evil.example"}, 403),
    ({"origin": "http://link.test:8080"}, 403),
    ({"origin": "http://evil.link.test"}, 403),
    ({"origin": "garbage"}, 403),
]


@pytest.mark.parametrize(("sent", "status"), ORIGINS, ids=[str(sent) for sent, _ in ORIGINS])
async def test_a_form_of_another_site_is_refused(small, sent, status):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(integration="trengo"))
    answer = await browser.submit("", house.typed("trengo", "wrong"), **sent)
    assert answer.status_code == status
    if status == 403:
        assert house.sandboxes["trengo"].log() == []


@pytest.mark.parametrize("ending", ["", "/confirm", "/change", "/cancel"])
@pytest.mark.parametrize("token", [None, "", "x", "é"])
async def test_a_form_without_the_token_of_the_session_is_refused(small, ending, token):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(integration="trengo"))
    place = urlsplit(browser.address).path
    await browser.submit("", house.typed("trengo"))
    fields = {"integration": "trengo", **house.typed("trengo"), **({} if token is None else {"form": token})}
    assert (await browser.send(place + ending, fields)).status_code == 403
    assert await house.accounts() == []
    (link,) = await house.links()
    assert link.candidate is not None


async def test_with_a_public_address_that_alone_is_our_origin(small):
    house = small(public_url="https://helpdesk.example.com")
    browser = house.browser("https://helpdesk.example.com")
    await browser.open(await house.link(integration="trengo"))
    typed = house.typed("trengo", "wrong")
    assert (await browser.submit("", typed, origin="https://helpdesk.example.com")).status_code == 422
    assert (await browser.submit("", typed, origin="http://helpdesk.example.com")).status_code == 403


async def test_what_is_no_form_is_a_page_too(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(integration="trengo"))
    place = urlsplit(browser.address).path
    form = "application/x-www-form-urlencoded"
    for content, kind in ((b"{}", "application/json"), (b"a=%FF", form), (b"a=1&" * 99, form), (b"\xff", form)):
        answer = await browser.http.post(place, content=content, headers={"content-type": kind})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(("base", "name"), [("http://link.test", "link-"), ("https://link.test", "__Host-link-")])
async def test_the_cookie_is_for_this_page_alone(small, base, name):
    house = small()
    browser = house.browser(base)
    await browser.open(await house.link(integration="trengo"))
    cookie = browser.answers[0].headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith(name)
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert ("secure" in parts) is base.startswith("https")
    assert not any(part.startswith("domain") for part in parts)


HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("body", "target", "opener"),
    [
        ({}, "", "same-origin"),
        ({"redirect_uri": "https://app.example/x"}, " https://app.example", "unsafe-none"),
        ({"origin": "https://app.example"}, "", "unsafe-none"),
    ],
)
async def test_every_page_and_redirect_has_the_headers(small, body, target, opener):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(**body))
    await browser.open(urlsplit(browser.address).path + "?integration=trengo&lang=fr")
    place = urlsplit(browser.address).path
    await browser.submit("", house.typed("trengo", "wrong"))
    await browser.submit("", house.typed("trengo"))
    await browser.submit("/change")
    await browser.submit("", house.typed("trengo"))
    await browser.submit("/confirm")
    await browser.open(place)
    await browser.send(place, {})
    known = len(browser.answers)
    assert known >= 12
    for answer in browser.answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["cross-origin-opener-policy"] == opener
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
            f"form-action 'self'{target}; frame-ancestors 'none'; base-uri 'none'"
        )
    for path in (
        "/connect-account",
        "/connect-account?link_token=x",
        "/connect-account/x",
        f"/connect-account/{'0' * 36}",
    ):
        answer = await browser.open(path)
        assert answer.status_code == 404
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "form-action 'self';" in answer.headers["content-security-policy"]


async def test_pages_hold_no_script_style_handler_or_address_of_others(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link())
    await browser.open(urlsplit(browser.address).path + "?integration=chatwoot")
    await browser.submit("", house.typed("chatwoot", "wrong"))
    await browser.submit("", house.typed("chatwoot"))
    await browser.submit("/confirm")
    for answer in browser.answers:
        for tag, given in type(browser.page)(answer.text).tags:
            assert tag not in {"style", "iframe", "object", "embed", "base"}
            assert not any(name.startswith("on") or name == "style" for name in given), given
            for name in ("src", "href", "action"):
                assert given.get(name, "/connect-account").startswith("/connect-account"), given


async def test_files_are_kept_by_browsers_and_nothing_else_is_served(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link())
    names = {given.get("href") or given.get("src") for tag, given in browser.page.tags if tag in {"link", "script"}}
    assert len(names) == 3
    for name in names:
        answer = await browser.http.get(name)
        assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")
        assert "immutable" in answer.headers["cache-control"]
    for name in ("page.css", "..%2fpage.py", "page.html"):
        assert (await browser.http.get(f"/connect-account/files/{name}")).status_code == 404


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_are_text(small, name):
    house = small(link_name=name[:60])
    browser = house.browser()
    await browser.open(await house.link(tenant_name=name))
    assert " ".join(name.split()) in browser.page.text
    await browser.open(urlsplit(browser.address).path + "?integration=trengo")
    plain = {tag for tag, _ in browser.page.tags}
    users = {"data": [{"id": 1, "agency_id": 7, "authorization": "OWNER", "full_name": name}]}
    house.sandboxes["trengo"].faults({"match": {"path": "/api/v2/users"}, "do": "status", "status": 200, "body": users})
    await browser.submit("", {**house.typed("trengo")})
    shown = browser.page.text
    assert " ".join(name.split()) in shown
    await browser.submit("/confirm")
    assert " ".join(name.split()) in browser.page.text
    known = plain | {"section", "strong", "dl", "div", "dt", "dd"}
    assert {tag for tag, _ in browser.page.tags} <= known


@pytest.mark.parametrize("lang", ["en", "nl", "de", "es", "fr"])
async def test_the_page_speaks_the_browsers_language_on_every_step(small, lang):
    house = small()
    words = house.server.pages.words
    browser = house.browser(**{"Accept-Language": f"{lang}-XX, pl;q=0.9"})
    await browser.open(await house.link())
    assert browser.page.root["lang"] == lang
    assert words.say(lang, "choose.title") in browser.page.text
    await browser.open(urlsplit(browser.address).path + "?integration=chatwoot")
    field = house.server.mappings.providers["chatwoot"].words.connection["account_id"]
    assert (field.translated[lang].help if lang != "en" else field.help) in browser.page.text
    await browser.submit("", house.typed("chatwoot", "wrong"))
    assert words.say(lang, "fail.wrong-token", provider="Chatwoot") in browser.page.text
    await browser.submit("", house.typed("chatwoot"))
    assert words.say(lang, "confirm.title") in browser.page.text
    await browser.submit("/confirm")
    assert words.say(lang, "done.title", provider="Chatwoot") in browser.page.text


async def test_a_language_that_is_chosen_stays(small):
    house = small()
    browser = house.browser(**{"Accept-Language": "nl"})
    await browser.open(await house.link(integration="trengo") + "&lang=de")
    assert browser.page.root["lang"] == "de"
    chosen = next(link for link in browser.page.links if link.endswith("lang=es"))
    await browser.open(chosen)
    await browser.submit("", house.typed("trengo"))
    assert browser.page.root["lang"] == "es"


async def test_the_window_that_opened_the_page_is_told_by_the_last_page(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(integration="trengo", origin="https://app.example"))
    assert browser.page.root["data-origin"] == "https://app.example"
    assert "data-message" not in browser.page.root
    await browser.submit("", house.typed("trengo", "wrong"))
    assert "data-message" not in browser.page.root  # the customer can mend it
    await browser.submit("", house.typed("trengo"))
    await browser.submit("/confirm", {"popup": "1"})
    (account,) = await house.accounts()
    assert json.loads(browser.page.root["data-message"]) == {
        "result": "success",
        "integration": "trengo",
        "integrated_account_id": account.id,
        "is_truto": True,
    }


async def test_in_a_window_of_its_own_the_page_does_not_lead_back(small):
    house = small()
    browser = house.browser()
    await browser.open(await house.link(integration="trengo", redirect_uri="https://app.example/x"))
    await browser.submit("/cancel", {"popup": "1"})
    assert json.loads(browser.page.root["data-message"]) == "closed"
    await browser.open(browser.page.links[1])
    await browser.submit("", house.typed("trengo"))
    await browser.submit("/confirm", {"popup": "1"})
    assert json.loads(browser.page.root["data-message"])["result"] == "success"
    assert any(link.startswith("https://app.example/x?result=success") for link in browser.page.links)
