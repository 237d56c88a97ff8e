"""Where the records go: a file cut back to its last whole page, or standard output, whatever that is."""

import os
import stat
from pathlib import Path

from unified.exporting.state import State


class SinkMistake(Exception):  # noqa: N818 - the family's names say what happened
    """The output is not in the state that was left behind."""


class Sink:
    """Writes whole pages to a descriptor.

    ``start`` is where the export's first byte is; below 0 where only its rest goes there.
    """

    def __init__(self, descriptor: int, start: int) -> None:
        self.descriptor = descriptor
        self.start = start
        self.file = identity(descriptor)

    def write(self, page: bytes) -> None:
        """Writes it all, and where it is a file sees it on the disk: the state that counts it is written next."""
        left = memoryview(page)
        while left:
            left = left[os.write(self.descriptor, left) :]
        if self.file is not None:
            os.fsync(self.descriptor)


def identity(descriptor: int) -> tuple[int, int] | None:
    """Device and inode of a regular file; ``None`` for a pipe, a terminal, a device."""
    found = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def into_file(path: Path, state: State | None) -> Sink:
    """The file emptied, or cut back to the pages that the state counts; raises ``SinkMistake`` where they are gone."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if state is None else 0)
    sink = Sink(os.open(path, flags, 0o600), 0)
    if state is not None:
        _cut_back(sink.descriptor, state, str(path))
    return sink


def into_descriptor(descriptor: int, state: State | None) -> Sink:
    """Standard output: behind what is there already, and on going on, cut back to the pages that the state counts.

    Only the same file is cut back. Another one, or a pipe, gets the rest alone.
    """
    sink = Sink(descriptor, 0)
    if state is not None and sink.file is not None and sink.file == state.file:
        _cut_back(descriptor, state, "the output")
        sink.start = state.start
    elif sink.file is not None:
        sink.start = os.lseek(descriptor, 0, os.SEEK_END) - (state.bytes if state else 0)
    return sink


def _cut_back(descriptor: int, state: State, name: str) -> None:
    there, wanted = os.fstat(descriptor).st_size, state.start + state.bytes
    if there < wanted:
        raise SinkMistake(
            f"{name} has {there} bytes where {wanted} were written: what was exported is gone from it. "
            "Append with >> and not >, or begin again"
        )
    os.ftruncate(descriptor, wanted)
    os.lseek(descriptor, wanted, os.SEEK_SET)
