"""Every size, count and time limit of the server, in one place."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(gt=0)]
Seconds = Annotated[float, Meta(gt=0)]

KIB = 1024
MIB = 1024 * KIB


class Bounds(Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of one server; settings may lower or raise each (``INTERLINE_BOUNDS_<NAME>``)."""

    head_bytes: Positive = 32 * KIB
    """The headers of a request together; path and query have bounds of their own."""
    head_fields: Positive = 100
    """Number of request headers."""
    path_bytes: Positive = 2 * KIB
    """The raw path of a request."""
    query_bytes: Positive = 8 * KIB
    """The raw query of a request."""
    json_bytes: Positive = 1 * MIB
    """A JSON body sent to us."""
    stream_bytes: Positive = 100 * MIB
    """An upload or a download, streamed."""
    bodies_bytes: Positive = 64 * MIB
    """Bodies that a worker holds in memory at the same time; the next is refused with 503. Less in a small memory."""
    provider_json_bytes: Positive = 8 * MIB
    """A provider's JSON answer, decoded."""
    provider_json_ratio: Positive = 100
    """Decoded over received bytes of a provider's JSON answer."""
    limit_max: Positive = 200
    """Records of one list answer."""
    limit_default: Positive = 25
    """Records of one list answer where the caller names none."""
    list_calls: Positive = 20
    """Provider calls of one list request."""
    scan_calls: Positive = 10
    """Provider calls of one list request whose filter the provider cannot narrow."""
    write_calls: Positive = 60
    """Provider calls of one unified write."""
    settle_seconds: Seconds = 60.0
    """After this time a write whose effect a probe does not find is taken not to have arrived."""
    account_in_flight: Positive = 8
    """Provider calls of one account at the same time."""
    account_queued: Positive = 32
    """Provider calls of one account waiting for a free place."""
    wrong_keys: Positive = 10
    """Wrong API keys of one client address in a minute; the next is refused with 429. A right key always works."""
    deadline_seconds: Seconds = 30.0
    """One request, everything included."""
    body_idle_seconds: Seconds = 10.0
    """A pause of the caller inside its own body."""
    body_bytes_per_second: Positive = 4 * KIB
    """What an upload must bring on average once ``deadline_seconds`` are over."""
    stream_idle_seconds: Seconds = 120.0
    """A pause inside a streamed answer."""
    answer_stall_seconds: Seconds = 30.0
    """A caller who takes nothing more of an answer."""
    requests: Positive = 1000
    """Requests of one worker at the same time; the next is refused with 503. Fewer where few files may be open."""
    connect_seconds: Seconds = 3.0
    """Opening a connection to a provider."""
    budget_wait_seconds: Seconds = 20.0
    """Waiting for a provider's rate budget, unless the caller says ``Prefer: wait=N``."""
    notice_seconds: Seconds = 2.0
    """From SIGTERM until a worker stops to accept; meanwhile ``/ready`` says 503, and answers close connections."""
    drain_seconds: Seconds = 30.0
    """After a worker stopped to accept, what is under way may take so long before it is cut off."""
    redis_seconds: Seconds = 0.15
    """One operation of the shared rate budgets; where it takes longer, the worker goes on with its own."""
    breaker_failures: Positive = 5
    """Calls to a provider's host that fail in a row until it is taken to be down."""
    breaker_seconds: Seconds = 30.0
    """How long no call is made to a provider's host that is taken to be down, give or take a fifth."""
    idle_accounts: Positive = 2000
    """Connection pools kept open for accounts that are not in use."""
