"""The demo: both sandboxes and the server on loopback, an account linked at each, an API key; nothing survives it."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from msgspec import json

from proxy.accounts.mint import NewKey, NewToken
from proxy.accounts.store import Accounts
from proxy.database.engine import open_engine
from proxy.database.migrate import upgrade
from proxy.seal import Sealer, new_key
from proxy.settings import Settings, load_settings
from unified.listening import BACKLOG

PROVIDERS = ("trengo", "chatwoot")
PREFERRED_PORT = 8080
PROXY_PATHS = {"trengo": "tickets", "chatwoot": "api/v1/accounts/3/conversations"}
"""Where each sandbox lists its tickets, below the passthrough; 3 is the one account of the simulated server."""
CHATWOOT_ACCOUNT = 3
LINK_BODY = {"tenant_id": "demo-by-hand", "tenant_name": "Sunrise Bakery"}
READY_SECONDS = 20.0
STOP_SECONDS = 5.0
INHERIT = 'eval "exec 3<&$0"; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
KEY_SCOPES = ("read", "write", "proxy", "link", "admin")
TOKEN_SCOPES = ("read", "write", "proxy")


class Stopped(Exception):  # noqa: N818 - says what happened
    """Ctrl-C or SIGTERM."""


def demo(*, as_json: bool, port: int, rate_limit: int | None, tickets: int) -> int:
    """Runs until it is stopped; the answer is the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    with ExitStack() as stack:
        try:
            ready = _start(stack, _listening(port), rate_limit, tickets)
            sys.stdout.write(json.encode(ready).decode() + "\n" if as_json else curl_lines(ready))
            sys.stdout.flush()
            while True:
                signal.pause()
        except Stopped:
            return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _start(stack: ExitStack, listening: socket.socket, rate_limit: int | None, tickets: int) -> dict[str, Any]:
    port: int = listening.getsockname()[1]
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="interline-demo-")))
    started = [_sandbox(stack, name, rate_limit, tickets) for name in PROVIDERS]
    database = f"sqlite+aiosqlite:///{folder / 'demo.sqlite3'}"
    upgrade(database)
    sandboxes = {name: _summary(process) for name, process in zip(PROVIDERS, started, strict=True)}
    environment = _environment(database, port, sandboxes, rate_limit)
    key = asyncio.run(_mint_key(load_settings(environment)))
    base_url = f"http://127.0.0.1:{port}"
    server = _serve(stack, listening, environment)
    _wait_ready(server, base_url)
    linked = {name: _link(base_url, key, name, sandboxes[name]) for name in PROVIDERS}
    link_url = _post(base_url, key, "/link-token", LINK_BODY)["url"]
    tokens = asyncio.run(_mint_tokens(load_settings(environment), list(linked.values())))
    return {
        "base_url": base_url,
        "api_key": key,
        "link_url": link_url,
        "accounts": {
            name: {
                "id": linked[name]["id"],
                "tenant_id": linked[name]["tenant_id"],
                "account_token": token,
            }
            for name, token in zip(PROVIDERS, tokens, strict=True)
        },
        "sandboxes": {
            name: {part: summary[part] for part in ("url", "token", "control_url", "control_token")}
            for name, summary in sandboxes.items()
        },
    }


