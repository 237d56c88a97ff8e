"""Whether a call is made again, and after how long: pure verdicts with their reason.

| what happened | made again for |
|---|---|
| never sent (no connection) | every method |
| 429 | every method, if the provider's wait fits |
| broken off, 5xx | GET, HEAD, OPTIONS and calls declared safe |
| 200 with a page instead of JSON | the same, once |
| any other answer | nothing |
"""

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from re import compile as pattern
from typing import Literal

from msgspec import Struct

Random = Callable[[], float]
"""A number from 0 up to but without 1; injected so that tests can choose it."""

RETRIES = 2
PAGE_RETRIES = 1
"""A page of maintenance stays for longer than a second time tells."""
BASE_SECONDS = 0.25
CAP_SECONDS = 8.0
RELAYED_MOST = 3600
"""A longer wait tells a caller nothing more, and a scope must not rest for ever by a slip of the provider's."""
NOTHING_FAILED = "nothing failed"
UNKNOWN_WAIT = 30
"""Relayed where the provider names no usable wait."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_REPEATABLE_5XX = frozenset({501, 505})
"""The provider says that it will never do this."""

_EPOCH_SECONDS = 10**9
_EPOCH_MILLISECONDS = 10**12
_DIGITS = pattern(r"[0-9]{1,15}\Z")
_SECONDS = pattern(r"[0-9]{1,15}(?:\.[0-9]{1,15})?\Z")

Phase = Literal["not_sent", "ambiguous", "answered"]


class Outcome(Struct, frozen=True):
    """What became of one attempt; ``announced_wait`` is what the provider asks for, in seconds.

    ``page``: the answer is a success that holds markup where JSON was to be.
    """

    phase: Phase
    status: int = 0
    announced_wait: float | None = None
    page: bool = False


class Verdict(Struct, frozen=True):
    """``wait`` is in seconds and counts only where ``retry`` is true.

    ``paced``: the rate budget paces it, so that the retry budget need not.
    """

    retry: bool
    wait: float
    reason: str
    paced: bool = False


def judge(outcome: Outcome, *, repeatable: bool, retries: int, left: float, random: Random) -> Verdict:
    """The verdict on one attempt.

    ``repeatable``: the call may reach the provider twice. ``retries`` were made before. ``left`` seconds may pass.
    """
    reason, again = _cause(outcome, repeatable)
    if reason is None:
        return no(NOTHING_FAILED)
    if not again:
        return no(f"{reason}, and not to be sent twice")
    if retries >= (PAGE_RETRIES if outcome.page else RETRIES):
        return no(f"{reason}, after {retries} retries")
    wait = backoff(retries, random)
    if outcome.status == 429 and outcome.announced_wait is not None:
        wait += outcome.announced_wait
    if wait >= left:
        return no(f"{reason}, but the wait does not fit")
    return Verdict(retry=True, wait=wait, reason=reason, paced=outcome.status == 429)


def no(reason: str) -> Verdict:
    """The verdict not to try again."""
    return Verdict(retry=False, wait=0.0, reason=reason)


def _cause(outcome: Outcome, repeatable: bool) -> tuple[str | None, bool]:
    """Why a call would be made again, and whether this one may be."""
    if outcome.phase == "not_sent":
        return "never sent", True
    if outcome.phase == "ambiguous":
        return "broken off", repeatable
    if outcome.status == 429:
        return "rate limited", True
    if outcome.page:
        return "a page instead of JSON", repeatable
    if outcome.status >= 500 and outcome.status not in NOT_REPEATABLE_5XX:
        return f"status {outcome.status}", repeatable
    return None, False


def backoff(retries: int, random: Random) -> float:
    """Full jitter: anything from 0 to 0.25 s, doubled with each retry, never above 8 s."""
    return random() * min(CAP_SECONDS, BASE_SECONDS * 2.0**retries)


def announced_wait(
    headers: Mapping[str, list[str]], now: float, reset_header: str = "x-ratelimit-reset"
) -> float | None:
    """Seconds the provider asks to wait, from 0 to an hour; ``None`` where it says nothing usable.

    ``headers`` by lower-case name; ``now`` is the wall clock. The longest of several values of ``Retry-After`` (RFC
    9110 10.2.3) counts; it goes before the reset header. A fraction of a second, which the RFC does not know, is taken.
    """
    clock = clock_of(headers, now)
    for name, read in (("retry-after", _retry_after), (reset_header, reset_seconds)):
        waits = [wait for value in headers.get(name, ()) if (wait := read(value.strip(), clock)) is not None]
        if waits:
            return min(max(waits), RELAYED_MOST)
    return None


def clock_of(headers: Mapping[str, list[str]], now: float) -> float:
    """The wall clock by which an answer's times are meant: its own ``Date``, else ``now``. Ours may be off."""
    return _moment(next(iter(headers.get("date", ())), "")) or now


def reset_seconds(value: str, clock: float) -> float | None:
    """A reset header as seconds from now: an epoch in milliseconds or seconds by its size, else already a delta."""
    if not _DIGITS.match(value):
        return None
    number = int(value)
    if number >= _EPOCH_MILLISECONDS:
        return max(0.0, number / 1000 - clock)
    if number >= _EPOCH_SECONDS:
        return max(0.0, number - clock)
    return float(number)


def _retry_after(value: str, clock: float) -> float | None:
    if _SECONDS.match(value):
        return float(value)
    moment = _moment(value)
    return None if moment is None else max(0.0, moment - clock)


def _moment(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def relayed_wait(wait: float | None) -> int:
    """``Retry-After`` for our caller: a whole number of seconds from 1 to an hour."""
    seconds = UNKNOWN_WAIT if wait is None else min(wait, RELAYED_MOST)
    return max(1, -int(-seconds // 1))
