"""Asks a simulator without a socket, for tests and benchmarks."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.chatwoot.state import ACCOUNT
from sandbox.http import Request, Response, Simulator

PREFIX = f"/api/v1/accounts/{ACCOUNT}"


@dataclass(frozen=True, slots=True)
class Ask:
    """One caller with one token (none: no header); paths are relative to the account unless they start with ``//``."""

    simulator: Simulator
    token: str | None
    host: str = "support.example"
    accept: str = "application/json"

    def raw(self, method: str, path: str, body: Any = None, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        """The whole answer; a body that is not bytes is sent as JSON."""
        sent = [("host", self.host), ("accept", self.accept), *headers]
        if self.token is not None:
            sent.append(("Api-Access-Token", self.token))
        if body is not None and not isinstance(body, bytes):
            sent.append(("content-type", "application/json"))
            body = json.dumps(body).encode()
        target = path[1:] if path.startswith("//") else PREFIX + path
        return self.simulator.handle(Request(method, target, tuple(sent), body or b""))

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer, whatever it is."""
        response = self.raw(method, path, body)
        return response.status, json.loads(response.body)

    def get(self, path: str) -> Any:
        """The JSON of a successful read."""
        return self._expect("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """The JSON of a successful POST."""
        return self._expect("POST", path, body)

    def _expect(self, method: str, path: str, body: Any) -> Any:
        status, value = self.refused(method, path, body)
        if status != 200:
            raise LookupError(f"{method} {path} answered {status}: {value}")
        return value
