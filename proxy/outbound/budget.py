"""Which budgets a call counts in, how it waits for them, and what an answer says of them."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from proxy.coordination import Coordination
from proxy.coordination.turn import TICKET_SECONDS, Turn
from proxy.coordination.window import BOUNDLESS, Announced, Limit, Standing
from proxy.outbound.credentials import credential_digest
from proxy.outbound.headers import Headers
from proxy.outbound.paths import prefix_of
from proxy.outbound.retry import Random, announced_wait, clock_of, reset_seconds
from proxy.provider.account import LinkedAccount
from proxy.provider.model import LimitWords, Provider
from proxy.trace import Clock, Deadline

SPREAD_SECONDS = 0.1
"""Those who wait for the same moment are spread over so much, not to arrive as a herd."""
ASKED_AGAIN_SECONDS = TICKET_SECONDS / 5
"""Who waits asks so often at least: its ticket stays, and what came free early is found."""
_SHORTEST_WAIT = 0.001
PAUSE_WINDOW_SECONDS = 1.0
"""Of the limit that only pauses: it has nothing to count."""

_SCOPES: Mapping[str, Callable[[LinkedAccount], str]] = {
    "token": credential_digest,
    "account": lambda account: account.id,
    "host": lambda account: account.origin,
}


class OutOfBudget(Exception):  # noqa: N818 - the family's names say what happened
    """The wait for a budget would be longer than the caller's patience."""

    def __init__(self, standing: Standing) -> None:
        super().__init__("the rate budget is used up")
        self.standing = standing


def limits_of(account: LinkedAccount, target: str) -> tuple[Limit, ...]:
    """The limits that a call to ``target`` counts in, the narrowest first: that is the one a 429 pauses.

    The provider's headers are taken to be about the first limit of the file that is not for one path only.
    """
    words = account.provider.words.limits
    general = next((one for one in words if one.path is None), None)
    below = target.partition("?")[0].removeprefix(account.base_path).removeprefix(prefix_of(account))
    counting = [one for one in words if one.path is None or below.startswith(one.path)]
    counting.sort(key=lambda one: (one.path is None, tuple(_SCOPES).index(one.scope)))
    limits = tuple(_limit(account, one, corrected=one is general) for one in counting)
    if all(one.scope == "host" for one in counting):  # a refusal met by one customer must not pause the others' host
        return (Limit(f"{account.provider.name}:pause:{account.id}", BOUNDLESS, PAUSE_WINDOW_SECONDS), *limits)
    return limits


def _limit(account: LinkedAccount, words: LimitWords, *, corrected: bool) -> Limit:
    key = f"{account.provider.name}:{words.scope}:{_SCOPES[words.scope](account)}:{words.path or ''}:{words.per:g}"
    return Limit(key, words.calls, words.per, corrected)


async def acquire(
    coordination: Coordination,
    limits: Sequence[Limit],
    turn: Turn,
    patience: float,
    sleep: Callable[[float], Awaitable[None]],
    random: Random,
    clock: Clock = time.monotonic,
) -> Standing:
    """Takes a call from every limit, waiting ``patience`` seconds at most; raises ``OutOfBudget`` once that is vain."""
    waiting = Deadline(patience, clock)
    try:
        while True:
            left = waiting.left()
            standing = await coordination.take(limits, turn, left)
            if standing.wait <= 0:
                return standing
            if standing.wait > left:
                raise OutOfBudget(standing)
            spread = max(standing.wait, _SHORTEST_WAIT) + random() * SPREAD_SECONDS
            await sleep(min(spread, left, ASKED_AGAIN_SECONDS))
    except OutOfBudget:
        raise
    except BaseException:  # cancelled: the call may have been taken, or its ticket stands in the way of others
        await coordination.give_back(limits, turn)
        raise


def announced(provider: Provider, headers: Headers, now: float) -> Announced:
    """What the answer's headers say of the limit, as far as the provider file names them; ``now`` is the wall clock."""
    names = provider.words.limit_headers
    reset = _first(headers, names.reset)
    return Announced(
        limit=_number(_first(headers, names.limit)),
        remaining=_number(_first(headers, names.remaining)),
        reset_seconds=None if reset is None else reset_seconds(reset, clock_of(_values(headers), now)),
    )


def wait_announced(provider: Provider, headers: Headers, now: float) -> float | None:
    """How long the answer asks to wait, in seconds."""
    return announced_wait(_values(headers), now, (provider.words.limit_headers.reset or "x-ratelimit-reset").lower())


def _values(headers: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return values


def _first(headers: Headers, name: str | None) -> str | None:
    wanted = (name or "").lower().encode("ascii")
    return next((value.decode("latin-1").strip() for key, value in headers if key == wanted), None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
