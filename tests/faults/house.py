"""A server whose providers are scripted and reached through relays, and the scene in which a fault is played."""

import time
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.conftest import Account, Demo, Sandbox, start_server
from tests.faults.oracle import SLACK_SECONDS, Oracle, eventually
from tests.faults.provider import Provider
from tests.faults.relay import Relay

BOUNDS = {
    "bounds_deadline_seconds": "3",
    "bounds_connect_seconds": "1",
    "bounds_budget_wait_seconds": "2",
    "bounds_stream_idle_seconds": "2",
    "bounds_body_idle_seconds": "2",
    "bounds_settle_seconds": "4",
}
"""Small, so that a scenario takes no more than a few seconds."""
SCOPES = ("read", "write", "proxy", "link", "admin")
LIST = {"trengo": "/api/v2/tickets", "chatwoot": "/api/v1/accounts/3/conversations"}
KEPT = 16
"""Connections that the pools of one account may hold: eight for its reads, and for its writes."""
_numbers = count(1)


@dataclass
class House:
    """What the scenarios of a file share: a server, its providers, a relay before each, and an operator's key."""

    server: object
    providers: dict[str, Provider]
    relays: dict[str, Relay]
    http: httpx.Client
    key: str

    @classmethod
    def open(cls, stage, folder, **settings):
        """Starts everything; ``settings`` as ``start_server`` takes them, on top of ``BOUNDS``."""
        http = httpx.Client(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
        providers = {name: Provider(stage, name) for name in ("trengo", "chatwoot")}
        relays = {name: Relay(stage, one.address) for name, one in providers.items()}
        server = start_server(
            folder, _as_demo(relays, http), **{"metrics_public": "true", "log_level": "debug"} | BOUNDS | settings
        )
        house = cls(server, providers, relays, http, server.key_with(*SCOPES))
        for name in providers:  # what is opened once, at the first use, is no leak of the first scenario
            Scene(house, name).tickets()
        return house

    @property
    def deadline(self):
        """Seconds that one request may take."""
        return float(self.server.environment["INTERLINE_BOUNDS_DEADLINE_SECONDS"])

    @property
    def ports(self):
        """Those of the relays."""
        return [relay.port for relay in self.relays.values()]

    def request(self, method, path, **options):
        """A call with the operator's key."""
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        return self.http.request(method, self.server.base_url + path, headers=headers, **options)

    def calm(self):
        """No fault, no toxic, nothing remembered."""
        for name, relay in self.relays.items():
            relay.lead(self.providers[name].address)
            relay.heal()
        for provider in self.providers.values():
            provider.reset()

    def close(self):
        self.server.stop()
        for one in (*self.relays.values(), *self.providers.values()):
            one.close()
        self.http.close()


@dataclass
class Answered:
    """What a caller got, and in how many seconds."""

    status: int
    headers: httpx.Headers
    text: str
    seconds: float
    answer: httpx.Response = field(repr=False)

    @property
    def code(self):
        """The code of a problem."""
        return self.json().get("code")

    def json(self):
        return self.answer.json()


class Scene:
    """One account of its own at one provider, fresh in this scenario; what is asked for it is timed and overheard."""

    def __init__(self, house, name):
        self.house = house
        self.name = name
        self.provider = house.providers[name]
        self.relay = house.relays[name]
        self.oracle = Oracle(house.server, house.http, [house.key], house.ports, self._busy)
        self.account_id = self.link()
        self.provider.reset()

    def link(self):
        """Links one more account, with a token that nobody has; its id."""
        token = self.provider.token(5000 + next(_numbers))
        self.oracle.hide(token)
        self.oracle.may_keep(KEPT)
        context = {"base_url": self.relay.origin, "account_id": 3} if self.name == "chatwoot" else {}
        body = {"tenant_id": "t", "integration": self.name, "context": context, "credentials": {"token": token}}
        answer = self.house.request("POST", "/integrated-account", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["id"]

    def ask(self, method, path, *, account=None, within=None, **options):
        """Asks for the account. The answer must come within the deadline, or ``within`` seconds, and some slack."""
        headers = {"X-Integrated-Account-Id": account or self.account_id, **options.pop("headers", {})}
        started = time.monotonic()
        answer = self.house.request(method, path, headers=headers, **options)
        seconds = time.monotonic() - started
        self.oracle.heard(f"{answer.headers} {answer.text}")
        assert seconds <= (within or self.house.deadline) + SLACK_SECONDS
        return Answered(answer.status_code, answer.headers, answer.text, seconds, answer)

    def tickets(self, **query):
        """A unified list."""
        return self.ask("GET", "/unified/ticketing/tickets", params={"limit": 5, **query})

    def reached(self):
        """Waits until a request has come to the provider."""
        assert eventually(lambda: self.provider.busy), "no request came"

    def proxied(self, path=None, **options):
        """The same list by the passthrough."""
        return self.ask("GET", "/proxy" + (path or LIST[self.name].removeprefix("/api/v2")), **options)

    def answer_first(self, *actions, times=1, path=None):
        """The first ``times`` requests of the list (or ``path``) meet ``actions``, all others are answered well."""
        path, left = path or LIST[self.name], count(times, -1)

        def script(got, number):
            fits = got.target.partition(b"?")[0] == path.encode()
            return list(actions) if fits and next(left) > 0 else None

        self.provider.script = script

    def ticket(self):
        """The id of a ticket that can be answered."""
        return self.tickets(limit=1).json()["result"][0]["id"]

    def comment(self, ticket, text, **options):
        """A unified write that may not be sent twice."""
        body = {"ticket": {"id": ticket}, "body": text}
        return self.ask("POST", "/unified/ticketing/comments", json=body, **options)

    def message(self, ticket, text, **options):
        """The same write by the passthrough."""
        return self.ask("POST", f"/proxy/tickets/{ticket}/messages", json={"message": text}, **options)

    @property
    def calls(self):
        """How often the list was asked for."""
        return len(self.provider.calls(LIST[self.name]))

    def metric(self, name):
        """A metric without labels, or the sum over them."""
        lines = self.house.http.get(f"{self.house.server.base_url}/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def end(self):
        """Calm again; the next request is fine and nothing is left of the fault."""
        self.house.calm()
        answered = self.tickets()
        if answered.status in (429, 503):  # the account was told to wait, or is held back; another one is not
            answered = self.ask("GET", "/unified/ticketing/tickets", account=self.link())
        assert answered.status == 200, answered.text
        self.oracle.verify()

    def _busy(self):
        return sum(provider.busy for provider in self.house.providers.values())


def _as_demo(relays, http):
    """The relays, as the part of a demo that a server of its own is started against."""
    accounts = {
        name: Account(name, "", "", "", Sandbox(relay.origin, "", "", "", http), "", http)
        for name, relay in relays.items()
    }
    return Demo("", "", accounts, http)
