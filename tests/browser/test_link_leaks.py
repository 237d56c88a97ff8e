"""After a day of linking in a browser, no token stands in a log line, a page, an address, an answer or the database."""

import sqlite3

import httpx
import pytest

from tests.browser.site import Customer


def written(secret):
    """The ways a secret could stand somewhere."""
    return {secret, secret[::-1], secret.encode().hex(), secret[8:40]}


@pytest.fixture(scope="module")
def day(chromium, running, site, tokens):
    """Mistakes, failures, a link in a window, one that is left in the middle; all that was seen on the way."""
    secrets = {name: tokens(name, 700 + number) for number, name in enumerate(running.accounts)}
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    seen, answers = [], []
    for name, account in running.accounts.items():
        account.sandbox.reset()
        person = Customer(context, site, running)
        person.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - a builtin is not taken
        link = site.ask(integration=name)
        secrets[f"link of {name}"] = link["link_token"]
        person.page.goto(link["url"])
        for fault in ({"do": "status", "status": 500}, {"do": "html"}, {"do": "status", "status": 403, "body": {}}):
            account.sandbox.faults({"match": {}, **fault})
            person.fill(name, secrets[name])
            person.press()
            seen.append(person.page.content())
        account.sandbox.faults()
        person.fill(name, secrets[name] + "x")
        person.press()
        seen.append(person.page.content())
        person.fill(name, secrets[name])
        person.press()
        seen.append(person.page.content())
        between = site.server.folder / f"between-{name}"
        with sqlite3.connect(site.server.folder / "own.sqlite3") as database:
            between.write_text("\n".join(database.iterdump()))
        database.close()
        person.press()
        seen.append(person.page.content())
        seen += [url for url, _ in person.requests[1:]] + [str(referrer) for _, referrer in person.requests]
        left = Customer(context, site, running)
        left.open(integration=name)
        left.fill(name, secrets[name])
        left.press()
    seen += [f"{answer.url} {answer.headers}" for answer in answers]
    seen.append(str(context.cookies()))
    paths = ("/metrics", "/integrated-account", "/integration", "/openapi.json")
    seen += [httpx.get(site.base_url + path, headers=site.headers).text for path in paths]
    context.close()
    return {"site": site, "secrets": secrets, "seen": seen}


def test_nothing_that_a_browser_saw_holds_a_token(day):
    assert len(day["seen"]) > 40
    for what, secret in day["secrets"].items():
        for text in day["seen"]:
            if what.startswith("link") and f"link_token={secret}" in text.split(" ")[0]:
                continue  # the answer to the one request that brought it
            assert [form for form in written(secret) if form in text] == [], (what, text[:200])


def test_no_log_line_holds_a_token(day):
    log = day["site"].server.log.read_text()
    assert log.count("/connect-account") > 20
    for what, secret in day["secrets"].items():
        assert [form for form in written(secret) if form in log] == [], what


def test_the_database_holds_no_token_while_the_customer_is_asked_and_after(day):
    folder = day["site"].server.folder
    files = [*folder.glob("own.sqlite3*"), *folder.glob("between-*")]
    assert len(files) >= 3
    for file in files:
        for what, secret in day["secrets"].items():
            assert [form for form in written(secret) if form.encode() in file.read_bytes()] == [], (what, file.name)
    with sqlite3.connect(folder / "own.sqlite3") as database:
        kept = database.execute("select used_at is not null, candidate from links").fetchall()
    database.close()
    assert {candidate for used, candidate in kept if used} == {None}
    assert any(candidate.startswith("v1:") for used, candidate in kept if candidate and not used)
