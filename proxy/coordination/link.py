"""One connection to Redis or Valkey, from its opening to its loss: what is asked in one turn of the event loop is
written at once, and each answer is matched with its question.

Answers come in the order of the questions. Every question carries a number beside that, which its answer begins with:
so one answer too many is never taken for that of another. Whatever is odd ends the connection.
"""

import asyncio
from collections import deque
from typing import Any

from hiredis import HiredisError, Reader, pack_command
from msgspec import Struct
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

TICKS = 15
"""In so many parts the time is waited out: each is longer where this process is behind with its own work, which would
otherwise be taken for a Redis that is lost just when what is shared is needed most."""
MOST_WAITING = 10_000
"""Questions without an answer: many times what the requests of a worker can ask at once."""

_NOTHING = object()


class SharedStateLost(Exception):  # noqa: N818 - the family's names say what happened
    """Redis gave no answer, or one that is of no use."""


class UnknownScript(Exception):  # noqa: N818 - the family's names say what happened
    """The server has no script of this digest: it was restarted, or told to forget."""


class _Refusal(Exception):  # noqa: N818 - the family's names say what happened
    """What the server answers instead, its code first."""


class _Question(Struct, eq=False):
    number: int
    answer: asyncio.Future[list[Any]]
    asked: int
    """The tick."""


class Link(asyncio.Protocol):
    """A connection that is being opened, is open, or is lost for good.

    The library opens it (address, TLS, password, database); then its socket is taken over.
    """

    def __init__(self, connection: AbstractConnection, operation_seconds: float) -> None:
        self.lost = False
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        self._seconds = operation_seconds
        self._unsent: list[tuple[_Question, bytes]] = []
        self._sent: deque[_Question] = deque()
        self._replies = Reader(replyError=_Refusal, notEnoughData=_NOTHING)
        self._writer: asyncio.StreamWriter | None = None
        self._ticks = 0
        self._ticking = False
        self._opening = self._loop.create_task(self._open())

    async def ask(self, number: int, words: tuple[bytes | str | int, ...]) -> list[Any]:
        """The answer to a command, which is a list that begins with the number; raises ``SharedStateLost``.

        Who is cancelled leaves the question behind: its answer is read and dropped.
        """
        if self.lost:
            raise SharedStateLost("the connection was lost")
        if len(self._sent) + len(self._unsent) >= MOST_WAITING:
            raise SharedStateLost(f"{MOST_WAITING} questions wait for an answer")
        answer: asyncio.Future[list[Any]] = self._loop.create_future()
        if not self._unsent and self._writer is not None:
            self._loop.call_soon(self._flush)
        command: bytes = pack_command(words)  # type: ignore[arg-type]  # its type has tuples of one word only
        self._unsent.append((_Question(number, answer, self._ticks), command))
        if not self._ticking:
            self._ticking = True
            self._loop.call_later(self._seconds / TICKS, self._tick)
        return await answer

    def lose(self, reason: str) -> None:
        """Ends the connection; all who wait are told."""
        if self.lost:
            return
        self.lost = True
        self._opening.cancel()
        if self._writer is not None:
            self._writer.transport.abort()
        for question in (*self._sent, *(question for question, _ in self._unsent)):
            if not question.answer.done():
                question.answer.set_exception(SharedStateLost(reason))
        self._sent.clear()
        self._unsent.clear()

    async def aclose(self) -> None:
        """Ends the connection, and waits until its opening is given up."""
        self.lose("closed")
        await asyncio.wait([self._opening])

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        try:
            self._replies.feed(data)
            while (reply := self._replies.gets()) is not _NOTHING and not self.lost:
                self._match(reply)
        except HiredisError as error:
            self.lose(f"not understood: {error}"[:200])

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop."""
        self.lose(f"the connection was lost: {error or 'closed by the server'}"[:200])

    def _match(self, reply: Any) -> None:
        if not self._sent:
            self.lose("an answer to no question")
            return
        question = self._sent[0]
        if isinstance(reply, _Refusal):
            self._refused(question, str(reply))
        elif not isinstance(reply, list) or reply[:1] != [question.number]:
            self.lose("an answer to another question")
        else:
            self._sent.popleft()
            if not question.answer.done():
                question.answer.set_result(reply[1:])

    def _refused(self, question: _Question, reason: str) -> None:
        """A server that is full, read-only or loading is none to go on with: its address may lead to another next."""
        if not reason.startswith("NOSCRIPT"):
            self.lose(reason[:200])
            return
        self._sent.popleft()
        if not question.answer.done():
            question.answer.set_exception(UnknownScript(reason))

    async def _open(self) -> None:
        try:
            await self._connection.connect()  # type: ignore[no-untyped-call]
            self._take_over()
        except (RedisError, OSError) as error:
            self.lose(f"{type(error).__name__}: {error}"[:200])
        finally:
            await self._connection.disconnect(nowait=True)

    def _take_over(self) -> None:
        """From now on what comes is for this object; what came with the greeting beyond it is nobody's."""
        reader, writer = _streams(self._connection)
        self._writer = writer  # it would close the transport when it is forgotten
        if reader.at_eof():
            self.lose("closed by the server")
        else:
            writer.transport.set_protocol(self)
            self._flush()

    def _flush(self) -> None:
        """Writes what was asked since the last turn, but for what nobody waits for any more."""
        wanted = [one for one in self._unsent if not one[0].answer.done()]
        self._unsent.clear()
        if wanted and self._writer is not None:
            self._sent.extend(question for question, _ in wanted)
            self._writer.transport.write(b"".join([command for _, command in wanted]))

    def _tick(self) -> None:
        """Answers come in order, so the oldest question tells whether the server is late."""
        self._ticks += 1
        oldest = self._sent[0] if self._sent else self._unsent[0][0] if self._unsent else None
        if oldest is None:
            self._ticking = False
        elif self._ticks - oldest.asked > TICKS:
            self.lose(f"no answer in {self._seconds:g} s")
        else:
            self._loop.call_later(self._seconds / TICKS, self._tick)


def _streams(connection: AbstractConnection) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The streams of an open connection, taken from the library: from then on it knows of none."""
    reader, writer = connection._reader, connection._writer  # noqa: SLF001 - there is no public way to them
    connection._reader = connection._writer = None  # noqa: SLF001
    if reader is None or writer is None:
        raise OSError("closed while it was opened")
    return reader, writer
