"""Runs the server: Granian with HTTP/1.1 only, no WebSockets, and a limit on how long a head may take."""

import os

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server as Granian

from proxy import log
from proxy.settings import Settings
from unified.capacity import connections, fitting, open_files, raise_limit

HEAD_READ_MILLISECONDS = 10_000
"""Granian counts a connection that waits for its next request in the same way."""
BACKLOG = 1024
"""Connections that wait in the kernel while the worker holds all that it takes."""
APPLICATION = "unified.app:from_environment"


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM; a worker that ends unexpectedly is started again."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    raise_limit()
    server = Granian(
        APPLICATION,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=connections(fitting(settings.bounds, open_files())),
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_READ_MILLISECONDS),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    )
    log.configure(settings.log_level)  # over what Granian has set up
    server.serve()
