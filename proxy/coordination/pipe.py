"""What workers share in Redis or Valkey, asked by scripts over one connection of a worker."""

from collections.abc import Sequence
from hashlib import blake2b, sha1
from itertools import count
from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from proxy.coordination.link import Link, SharedStateLost, UnknownScript

OPERATION_SECONDS = 0.15
"""One question, a new connection included."""
ATTEMPTS = 3
"""By the digest, again where another asker has just sent the text, and as a text."""


class Script:
    """A script, asked for by its digest. It returns a list, with the number in ``ARGV[1]`` first."""

    def __init__(self, source: str) -> None:
        text = source.encode()
        self.by_text = (b"EVAL", text)
        self.by_digest = (b"EVALSHA", sha1(text, usedforsecurity=False).hexdigest().encode())


class Pipe:
    """The connection that all askers share, opened by the first question, and by the first one after a loss."""

    def __init__(self, url: str, operation_seconds: float = OPERATION_SECONDS) -> None:
        self._seconds = operation_seconds
        self._pool: ConnectionPool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=None,  # the time of a question is waited out in one place
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
        )
        self._numbers = count(1)
        self._sent_whole: dict[Script, int] = {}
        self._link: Link | None = None
        self._closed = False

    async def run(self, script: Script, keys: Sequence[bytes], arguments: Sequence[bytes | str | int]) -> list[Any]:
        """What the script returns after the number; raises ``SharedStateLost``.

        A script that the server does not know is sent as a text, once for all who ask; each question has its own time.
        """
        link, whole = self._open_link(), False
        for _ in range(ATTEMPTS):
            number = next(self._numbers)
            if whole:
                self._sent_whole[script] = number
            words = script.by_text if whole else script.by_digest
            try:
                return await link.ask(number, (*words, len(keys), *keys, number, *arguments))
            except UnknownScript:
                whole = self._sent_whole.get(script, 0) <= number
        raise SharedStateLost("the server keeps no script")

    async def aclose(self) -> None:
        """Closes the connection; nothing is asked any more."""
        self._closed = True
        if self._link is not None:
            await self._link.aclose()

    def _open_link(self) -> Link:
        if self._closed:
            raise SharedStateLost("closed")
        if self._link is None or self._link.lost:
            self._link = Link(self._pool.make_connection(), self._seconds)  # type: ignore[no-untyped-call]
        return self._link


def digest(word: str) -> str:
    """What stands in a key for a word from outside, of whatever length and signs; 32 hexadecimal digits."""
    return blake2b(word.encode(), digest_size=16).hexdigest()
