"""A server that speaks enough of Redis to be asked scripts, and answers as the test says."""

import asyncio
from dataclasses import dataclass

from hiredis import Reader

HANDSHAKE = {b"CLIENT", b"SELECT", b"AUTH"}
NOTHING = object()
PATIENT = 30.0
"""Seconds for what is sure to come, on whatever machine."""


@dataclass(frozen=True)
class Question:
    """A script that was asked for: by which command, on which connection, and what it was given."""

    command: str
    connection: int
    number: int
    words: tuple[str, ...]


class Peer:
    """Listens on loopback. ``answer(question)`` gives the bytes to be written, or ``None`` for silence."""

    def __init__(self, answer):
        self.answer = answer
        self.greets = True
        self.asked = []
        self.connections = 0
        self.open = 0
        self._changed = asyncio.Condition()
        self._writers = {}

    async def start(self, ssl=None):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=ssl)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def url(self):
        return f"redis://{self.address}/0"

    async def until(self, holds):
        """Waits until something of this server holds."""
        async with asyncio.timeout(PATIENT), self._changed:
            await self._changed.wait_for(holds)

    def write(self, data):
        """Writes to the connection that came last."""
        self._writers[self.connections].write(data)

    def close_last(self):
        """Closes the connection that came last."""
        self._writers[self.connections].close()

    async def aclose(self):
        self._server.close()
        for writer in self._writers.values():
            writer.close()
        await self.until(lambda: self.open == 0)

    async def _serve(self, reader, writer):
        self.connections += 1
        self.open += 1
        connection = self.connections
        self._writers[connection] = writer
        commands = Reader(notEnoughData=NOTHING)
        try:
            while data := await reader.read(65536):
                commands.feed(data)
                while (command := commands.gets()) is not NOTHING:
                    self._meet(command, connection, writer)
                await self._tell()
        except OSError:
            pass
        finally:
            self.open -= 1
            writer.close()
            await self._tell()

    def _meet(self, command, connection, writer):
        if command[0] in HANDSHAKE:
            if self.greets:
                writer.write(b"+OK\r\n")
            return
        keys = int(command[2])
        number, *words = command[3 + keys :]
        question = Question(command[0].decode(), connection, int(number), tuple(word.decode() for word in words))
        self.asked.append(question)
        data = self.answer(question)
        if data is not None:
            writer.write(data)

    async def _tell(self):
        async with self._changed:
            self._changed.notify_all()


def own(question):
    """The right answer: the number, then the first word."""
    word = question.words[0]
    return f"*2\r\n:{question.number}\r\n${len(word)}\r\n{word}\r\n".encode()


def silent(question):
    """No answer."""
