"""Which version an account's provider runs: as it was at linking, asked again once it is a day old."""

import time
from collections.abc import Awaitable, Callable

from proxy.provider.account import LinkedAccount
from proxy.trace import Trace

LIFE_SECONDS = 24 * 3600
"""Servers are upgraded without a word to us; a day later what is new is used."""

Ask = Callable[[LinkedAccount, Trace], Awaitable[str | None]]
"""Asks the provider for its version; None where it does not tell."""
Note = Callable[[str, str | None], Awaitable[None]]
"""Keeps what an account's provider told."""


class Versions:
    """The versions of the accounts' providers."""

    def __init__(self, ask: Ask, note: Note, clock: Callable[[], float] = time.time) -> None:
        self._ask = ask
        self._note = note
        self._clock = clock

    async def of(self, account: LinkedAccount, trace: Trace) -> str | None:
        """The version; costs a provider call where it was not asked for since a day. None where it is not known."""
        if account.provider.words.version is None:
            return None
        if account.version_at is not None and 0 <= self._clock() - account.version_at < LIFE_SECONDS:
            return account.version
        told = await self._ask(account, trace)
        await self._note(account.id, told)
        return told or account.version
