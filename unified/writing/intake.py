"""What a caller sends to a write: a JSON body, or ``multipart/form-data`` whose first part ``data`` is that body."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from re import compile as pattern
from typing import IO, Any

import msgspec
from litestar.types import HTTPScope, Receive
from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from proxy.accounts.json_body import decode, unfit
from proxy.bounds import Bounds
from proxy.errors import (
    BodyTooLarge,
    FieldError,
    InvalidRequest,
    Overloaded,
    UnsupportedAttribute,
    UnsupportedMediaType,
)
from proxy.passthrough.upload import upload_of
from unified.schemas.resources import Resource
from unified.writing.files import File, clean_name

PARTS_MOST = 20
DATA = "data"
JSON, FORM = "application/json", "multipart/form-data"
ANY_TYPE = "application/octet-stream"
_TYPE = pattern(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}\Z")


class Intake(Struct):
    """A write as it came: the body understood, the files on disk, and a digest that is equal for equal requests."""

    body: dict[str, Any]
    remote_data: dict[str, Any] | None
    files: tuple[File, ...]
    digest: bytes

    def close(self) -> None:
        """Ends the temporary files."""
        for file in self.files:
            file.spool.close()


async def read_intake(
    scope: HTTPScope, receive: Receive, resource: Resource, kind: type[Struct], bounds: Bounds, *, files: bool
) -> Intake:
    """Reads a body of ``kind``.

    Raises ``InvalidJson``, ``InvalidRequest``, ``UnsupportedAttribute``, ``UnsupportedMediaType``, ``BodyTooLarge``.
    """
    headers = [value for name, value in scope["headers"] if name.lower() == b"content-type"]
    media_type, options = parse_options_header(headers[0].decode("latin-1") if headers else JSON)
    upload = await upload_of(scope, receive, bounds)
    chunks = _chunks(upload.body)
    sent: tuple[File, ...] = ()
    if media_type == JSON:
        raw = await _whole(chunks, bounds.json_bytes)
    elif media_type == FORM and files:
        raw, sent = await _read_form(chunks, options.get("boundary", ""), bounds)
    else:
        taken = f"{JSON} or {FORM}" if files else JSON
        raise UnsupportedMediaType(f"send the body as {taken}")
    try:
        body, remote_data = understood(resource, kind, decode(raw, dict))
        return Intake(body, remote_data, sent, _digest(body, remote_data, sent))
    except BaseException:
        for file in sent:
            file.spool.close()
        raise


def understood(resource: Resource, kind: type[Struct], raw: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The body as plain values, and its ``remote_data``; attributes that exist but are never written are told apart."""
    fixed = [name for name in raw if name in resource.attributes and name not in kind.__struct_encode_fields__]
    if fixed:
        raise UnsupportedAttribute(
            f"{', '.join(fixed)} of {resource.name} cannot be written",
            errors=[FieldError(name, _why_fixed(name, resource)) for name in fixed],
        )
    try:
        body: dict[str, Any] = msgspec.to_builtins(msgspec.convert(raw, kind))
    except msgspec.ValidationError as error:
        raise unfit(str(error)) from None
    remote_data = body.pop("remote_data", None)
    if not body:
        raise InvalidRequest("the body says nothing to write")
    return body, remote_data


def _why_fixed(name: str, resource: Resource) -> str:
    takes_files = resource.writes is not None and resource.writes.files
    return f"send files as {FORM}" if name == "attachments" and takes_files else "is read, never written"


def _digest(body: dict[str, Any], remote_data: dict[str, Any] | None, files: tuple[File, ...]) -> bytes:
    said = [body, remote_data, [[one.file_name, one.content_type, one.digest] for one in files]]
    return hashlib.blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=32).digest()


async def _chunks(body: bytes | AsyncIterator[bytes] | None) -> AsyncIterator[bytes]:
    if isinstance(body, bytes | None):
        yield body or b""
        return
    async for chunk in body:
        yield chunk


async def _whole(chunks: AsyncIterator[bytes], most: int) -> bytes:
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) > most:
            raise BodyTooLarge(f"a JSON body may have up to {most} bytes")
    return bytes(found)


async def _read_form(chunks: AsyncIterator[bytes], boundary: str, bounds: Bounds) -> tuple[bytes, tuple[File, ...]]:
    form = _Form(bounds)
    try:
        # Not strict: what is after the end does not count (RFC 2046 5.1.1), in whatever pieces it comes.
        with PushMultipartParser(
            boundary, max_segment_count=PARTS_MOST, max_segment_size=bounds.stream_bytes
        ) as parser:
            async for chunk in chunks:
                for event in parser.parse(chunk):
                    form.take(event)
    except (MultipartError, ValueError, UnicodeDecodeError) as error:
        form.close()
        raise InvalidRequest("the body is not multipart/form-data", errors=[FieldError("body", str(error))]) from None
    except BaseException:
        form.close()
        raise
    return form.finished()


class _Form:
    """Collects the parts of a form: the data in memory, each file in a temporary one."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._data: bytearray | None = None
        self._spool: IO[bytes] | None = None
        self._digest = hashlib.blake2b(digest_size=32)
        self._segment: MultipartSegment | None = None
        self._files: list[File] = []

    def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """A part begins, goes on, or ends."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        elif self._spool is not None:
            _keep(self._spool, event)
            self._digest.update(event)
        elif self._data is not None:
            self._data += event
            if len(self._data) > self._bounds.json_bytes:
                raise BodyTooLarge(f"the part {DATA!r} may have up to {self._bounds.json_bytes} bytes")

    def finished(self) -> tuple[bytes, tuple[File, ...]]:
        """The data and the files."""
        if self._data is None:
            self.close()
            raise _data_first()
        return bytes(self._data), tuple(self._files)

    def close(self) -> None:
        """Ends the temporary files."""
        for spool in (self._spool, *(file.spool for file in self._files)):
            if spool is not None:
                spool.close()

    def _begin(self, segment: MultipartSegment) -> None:
        self._segment = segment
        if self._data is None:
            if segment.name != DATA:  # with or without a file name: browsers give one to a Blob
                raise _data_first()
            self._data = bytearray()
        elif segment.filename is None:
            raise InvalidRequest("every part after the first is a file", errors=[FieldError("body", "has no filename")])
        else:
            self._digest = hashlib.blake2b(digest_size=32)
            self._spool = _temporary_file()

    def _end(self) -> None:
        spool, segment = self._spool, self._segment
        if spool is None or segment is None:
            return
        declared = segment.content_type or ""
        self._files.append(
            File(
                file_name=clean_name(segment.filename),
                content_type=declared if _TYPE.match(declared) else ANY_TYPE,
                size=spool.tell(),
                spool=spool,
                digest=self._digest.digest(),
            )
        )
        self._spool = None


def _temporary_file() -> IO[bytes]:
    """Closed with the intake."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        raise _no_room() from None


def _keep(spool: IO[bytes], piece: bytes | bytearray) -> None:
    try:
        spool.write(piece)
    except OSError:
        raise _no_room() from None


def _no_room() -> Overloaded:
    return Overloaded("there is no room for the files of a write now", headers={"Retry-After": "5"})


def _data_first() -> InvalidRequest:
    return InvalidRequest(
        f"the first part is the JSON body and is named {DATA!r}", errors=[FieldError(DATA, "is not the first part")]
    )
