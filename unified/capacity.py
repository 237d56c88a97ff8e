"""How much one worker takes on where the system lets it open few files: every connection is one (RLIMIT_NOFILE)."""

import resource

from msgspec.structs import replace

from proxy.bounds import Bounds

RESERVED = 64
"""The database, the log, the listening socket, temporary files, libraries that are loaded late."""
UNLIMITED = 1 << 20


def raise_limit() -> None:
    """As many as the administrator allows: the soft limit is for programs of old, which cannot count beyond it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def open_files() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return UNLIMITED if soft == resource.RLIM_INFINITY else min(soft, UNLIMITED)


def fitting(bounds: Bounds, files: int) -> Bounds:
    """The bounds with fewer requests and kept connections, where ``files`` are too few for those that are set.

    A request has its own connection and one to the provider; as much again is for callers that are told to come back
    and for connections that are kept.
    """
    room = max(files - RESERVED, 8)
    return replace(
        bounds,
        requests=min(bounds.requests, room // 4),
        idle_accounts=min(bounds.idle_accounts, max(1, room // 8 // bounds.account_in_flight)),
    )


def connections(bounds: Bounds) -> int:
    """Connections of callers that one worker holds: more than it serves, so that a refusal can be told."""
    return 2 * bounds.requests
