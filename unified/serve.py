"""Runs the server: Granian with HTTP/1.1 only, no WebSockets, and a limit on how long a head may take."""

import os
import signal
import socket
from contextlib import nullcontext
from math import ceil
from multiprocessing.util import register_after_fork
from typing import Any

import structlog
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from proxy import log
from proxy.settings import Settings
from unified.capacity import address_space, connections, fitting, open_files, raise_limit, share_arenas
from unified.folders import shared_metrics_folder
from unified.listening import BACKLOG, listeners

HEAD_READ_MILLISECONDS = 10_000
"""Granian counts a connection that waits for its next request in the same way."""
HEAD_START_SECONDS = 3.0
"""What a successor has to start in, or to fail in, before the worker that it replaces begins to leave."""
APPLICATION = "unified.app:from_environment"


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM; SIGHUP replaces the workers; one that ends unexpectedly is started again."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    log.configure(settings.log_level)
    raise_limit()
    share_arenas()
    try:
        sockets = listeners(
            settings.host, settings.port, settings.workers, stall_seconds=settings.bounds.answer_stall_seconds
        )
    except OSError as error:
        raise SystemExit(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from None
    with nullcontext() if settings.workers == 1 else shared_metrics_folder():
        Workers(settings, sockets).serve()


class Workers(MPServer):
    """Granian whose workers accept from sockets that outlive them."""

    def __init__(self, settings: Settings, sockets: list[socket.socket]) -> None:
        bounds = settings.bounds
        super().__init__(
            APPLICATION,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            factory=True,
            workers=settings.workers,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=connections(fitting(bounds, open_files(), address_space())),
            http1_settings=HTTP1Settings(header_read_timeout=HEAD_READ_MILLISECONDS),
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            respawn_interval=HEAD_START_SECONDS,
            workers_kill_timeout=ceil(bounds.notice_seconds + bounds.drain_seconds),
        )
        log.configure(settings.log_level)  # over what Granian has set up
        self._sockets = sockets
        self._starting = 0
        register_after_fork(self, Workers._keep_own)

    def _init_shared_socket(self) -> None:
        self._ssp = None

    def _drop_shared_socket(self) -> None:
        """At the end of the server: a connection that no worker will take is refused, not kept waiting."""
        for one in self._sockets:
            one.close()

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:  # type: ignore[override] # as MPServer
        self._starting = idx
        self._sso: Any = self._sockets[idx]  # a process that is spawned, not forked, inherits what is pickled with it
        self._shd = _holder(self._sso)
        return super()._spawn_worker(idx, target, callback_loader)

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        """Replaces workers: those that ended at once, others one by one until a successor does not start."""
        if not delay:
            super()._respawn_workers(workers, spawn_target, target_loader)
            return
        for idx in workers:
            successor = self._spawn_worker(idx, spawn_target, target_loader)
            if self.interrupt_signal or not _starts(successor, delay):
                return
            leaving: Any = self.wrks[idx]
            self.wrks[idx] = successor
            leaving.terminate()
            leaving.join(self.workers_kill_timeout)
            leaving.kill()

    def _keep_own(self) -> None:
        """In a worker: the sockets of the others are theirs, and its own is Granian's to close.

        Until it has handlers of its own a signal ends it; the parent's handlers, which it inherits, would do nothing.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        own = self._sockets[self._starting]
        for one in self._sockets:
            if one is not own:
                one.close()
        own.detach()


def _starts(successor: Any, head_start: float) -> bool:
    """Whether a worker lives after its head start; one that does not is no reason to replace a worker that serves."""
    successor.interrupt_by_parent = True  # so that Granian does not take its end for that of a worker
    successor.start()
    successor.join(head_start)
    if not successor.is_alive():
        structlog.get_logger("interline.serve").error("worker-not-replaced", reason="its successor did not start")
        return False
    successor.interrupt_by_parent = False
    return True


def _holder(one: socket.socket) -> Any:
    return SocketHolder(one.fileno(), uds=False, backlog=BACKLOG)  # type: ignore[call-arg] # its stub lacks backlog
