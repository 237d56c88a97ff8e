"""Starts simulators: inside a running loop for tests, or as a process of its own."""

import asyncio
import importlib
import json
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.control import Control
from sandbox.http import Simulator
from sandbox.log import Log
from sandbox.wire import Wire

SIMULATORS = {"trengo": ("sandbox.trengo", "Trengo"), "chatwoot": ("sandbox.chatwoot", "Chatwoot")}
"""Name to module and class; imported only when asked for."""
WITH_DOCUMENTS = frozenset({"trengo"})
"""Those whose public documents differ from what the provider does."""
WITH_WINDOWS = frozenset({"trengo"})
"""Those whose rate limit can have another window than the provider's."""
WITH_VERSIONS = frozenset({"chatwoot"})
"""Those that can run as an earlier version."""


@dataclass(frozen=True, slots=True)
class Running:
    """A simulator that listens on loopback together with its control."""

    simulator: Simulator
    url: str
    control_url: str
    control_token: str
    wires: tuple[Wire, Wire]

    async def close(self) -> None:
        """Stops both servers at once."""
        for wire in self.wires:
            await wire.close()

    def summary(self) -> dict[str, Any]:
        """What a starter needs to know, the credential included."""
        return {
            "name": self.simulator.name,
            "url": self.url,
            **self.simulator.credentials(),
            "control_url": self.control_url,
            "control_token": self.control_token,
        }


def build(
    name: str,
    tickets: int = 500,
    seed: int = 1,
    rate_limit: int | None = None,
    *,
    rate_window: float | None = None,
    documented: bool = False,
    version: str | None = None,
) -> Simulator:
    """A simulator by name; ``rate_limit`` is per token and minute, or ``rate_window`` seconds, None for the provider's.

    ``documented`` follows public documents where the provider does otherwise, ``version`` runs as that version;
    ValueError where there are none.
    """
    if version is not None and name not in WITH_VERSIONS:
        raise ValueError(f"the sandbox of {name} has one version")
    if documented and name not in WITH_DOCUMENTS:
        raise ValueError(f"no document differs from the sandbox of {name}")
    if rate_window is not None and name not in WITH_WINDOWS:
        raise ValueError(f"the sandbox of {name} counts by the minute")
    module, attribute = SIMULATORS[name]
    make: Callable[..., Simulator] = getattr(importlib.import_module(module), attribute)
    limit = {} if rate_limit is None else {"rate_limit": rate_limit}
    choice: dict[str, Any] = {"documented": True} if documented else {}
    if version is not None:
        choice["version"] = version
    if rate_window is not None:
        choice["rate_window"] = rate_window
    return make(tickets=tickets, seed=seed, **limit, **choice)


async def start(
    simulator: Simulator, port: int = 0, control_port: int = 0, control_token: str | None = None
) -> Running:
    """Serves a simulator and its control in the running loop; port 0 takes a free one."""
    token = control_token or secrets.token_urlsafe(24)
    log = Log()
    wire = Wire(simulator.handle, simulator, log)
    control = Wire(Control(wire, simulator, log, token).handle)
    bound = await wire.listen(port)
    try:
        control_bound = await control.listen(control_port)
    except OSError:
        await wire.close()
        raise
    return Running(simulator, _url(bound), _url(control_bound), token, (wire, control))


def run(
    name: str,
    port: int = 0,
    tickets: int = 500,
    seed: int = 1,
    rate_limit: int | None = None,
    json_output: bool = False,
    control_port: int = 0,
    documented: bool = False,
    version: str | None = None,
    rate_window: float | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM; says where on standard output, as one JSON line when ``json_output``."""
    simulator = build(name, tickets, seed, rate_limit, rate_window=rate_window, documented=documented, version=version)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(simulator, port, control_port, json_output=json_output))


async def _serve(simulator: Simulator, port: int, control_port: int, *, json_output: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = await start(simulator, port, control_port)
    sys.stdout.write(json.dumps(running.summary()) + "\n" if json_output else _lines(running.summary()))
    sys.stdout.flush()
    await stop.wait()
    await running.close()


def _lines(summary: dict[str, Any]) -> str:
    name = summary["name"]
    rows = [f"{name} sandbox   {summary['url']}", f"  token          {summary['token']}"]
    rows += [f"  {key:<14} {value}" for key, value in summary["connection"].items()]
    rows += [f"  control        {summary['control_url']}", f"  control token  {summary['control_token']}"]
    return "\n".join(rows) + "\n"


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    except ImportError:
        return None
    return factory
