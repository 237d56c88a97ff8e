"""Whether a provider's host is taken to be down: after calls that failed in a row, the next are refused for a while.

| what became of a call, its retries included | is |
|---|---|
| no connection, no whole answer, or none in time | lost |
| 5xx, but 501 and 505 | broken |
| any other answer: 429, a refused credential and an error of the caller's too | sound |

Five calls in a row that are not sound open the breaker, if they are of two accounts. One account alone may have a
trouble of its own: five lost calls in a row then refuse that account, and let all others through. After half a minute
one call is let through to try; the first sound one closes the breaker. The numbers are those of Envoy's outlier
detection.
"""

import random as randomness
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal, Self

from proxy.errors import ProviderUnavailable
from proxy.outbound.retry import NOT_REPEATABLE_5XX, Outcome, Random, relayed_wait
from proxy.provider.account import LinkedAccount
from proxy.trace import Clock

FAILURES = 5
JITTER = 0.2
"""How far the time is off at most, either way, so that many servers do not try at the same moment."""
WHILE_TRYING_SECONDS = 1.0
"""What a caller is told to wait while another call tries the host."""
FAIR_SECONDS = 1.0
"""A call that had less time than this before its deadline says nothing about the provider."""
HOSTS_KEPT = 4096
"""Only hosts in trouble are remembered."""

Sign = Literal["sound", "broken", "lost"]


def sign_of(outcome: Outcome, *, late: bool, given: float) -> Sign | None:
    """What an attempt says of the host; nothing where it ended at a deadline that was only ``given`` seconds off."""
    if outcome.phase == "answered":
        return "broken" if outcome.status >= 500 and outcome.status not in NOT_REPEATABLE_5XX else "sound"
    return None if late and given < FAIR_SECONDS else "lost"


class _Host:
    """The failures in a row of one host; time is an argument."""

    __slots__ = ("accounts", "failures", "lost", "probing", "until")

    def __init__(self) -> None:
        self.failures = 0
        self.lost = 0
        self.accounts: set[str] = set()
        self.until: float | None = None
        """When a call may try, once the breaker is open."""
        self.probing = False

    def wait(self, account_id: str, now: float) -> float:
        """Seconds until a call of this account may be made; 0 means now."""
        if self.until is None or not self.concerns(account_id):
            return 0.0
        if now < self.until:
            return self.until - now
        return WHILE_TRYING_SECONDS if self.probing else 0.0

    def concerns(self, account_id: str) -> bool:
        return len(self.accounts) > 1 or account_id in self.accounts

    def failed(self, account_id: str, sign: Sign, most: int) -> bool:
        """Counts a failure; whether the breaker should open by it, the ``most``-th in a row."""
        self.failures += 1
        self.lost = self.lost + 1 if sign == "lost" else 0
        if len(self.accounts) < 2:
            self.accounts.add(account_id)
        enough = self.failures >= most and len(self.accounts) > 1
        return self.until is None and (enough or self.lost >= most)


class Breakers:
    """The breakers of all hosts, for one process; ``opened`` is told of every account whose call opened one."""

    def __init__(
        self,
        open_seconds: float = 30.0,
        failures: int = FAILURES,
        clock: Clock = time.monotonic,
        random: Random = randomness.random,
        opened: Callable[[LinkedAccount], None] = lambda _: None,
    ) -> None:
        self._open_seconds = open_seconds
        self._failures = failures
        self._clock = clock
        self._random = random
        self._opened = opened
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    def passage(self, account: LinkedAccount) -> "Passage":
        """Of one call, as a context; entering it raises ``ProviderUnavailable`` while the host is taken to be down."""
        return Passage(self, account)

    def refuse(self, account: LinkedAccount) -> None:
        """Raises ``ProviderUnavailable`` where no call of the account may be made now."""
        wait = self.wait(account)
        if wait > 0:
            raise ProviderUnavailable(
                f"{account.provider.words.label} does not answer; calls are held back for a moment",
                provider=account.provider.name,
                headers={"Retry-After": str(relayed_wait(wait))},
                outcome="not_sent",
            )

    def wait(self, account: LinkedAccount) -> float:
        """Seconds until a call of the account may be made; 0 means now."""
        host = self._hosts.get(account.origin)
        return 0.0 if host is None else host.wait(account.id, self._clock())

    def begin(self, account: LinkedAccount) -> bool:
        """Lets a call through, or raises ``ProviderUnavailable``; whether it is the one that tries an open host."""
        self.refuse(account)
        host = self._hosts.get(account.origin)
        if host is None or host.until is None or not host.concerns(account.id):
            return False
        host.probing = True
        return True

    def end(self, account: LinkedAccount, sign: Sign | None, *, probe: bool) -> None:
        """A call that was let through is over."""
        if sign == "sound":
            self._hosts.pop(account.origin, None)
            return
        host = self._hosts.get(account.origin)
        if probe and host is not None:
            host.probing = False
        if sign is not None:
            self._failed(account, sign, probe=probe)

    def _failed(self, account: LinkedAccount, sign: Sign, *, probe: bool) -> None:
        host = self._hosts.setdefault(account.origin, _Host())
        self._hosts.move_to_end(account.origin)
        if len(self._hosts) > HOSTS_KEPT:
            self._hosts.popitem(last=False)
        opens = host.failed(account.id, sign, self._failures)
        if opens:
            self._opened(account)
        if opens or probe:
            host.until = self._clock() + self._open_seconds * (1 + JITTER * (2 * self._random() - 1))


class Passage:
    """One call on its way past the breaker; what it saw last is counted when the context ends."""

    def __init__(self, breakers: Breakers, account: LinkedAccount) -> None:
        self._breakers = breakers
        self._account = account
        self._begun = False
        self._probe = False
        self._sign: Sign | None = None

    def __enter__(self) -> Self:
        self._breakers.refuse(self._account)
        return self

    def __exit__(self, *_: object) -> None:
        if self._begun:
            self._breakers.end(self._account, self._sign, probe=self._probe)

    def begin(self) -> None:
        """An attempt is about to be sent; raises ``ProviderUnavailable`` where the first one may not be, any more."""
        if not self._begun:
            self._probe = self._breakers.begin(self._account)
            self._begun = True

    def saw(self, sign: Sign | None) -> None:
        """What the attempt under way says of the host; one that says nothing leaves what an earlier one said."""
        self._sign = sign or self._sign

    def closing(self) -> bool:
        """Whether a further attempt would be too many: others found the host down meanwhile."""
        return not self._probe and self._breakers.wait(self._account) > 0
