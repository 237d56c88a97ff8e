"""The sockets that the workers of one server accept from: opened by the parent, so that they outlive every worker.

Each worker has a socket of its own on the one port (``SO_REUSEPORT``): the kernel spreads connections evenly. What
waits in a socket's queue while its worker is replaced is taken by the successor; a socket that a worker opened itself
would be closed with it, and the kernel resets what waits there.
"""

import os
import socket
from ipaddress import IPv6Address, ip_address

BACKLOG = 1024
USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)
"""Linux has it; elsewhere only the pieces of a streamed answer are bounded."""
FIRST_INHERITED = 3
"""The first descriptor that a service manager passes (sd_listen_fds(3))."""


def listeners(host: str, port: int, workers: int, *, stall_seconds: float) -> list[socket.socket]:
    """One listening socket for each worker; where systemd passes one (a socket unit), all share that.

    A connection accepted from one is ended by the kernel once its caller has taken nothing of an answer for
    ``stall_seconds`` (TCP's user timeout, RFC 5482): the server itself buffers an answer and would wait without end.
    Raises OSError where another process listens there.
    """
    sockets = _sockets(host, port, workers)
    if USER_TIMEOUT is not None:
        for one in sockets:
            one.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, int(stall_seconds * 1000))
    return sockets


def _sockets(host: str, port: int, workers: int) -> list[socket.socket]:
    inherited = _inherited()
    if inherited is not None:
        return [inherited] * workers
    if workers == 1:
        return [_listen(host, port)]
    _listen(host, port).close()  # another server with SO_REUSEPORT would share the port and say nothing
    return [_listen(host, port, shared=True) for _ in range(workers)]


def _listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if isinstance(ip_address(host), IPv6Address) else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=shared)


def _inherited() -> socket.socket | None:
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        return None
    return socket.socket(fileno=FIRST_INHERITED)
