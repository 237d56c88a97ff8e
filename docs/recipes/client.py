"""What the recipes share: a small client that pages, waits, and repeats a write with its key. Copy it into your code.

It needs Python alone. Where the server is and who asks is read from the environment:
``INTERLINE_URL``, ``INTERLINE_TOKEN`` (an account token, or an API key together with ``INTERLINE_ACCOUNT``).
"""

import hashlib
import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

ATTEMPTS = 6
PATIENCE = 120.0
"""Seconds that one request may wait for its turn; a longer ``Retry-After`` is given back to the caller."""
PASSING = {429, 502, 503, 504}
"""What may be different a moment later. A write is repeated with its key, so its effect is once."""


class Refused(Exception):  # noqa: N818 - says what happened
    """A request that was answered with a problem: ``code``, and ``problem`` as the server said it."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        self.code = problem.get("code", "")
        fields = "".join(f"; {one['path']}: {one['detail']}" for one in problem.get("errors", []))
        super().__init__(f"{problem.get('status')} {self.code}: {problem.get('detail')}{fields}")


class Interline:
    """One linked account of a server."""

    def __init__(
        self, base_url: str, token: str, account: str | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if account:
            self._headers["X-Integrated-Account-Id"] = account
        self._sleep = sleep

    def walk(self, resource: str, **filters: Any) -> Iterator[dict[str, Any]]:
        """Every record of a list, page by page."""
        asked = {"limit": 100, **filters}
        while True:
            try:
                page = self._send("GET", f"{resource}?{urllib.parse.urlencode(asked, doseq=True)}")
            except Refused as refused:
                if refused.code != "scan-limit":  # nothing matched so far: the search goes on from there
                    raise
                page = {"result": [], "next_cursor": refused.problem["next_cursor"]}
            yield from page["result"]
            if page["next_cursor"] is None:
                return
            asked = {"next_cursor": page["next_cursor"]}

    def get(self, resource: str, record_id: str) -> dict[str, Any]:
        """One record."""
        return self._send("GET", f"{resource}/{record_id}")["result"]

    def create(self, resource: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Makes a record, once for its key."""
        return self._send("POST", resource, body, key)["result"]

    def update(self, resource: str, record_id: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Changes a record, once for its key."""
        return self._send("PATCH", f"{resource}/{record_id}", body, key)["result"]

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            wait, problem = float(2**attempt) / 4, {"status": 0, "code": "no-answer", "detail": "no answer came"}
            try:
                status, headers, answer = self._exchange(method, path, body, key)
            except (OSError, http.client.HTTPException):  # lost on the way: with its key a write can be asked again
                status, headers = 0, {}
            else:
                if status < 300:
                    return answer
                problem = answer
            told = headers.get("Retry-After")
            again = status == 0 or status in PASSING or (status == 409 and told is not None)
            wait = float(told) if told else wait
            if not again or attempt == ATTEMPTS or wait > PATIENCE:
                raise Refused(problem)
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None, key: str | None) -> tuple[int, Any, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's own setting
            f"{self._base}/unified/{path}",
            None if body is None else json.dumps(body).encode(),
            {**self._headers, **({} if key is None else {"Idempotency-Key": key})},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
                return answer.status, answer.headers, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, _problem(error)


def _problem(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        found = json.load(error)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"status": error.code, "code": "", "detail": "no problem document"}


def connect() -> Interline:
    """The account that the environment names."""
    return Interline(os.environ["INTERLINE_URL"], os.environ["INTERLINE_TOKEN"], os.environ.get("INTERLINE_ACCOUNT"))


def key_of(*parts: Any) -> str:
    """An idempotency key made of what the write is about: the same event makes the same key, also after a crash."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:40]


def each(rows: list[Any], work: Callable[[Any], str]) -> int:
    """Does the work for each row and prints what came of it; one that is refused stops none of the others."""
    failed = 0
    for row in rows:
        try:
            print(work(row))
        except Refused as refused:
            failed += 1
            print(f"failed: {refused}")
    return failed
