"""A file on its way from the provider's storage to the caller: as an attachment, sandboxed, never held whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from re import compile as pattern
from unicodedata import category, normalize
from urllib.parse import quote

from litestar.types import Receive, Scope, Send

from proxy.errors import DeadlineExceeded, ProviderProblem, ProviderUnreachable
from proxy.outbound.exchange import SendFailure
from proxy.outbound.headers import Header, Headers
from proxy.outbound.media import Media
from proxy.outbound.media_answer import MediaAnswer
from proxy.passthrough.relay import RelayBroken
from proxy.passthrough.watch import CallerWatch
from proxy.provider.account import LinkedAccount
from proxy.trace import Trace

UNNAMED = "file"
NAME_BYTES = 200
"""Of a file name in UTF-8; file systems end at 255, and an escaped byte is three characters of a header."""
ANY_TYPE = "application/octet-stream"
SAFE_HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", b"sandbox; default-src 'none'"),
    (b"x-content-type-options", b"nosniff"),
)
"""A page among the files must not run as ours, even in a browser that is made to show it."""

_TOKEN = r"[A-Za-z0-9!#$&^_.+-]{1,64}"  # noqa: S105 - the grammar's word
_TYPE = pattern(rf"{_TOKEN}/{_TOKEN}(?:; ?charset=[A-Za-z0-9_.-]{{1,40}})?\Z")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, marks that turn the writing direction, halves of characters, line ends."""
_RESERVED = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
_TOKEN_OF_8187 = "!#$&+-.^_`|~"  # noqa: S105 - RFC 8187 3.2.1
"""What stays as it is in an extended value, beside letters and digits."""


class Download:
    """An ASGI application that answers with one file; a handler returns it, annotated ``-> Download``.

    ``url``, ``file_name`` and ``content_type`` are those of the attachment just read; without a type the storage's own
    is told. Problems of ``Media.fetch`` are raised before the head is sent; after it, ``RelayBroken`` cuts the
    connection.
    """

    def __init__(
        self,
        media: Media,
        account: LinkedAccount,
        url: str,
        *,
        file_name: str | None,
        content_type: str | None,
        trace: Trace,
        byte_range: bytes | None = None,
    ) -> None:
        self._media = media
        self._account = account
        self._url = url
        self._file_name = file_name
        self._content_type = content_type
        self._trace = trace
        self._byte_range = byte_range

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Fetches and sends; a caller who goes away ends both."""
        async with CallerWatch(receive):
            answer = await self._media.fetch(self._account, self._url, self._trace, byte_range=self._byte_range)
            try:
                with self._trace.stage("relay"):
                    await self._relay(answer, send)
            except RelayBroken as broken:
                self._trace.facts["aborted"] = str(broken)
                raise
            finally:
                await answer.aclose()

    async def _relay(self, answer: MediaAnswer, send: Send) -> None:
        async with aclosing(answer.stream()) as chunks:
            piece = await self._first(chunks)
            await send({"type": "http.response.start", "status": answer.status, "headers": self._headers(answer)})
            try:
                while piece:
                    await self._piece(piece, send)
                    piece = await anext(chunks, b"")
            except SendFailure as failure:
                raise RelayBroken(failure.reason) from None
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _first(self, chunks: AsyncIterator[bytes]) -> bytes:
        """The first chunk, before the head: a file that breaks off at once is still answered with a problem."""
        try:
            return await anext(chunks, b"")
        except SendFailure as failure:
            kind: type[ProviderProblem] = DeadlineExceeded if failure.late else ProviderUnreachable
            raise kind(failure.reason, provider=self._account.provider.name) from None

    async def _piece(self, piece: bytes, send: Send) -> None:
        try:
            async with asyncio.timeout(self._media.bounds.answer_stall_seconds):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError:
            raise RelayBroken("the caller does not read the file") from None

    def _headers(self, answer: MediaAnswer) -> Headers:
        headers = [
            (b"content-type", told_type(self._content_type, answer.content_type).encode("ascii")),
            (b"content-disposition", disposition(self._file_name).encode("ascii")),
            *SAFE_HEADERS,
        ]
        known = {
            b"content-encoding": answer.encoding,
            b"content-range": answer.content_range,
            b"content-length": None if answer.length is None else b"%d" % answer.length,
        }
        return headers + [(name, value) for name, value in known.items() if value is not None]


def disposition(file_name: str | None) -> str:
    """The ``Content-Disposition`` of an attachment (RFC 6266), with the name in ASCII and, if that is less, UTF-8."""
    name = safe_name(file_name or "")
    plain = "".join(one if " " <= one <= "~" and one not in '"\\%' else "_" for one in name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe=_TOKEN_OF_8187)}"
    return f'attachment; filename="{plain}"{extended}'


def safe_name(text: str) -> str:
    """A file name without path, controls and characters that file systems reserve; never empty, hidden or too long."""
    last = normalize("NFC", text).replace("\\", "/").rpartition("/")[2]
    seen = "".join(one for one in last if category(one) not in _UNSEEN).translate(_RESERVED)
    return _cut(seen.strip(". ")) or UNNAMED


def _cut(name: str) -> str:
    """At most ``NAME_BYTES``; what follows the last dot stays, if it is short."""
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > NAME_BYTES // 4:
        stem, dot, extension = name, "", ""
    room = NAME_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension


def told_type(*candidates: str | None) -> str:
    """The first that is a media type by its syntax (RFC 9110 8.3.1); of its parameters a charset is kept."""
    spellings = [one for text in candidates if text is not None for one in (text, text.partition(";")[0].rstrip(" "))]
    return next((one for one in spellings if _TYPE.match(one)), ANY_TYPE)