def _spawn(stack: ExitStack, arguments: list[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - our own modules, no caller's text
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
    )
    stack.callback(_end, process)
    return process


def _serve(stack: ExitStack, listening: socket.socket, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The server, on a socket that it inherits (sd_listen_fds(3)): between looking for a port and listening on it,
    another program could take it."""
    with listening:
        process = subprocess.Popen(  # noqa: S603 - our own modules, no caller's text
            ["/bin/sh", "-c", INHERIT, str(listening.fileno()), sys.executable, "-m", "unified", "serve"],
            stdout=subprocess.DEVNULL,
            env=environment,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _sandbox(stack: ExitStack, name: str, rate_limit: int | None, tickets: int) -> subprocess.Popen[bytes]:
    limit = [] if rate_limit is None else ["--rate-limit", str(rate_limit)]
    return _spawn(stack, ["-m", "sandbox", name, "--json", "--tickets", str(tickets), *limit])


def _summary(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - a sandbox is started with a pipe
    line = process.stdout.readline()
    if not line:
        raise SystemExit("a sandbox did not start")
    summary: dict[str, Any] = json.decode(line)
    return summary


def _environment(
    database: str, port: int, sandboxes: dict[str, dict[str, Any]], rate_limit: int | None
) -> dict[str, str]:
    """Settings of the server: the fixed provider is moved to its sandbox, the self-hosted one is let through.

    Chatwoot does not say what it allows, so the operator's own limit is told by a setting.
    """
    limits = {} if rate_limit is None else {"INTERLINE_PROVIDER_LIMITS": f"chatwoot={rate_limit}"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERLINE_")}
    return {
        **kept,
        **limits,
        "INTERLINE_DATABASE_URL": database,
        "INTERLINE_SEALING_KEYS": new_key(),
        "INTERLINE_PORT": str(port),
        "INTERLINE_BOUNDS_NOTICE_SECONDS": "0.05",
        "INTERLINE_DOCS": "true",
        "INTERLINE_LOG_LEVEL": "warning",
        "INTERLINE_PROVIDER_BASES": f"trengo={sandboxes['trengo']['url']}/api/v2",
        "INTERLINE_PRIVATE_HOSTS": sandboxes["chatwoot"]["url"].removeprefix("http://"),
    }


async def _mint_key(settings: Settings) -> str:
    engine = open_engine(settings.database_url)
    try:
        accounts = Accounts(engine, Sealer(settings.sealing_keys), {}, settings)
        minted = await accounts.keyring.mint.key(NewKey(name="demo", scopes=KEY_SCOPES), "demo")
        return minted.key.reveal()
    finally:
        await engine.dispose()


async def _mint_tokens(settings: Settings, linked: list[dict[str, Any]]) -> list[str]:
    """Account tokens that last as long as the demo; the API gives them for 15 minutes at most."""
    engine = open_engine(settings.database_url)
    try:
        accounts = Accounts(engine, Sealer(settings.sealing_keys), {}, settings)
        (key,) = await accounts.keyring.mint.keys()
        tokens = [
            await accounts.keyring.mint.token(
                NewToken(account_id=one["id"], key_id=key.id, scopes=TOKEN_SCOPES, expires_in_seconds=None), "demo"
            )
            for one in linked
        ]
        return [token.key.reveal() for token in tokens]
    finally:
        await engine.dispose()


def _wait_ready(server: subprocess.Popen[bytes], base_url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise SystemExit(f"the server ended with status {server.returncode}")
        try:
            with urllib.request.urlopen(f"{base_url}/ready", timeout=1):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise SystemExit(f"the server was not ready within {READY_SECONDS:.0f} seconds")


def _link(base_url: str, key: str, name: str, sandbox: dict[str, Any]) -> dict[str, Any]:
    """Links an account as an operator would: the server verifies the credential at the sandbox first."""
    host = {"base_url": sandbox["url"]} if sandbox["connection"] else {}
    body = {
        "tenant_id": f"demo-{secrets.token_hex(3)}",
        "integration": name,
        "context": {**host, **sandbox["connection"]},
        "credentials": {"token": sandbox["token"]},
    }
    return _post(base_url, key, "/integrated-account", body)


def _post(base_url: str, key: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        base_url + path,
        json.encode(body),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=READY_SECONDS) as answer:  # noqa: S310 - as above
            result: dict[str, Any] = json.decode(answer.read())["result"]
            return result
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{path} failed: {error.read().decode()}") from None


def curl_lines(ready: dict[str, Any]) -> str:
    """What a person reads: where everything is, and lines to paste."""
    base = ready["base_url"]
    lines = [f"Interline listens on {base}. The API, to read and try: {base}/docs", ""]
    for name, account in ready["accounts"].items():
        curl = f"curl -s -H 'Authorization: Bearer {account['account_token']}' '{base}"
        tickets = f"{curl}/unified/ticketing/tickets"
        cursor, ticket = _pick('["next_cursor"]'), _pick('["result"][0]["id"]')
        lines += [
            f"# {name}: open tickets, in one vocabulary",
            f"{tickets}?limit=2&status_category=open'",
            "# the page after the first one",
            f"{tickets}?next_cursor='\"$({tickets}?limit=2' | {cursor})\"",
            "# the comments of the first ticket",
            f"{curl}/unified/ticketing/comments?ticket_id='\"$({tickets}?limit=1' | {ticket})\"",
            f"# the same tickets as {name} itself answers them",
            f"{curl}/proxy/{PROXY_PATHS[name]}'",
            "# an error: a filter that does not exist is refused, never ignored",
            f"{tickets}?colour=red'",
            *_writes(base, account["account_token"], f"$({tickets}?limit=1' | {ticket})"),
            "",
        ]
    lines += _by_hand(ready)
    return "\n".join([*lines, f"API key: {ready['api_key']}", "Ctrl-C stops everything and removes it.", ""])


CLOSED = """'{"status": {"category": "closed"}}'"""


def _writes(base: str, token: str, ticket: str) -> list[str]:
    """Lines that write; ``ticket`` is a shell command's output, put into the JSON between two quotes."""
    curl = f"curl -s -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json'"
    note = f"""'{{"ticket": {{"id": "'"{ticket}"'"}}, "body": "Refund approved", "is_private": true}}'"""
    return [
        "# a write: a private note on that ticket, which no customer sees",
        f"{curl} '{base}/unified/ticketing/comments' -d {note}",
        "# a write: the ticket is closed, whatever the provider calls that",
        f"{curl} -X PATCH '{base}/unified/ticketing/tickets/'\"{ticket}\" -d {CLOSED}",
    ]


def _by_hand(ready: dict[str, Any]) -> list[str]:
    """How to link a further account in a browser, and what to paste there."""
    base, sandboxes = ready["base_url"], ready["sandboxes"]
    chatwoot = sandboxes["chatwoot"]
    headers = f"-H 'Authorization: Bearer {ready['api_key']}' -H 'Content-Type: application/json'"
    return [
        "Link another account by hand, as your customer would (the link is good for 15 minutes):",
        f"  {ready['link_url']}",
        f"  Trengo asks for the API token    {sandboxes['trengo']['token']}",
        f"  Chatwoot asks for the address    {chatwoot['url']}",
        f"           the account number      {CHATWOOT_ACCOUNT}",
        f"           and the access token    {chatwoot['token']}",
        "# a further link",
        f"curl -s {headers} '{base}/link-token' -d '{json.encode(LINK_BODY).decode()}'",
        "",
    ]


def _pick(path: str) -> str:
    """A shell command that takes one value out of a JSON answer; Python is there, jq may not be."""
    return f"python3 -c 'import json,sys; print(json.load(sys.stdin){path})'"


def _listening(port: int) -> socket.socket:
    """A socket that listens on that port; for 0 on the preferred one, or on a free one where that is taken."""
    for candidate in [port] if port else [PREFERRED_PORT, 0]:
        try:
            return socket.create_server(("127.0.0.1", candidate), backlog=BACKLOG)
        except OSError:
            continue
    raise SystemExit(f"the port {port} is taken")
