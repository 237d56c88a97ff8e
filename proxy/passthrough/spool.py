"""The whole body of a write that has an idempotency key: its digest is needed before anything is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO

from proxy.errors import JournalUnavailable
from proxy.journal import Fingerprint
from proxy.passthrough.upload import WHOLE_BYTES, Upload

PIECE_BYTES = 256 * 1024


async def spooled(body: AsyncIterator[bytes], digest: Fingerprint, files: ExitStack) -> Upload:
    """The same body, complete and seen by ``digest``; what is not small lies in a file without a name.

    The file is gone when ``files`` is closed, and with the process. Raises ``JournalUnavailable`` where the disk takes
    no more, and what the reading of the body raises.
    """
    file: IO[bytes] = files.enter_context(SpooledTemporaryFile(max_size=WHOLE_BYTES))  # noqa: SIM115 - `files` closes it
    length = 0
    async for chunk in body:
        digest.update(chunk)
        length += len(chunk)
        await _write(file, chunk)
    file.seek(0)
    return Upload(file.read() if length <= WHOLE_BYTES else _pieces(file), length)


async def _write(file: IO[bytes], chunk: bytes) -> None:
    try:
        await asyncio.to_thread(file.write, chunk)
    except OSError:
        raise JournalUnavailable("there is no room for the body of a write with an idempotency key") from None


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield piece
