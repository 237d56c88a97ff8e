"""Ends connections whose caller takes nothing more of an answer.

The server buffers an answer and waits without end for a caller to take it. The kernel can count instead: TCP's user
timeout (RFC 5482) on the listening socket holds for every connection accepted from it, however the answer is sent.
"""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog

OPEN_FILES = Path("/proc/self/fd")
USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)
"""Linux has it; elsewhere only the pieces of a streamed answer are bounded."""
TRIES, TRY_SECONDS = 200, 0.05
"""The server listens once the application has started: milliseconds later, or seconds on a busy machine."""


async def end_stalled(port: int, seconds: float) -> None:
    """Sets the timeout on the sockets that listen on ``port``, as soon as there are any."""
    if USER_TIMEOUT is None:
        return
    for _ in range(TRIES):
        if _set_timeout(port, seconds):
            return
        await asyncio.sleep(TRY_SECONDS)
    structlog.get_logger("interline.stall").warning("stalled-answers-not-ended", port=port)


def _set_timeout(port: int, seconds: float) -> bool:
    found = False
    for listening in _listening(port):
        listening.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT or 0, int(seconds * 1000))
        found = True
    return found


def _listening(port: int) -> Iterator[socket.socket]:
    """This process's listening sockets, each as a handle of its own that is closed again."""
    for file in OPEN_FILES.iterdir():
        if not file.is_socket():
            continue
        try:
            handle = os.dup(int(file.name))
        except OSError:  # closed meanwhile
            continue
        with socket.socket(fileno=handle) as one:
            if one.family in (socket.AF_INET, socket.AF_INET6) and _listens(one) and one.getsockname()[1] == port:
                yield one


def _listens(one: socket.socket) -> bool:
    return one.type == socket.SOCK_STREAM and bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
