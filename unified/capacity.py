"""How much one worker takes on where the system gives it little: files (each connection is one), address space."""

import ctypes
import os
import resource
from contextlib import suppress

from msgspec.structs import replace

from proxy.bounds import MIB, Bounds

RESERVED = 64
"""The database, the log, the listening socket, temporary files, libraries that are loaded late."""
UNLIMITED = 1 << 20
ARENAS = 2
ARENAS_VARIABLE = "MALLOC_ARENA_MAX"
M_ARENA_MAX = -8
"""Its number for mallopt(3)."""
WORKER_BYTES = 320 * MIB
"""Address space of a worker that is busy with small bodies, all its libraries and threads included."""
DECODED_RATIO = 8
"""A body of many small parts takes several times its length once it is understood."""


def raise_limit() -> None:
    """As many as the administrator allows: the soft limit is for programs of old, which cannot count beyond it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def share_arenas() -> None:
    """The threads of this process and of its workers share two heaps; the environment may say otherwise.

    glibc gives each thread that finds the heap busy one of its own, of 64 MiB of address space (mallopt(3)). Here the
    interpreter's lock keeps all but one thread waiting anyway. Elsewhere than under glibc there is nothing to do.
    """
    if ARENAS_VARIABLE in os.environ:
        return
    os.environ[ARENAS_VARIABLE] = str(ARENAS)  # for workers that are not forked
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def open_files() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return UNLIMITED if soft == resource.RLIM_INFINITY else min(soft, UNLIMITED)


def address_space() -> int | None:
    """Bytes of memory that this process may map, if that is limited."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def fitting(bounds: Bounds, files: int, space: int | None) -> Bounds:
    """The bounds with fewer requests, kept connections and held bodies, where ``files`` or ``space`` are too few.

    A request has its own connection and one to the provider; as much again is for callers that are told to come back
    and for connections that are kept. One body of the largest size always fits.
    """
    room = max(files - RESERVED, 8)
    bodies = bounds.bodies_bytes if space is None else max(0, space - WORKER_BYTES) // DECODED_RATIO
    return replace(
        bounds,
        requests=min(bounds.requests, room // 4),
        idle_accounts=min(bounds.idle_accounts, max(1, room // 8 // bounds.account_in_flight)),
        bodies_bytes=max(bounds.json_bytes, min(bounds.bodies_bytes, bodies)),
    )


def connections(bounds: Bounds) -> int:
    """Connections of callers that one worker holds: more than it serves, so that a refusal can be told."""
    return 2 * bounds.requests
