"""The whole server in this process with a clock to turn, and a browser that knows links, forms and cookies alone."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
from sqlalchemy import select

from proxy.accounts.mint import NewKey
from proxy.database.tables import accounts, audit, links
from proxy.link.store import Links
from proxy.seal import Sealer, SealingKey, new_key
from proxy.settings import Settings
from unified.app import Server, litestar_app
from unified.edge import Edge
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

TENANT = "customer-42"
BASE = "http://link.test"


class Clock:
    """Stands until it is turned."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


class House:
    """A server over a database, its providers the sandboxes of a demo."""

    def __init__(self, url, demo, **settings):
        self.sandboxes = {name: account.sandbox for name, account in demo.accounts.items()}
        self.settings = Settings(
            sealing_keys=(SealingKey.parse(new_key()),),
            database_url=url,
            provider_bases={"trengo": f"{self.sandboxes['trengo'].url}/api/v2"},
            private_hosts=(self.sandboxes["chatwoot"].url.removeprefix("http://"), "127.0.0.1:9"),
            **settings,
        )
        self.clock = Clock()
        self.server = Server(self.settings, load_mappings(mappings_folder()))
        self.server.links = Links(self.server.engine, Sealer(self.settings.sealing_keys), self.clock)
        self.app = Edge(litestar_app(self.server), self.settings.bounds)
        self.browsers = []

    def browser(self, base=BASE, **headers):
        """Another browser."""
        self.browsers.append(Browser(self.app, base, headers))
        return self.browsers[-1]

    async def key(self, *scopes, **more):
        """The headers of a new key, and its id."""
        minted = await self.server.accounts.keyring.mint.key(
            NewKey(name="x", scopes=scopes or ("read", "link"), **more), "key:cli"
        )
        return {"Authorization": f"Bearer {minted.key.reveal()}"}, minted.id

    async def ask(self, body, key=None, headers=None):
        """The answer to ``POST /link-token``."""
        key = key or (await self.key())[0]
        browser = self.browser()
        return await browser.http.post("/link-token", json=body, headers={**key, **(headers or {})})

    async def link(self, **body):
        """The path of a new link, with its token."""
        named = {} if "integrated_account_id" in body else {"tenant_id": TENANT}
        answer = await self.ask({**named, **body})
        assert answer.status_code == 201, answer.text
        place = urlsplit(answer.json()["result"]["url"])
        return f"{place.path}?{place.query}"

    def typed(self, name, token=None, **context):
        """What a customer types for a provider."""
        fields = {"credentials.token": token or self.sandboxes[name].token}
        if name == "chatwoot":
            fields |= {"context.base_url": self.sandboxes[name].url, "context.account_id": "3"}
        return fields | {f"context.{field}": value for field, value in context.items()}

    async def linked(self, name="trengo", **body):
        """A browser that has linked an account; its last answer."""
        browser = self.browser()
        await browser.open(await self.link(integration=name, **body))
        await browser.submit("", self.typed(name))
        return browser, await browser.submit("/confirm")

    async def rows(self, table):
        async with self.server.engine.connect() as connection:
            return (await connection.execute(select(table))).all()

    async def accounts(self):
        return await self.rows(accounts)

    async def links(self):
        return await self.rows(links)

    async def audited(self):
        return [(row.actor, row.action) for row in await self.rows(audit)]

    async def close(self):
        for browser in self.browsers:
            await browser.http.aclose()
        await self.server.transport.aclose()
        await self.server.engine.dispose()


class Page(HTMLParser):
    """What stands on a page: forms with their fields, links, and the text."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.links, self.words, self.tags, self.root = [], [], [], [], {}
        self._form = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "html":
            self.root = given
        if tag == "form":
            self._form = {"action": given["action"], "fields": {}}
            self.forms.append(self._form)
        if tag == "input" and self._form is not None:
            self._form["fields"][given["name"]] = given.get("value") or ""
        if tag == "a":
            self.links.append(given["href"])

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def form(self, ending):
        """The form whose address ends so; the empty ending is the page's own."""
        for form in self.forms:
            last = form["action"].rpartition("/")[2]
            if (ending and form["action"].endswith(ending)) or (not ending and len(last) == 36):
                return form
        raise AssertionError(f"no form {ending!r} in: {self.text}")


class Browser:
    """Follows redirects as browsers do, within our own origin."""

    def __init__(self, app, base, headers):
        self.base = base
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base, headers=headers, timeout=60)
        self.answers = []
        self.page = None
        self.address = None

    async def open(self, path):
        """Loads an address; the last answer."""
        return await self._follow(await self.http.get(path))

    async def submit(self, ending, fields=None, **headers):
        """Sends a form of the page with some of its fields filled in."""
        form = self.page.form(ending)
        return await self.send(form["action"], {**form["fields"], **(fields or {})}, **headers)

    async def send(self, action, fields, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._follow(await self.http.post(action, data=fields, headers=named))

    async def _follow(self, answer):
        self.answers.append(answer)
        while answer.status_code == 303:
            place = urljoin(str(answer.url), answer.headers["location"])
            if not place.startswith(self.base + "/"):
                self.address = place
                return answer
            answer = await self.http.get(place)
            self.answers.append(answer)
        self.address = str(answer.url)
        if answer.headers["content-type"].startswith("text/html"):
            self.page = Page(answer.text)
        return answer
