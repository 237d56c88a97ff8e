"""What holds after every fault: nothing is leaked, no secret is told, the same processes serve, in time."""

import base64
import json
import re
import time
from urllib.parse import quote

from tests.faults.processes import connections, descriptors, family

PATIENCE_SECONDS = 20
"""For what a server lets go of by and by; a loaded machine takes its time."""
SLACK_SECONDS = 4.0
"""What an answer may take beyond the deadline: the promise is half a second, the rest is for a loaded machine."""
TASKS = re.compile(r"^interline_tasks (\S+)", re.MULTILINE)


def forms(secret):
    """The ways a secret could be written down: as it is, encoded, reversed, and a part of it."""
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        secret[::-1],
        secret[len(secret) // 4 : len(secret) // 4 + 24],
    }


def eventually(what, seconds=PATIENCE_SECONDS):
    """Waits until ``what()`` is true; whether it became so."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


class Oracle:
    """Watches one server over one scenario; ``verify`` once it is over.

    ``pooled`` are the ports to which connections may rightly be kept for reuse, so many more as ``may_keep`` said.
    ``busy()`` says whether somebody behind the server still waits for it.
    """

    def __init__(self, server, http, secrets=(), pooled=(), busy=lambda: 0):
        self._server = server
        self._http = http
        self._ports = frozenset(pooled)
        self._busy = busy
        self._kept = 0
        self._secrets = list(secrets)
        self._said = []
        self._log_at = server.log.stat().st_size
        self._family = family(server.process.pid)
        self._pooled = self._connections()
        self._descriptors = self._held()
        self._tasks = self._running_tasks()

    def may_keep(self, connections):
        """So many more connections may be in the pools afterwards."""
        self._kept += connections

    def hide(self, secret):
        """A further secret that no output may hold."""
        self._secrets.append(secret)

    def heard(self, text):
        """An output that a caller got."""
        self._said.append(text)

    def log_line(self, answered):
        """The log line of an answer, once it is there: it is written after the answer."""
        found = []

        def look():
            lines = (json.loads(line) for line in self._new_log().splitlines() if line.startswith("{"))
            wanted = answered.headers["x-request-id"]
            found[:] = [line for line in lines if line.get("request_id") == wanted and line["event"] == "request"]
            return found

        assert eventually(look), "no log line"
        return found[0]

    def verify(self):
        """Raises AssertionError for the first thing that does not hold."""
        assert self._http.get(f"{self._server.base_url}/health").status_code == 200
        assert family(self._server.process.pid) == self._family, "a process of the server ended"
        assert eventually(lambda: not self._busy()), "the server still waits for somebody"
        assert eventually(lambda: self._connections() <= self._pooled + self._kept), "connections leak"
        assert eventually(lambda: not self._more()), f"open and not before: {self._more()}"
        assert eventually(lambda: self._running_tasks() <= self._tasks), (
            f"tasks leak: {self._tasks} before, {self._running_tasks()} after"
        )
        log = self._new_log()
        assert '"internal-error"' not in log, log
        for text in (*self._said, log):
            found = [form for secret in self._secrets for form in forms(secret) if form in text]
            assert found == [], text[:500]

    def _held(self):
        held = descriptors(self._server.process.pid)
        held.subtract({"socket": self._connections()})
        return held

    def _connections(self):
        return connections(self._server.process.pid, self._ports)

    def _more(self):
        return self._held() - self._descriptors

    def _running_tasks(self):
        (found,) = TASKS.findall(self._http.get(f"{self._server.base_url}/metrics").text)
        return float(found)

    def _new_log(self):
        with self._server.log.open("rb") as log:
            log.seek(self._log_at)
            return log.read().decode()
