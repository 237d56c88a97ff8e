"""What the browser tests have in common: the server, a customer with a page, and the product that opens it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8"}


class Site:
    """A running server, and links for it."""

    def __init__(self, server):
        self.server = server
        self.base_url = server.base_url
        self.key = server.key_with("read", "link", "admin")
        self.headers = {"Authorization": f"Bearer {self.key}"}

    def ask(self, **body):
        """A link: what ``POST /link-token`` answers."""
        named = {} if "integrated_account_id" in body else {"tenant_id": "customer-42"}
        answer = httpx.post(f"{self.base_url}/link-token", json={**named, **body}, headers=self.headers)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]

    def link(self, **body):
        return self.ask(**body)["url"]

    def accounts(self, **query):
        answer = httpx.get(f"{self.base_url}/integrated-account", params=query, headers=self.headers)
        return answer.json()["result"]

    def change(self, account_id, **body):
        answer = httpx.patch(f"{self.base_url}/integrated-account/{account_id}", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text


class Customer:
    """A person at a page, who reads it and clicks."""

    def __init__(self, context, site, demo):
        self.context = context
        self.site = site
        self.sandboxes = {name: account.sandbox for name, account in demo.accounts.items()}
        self.page = context.new_page()
        self.errors = []
        self.requests = []
        self.watch(self.page)

    def watch(self, page):
        """Notes what a page complains of and where it goes."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if "Content Security" in line.text else None)
        page.on("request", lambda request: self.requests.append((request.url, request.headers.get("referer"))))

    def open(self, **body):
        """Opens a new link."""
        return self.page.goto(self.site.link(**body))

    def fill(self, name, token=None, page=None, **fields):
        """Types what a provider asks for."""
        page = page or self.page
        values = {"credentials-token": token or self.sandboxes[name].token}
        if name == "chatwoot":
            values |= {"context-base_url": self.sandboxes[name].url, "context-account_id": "3"}
        for field, value in (values | fields).items():
            if page.locator(f"#{field}").count():
                page.fill(f"#{field}", value)

    def press(self, page=None):
        """Presses the one main button, and waits for what follows."""
        page = page or self.page
        with page.expect_navigation():
            page.click("button.main")

    def history(self):
        """The addresses that the back button would go through, the oldest first."""
        session = self.context.new_cdp_session(self.page)
        entries = session.send("Page.getNavigationHistory")["entries"]
        session.detach()
        return [entry["url"] for entry in entries]

    def reads(self, page=None):
        """What stands on the page."""
        return (page or self.page).inner_text("main")


class Opener:
    """An origin of its own on loopback with a few pages."""

    def __init__(self, files):
        asked = self.asked = []
        self.files = files

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.partition("?")[0].strip("/") or "index"
                asked.append((self.path, self.headers.get("Referer")))
                body = files.get(name, "<!doctype html><title>returned</title>")
                self.send_response(200)
                self.send_header("Content-Type", TYPES["js" if name.endswith("_js") else "html"])
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.origin = f"http://127.0.0.1:{self.port}"
        self.other_origin = f"http://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
