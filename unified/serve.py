"""Runs the server: Granian with HTTP/1.1 only, no WebSockets, and a limit on how long a head may take."""

import os

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server as Granian

from proxy.settings import Settings

HEAD_READ_MILLISECONDS = 10_000
APPLICATION = "unified.app:from_environment"


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM; a worker that ends unexpectedly is started again."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    Granian(
        APPLICATION,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.workers,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_READ_MILLISECONDS),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    ).serve()
