"""Reads what grows old anew beside the requests, many values by one query: a busy server then waits for no row."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from proxy.accounts.cache import RowCache

T = TypeVar("T")

GATHERED_SECONDS = 0.25
"""So long keys are gathered for one query."""
MOST = 500
"""Keys of one query."""


class Renewal(Generic[T]):
    """Keeps the values of a cache young for as long as they are asked for.

    ``read`` answers what it finds for several keys; what it does not find is forgotten.
    """

    def __init__(self, cache: RowCache[T], read: Callable[[Collection[str]], Awaitable[Mapping[str, T]]]) -> None:
        self._cache = cache
        self._read = read
        self._asked: set[str] = set()
        self.running: asyncio.Task[None] | None = None

    def ask(self, key: str) -> None:
        """Has a value read anew soon, if it is ageing; costs the caller no waiting."""
        if key in self._asked or not self._cache.ageing(key):
            return
        self._asked.add(key)
        if self.running is None:
            self.running = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._asked:
                await asyncio.sleep(GATHERED_SECONDS)
                keys = list(self._asked)[:MOST]
                await self._renew(keys)
                self._asked.difference_update(keys)
        finally:
            self._asked.clear()
            self.running = None

    async def _renew(self, keys: Collection[str]) -> None:
        known = {key: self._cache.last(key) for key in keys}
        try:
            found = await self._read(keys)
        except (SQLAlchemyError, OSError):
            return  # what is known is good until the end of its life; then a request is told
        for key, was in known.items():
            if key in found:
                self._cache.renew(key, was, found[key])
            else:
                self._cache.forget(key)
