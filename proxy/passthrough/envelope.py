"""``interline_response_format=result``: a provider's list in the envelope of the unified lists, untranslated.

Where the items of a list are and how it is paged is said in the provider file (``envelopes``). The provider's pages are
joined and split to the limit asked for, each item handed out once.
"""

import time
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote_plus, urlencode

import msgspec
from msgspec import Struct

from proxy.bounds import Bounds
from proxy.cursor import Cursors
from proxy.errors import (
    CredentialEcho,
    FieldError,
    InvalidCursor,
    InvalidRequest,
    UnknownParameter,
    UnsupportedOperation,
)
from proxy.language.expression import Context, EvaluationError
from proxy.outbound.answer import read_json, refusal
from proxy.outbound.call import Outbound
from proxy.outbound.paths import ACCOUNT_NAME, Query, Segments, matches, target
from proxy.outbound.redact import needles_of
from proxy.outbound.request import ProviderRequest
from proxy.paging.page import page_of, position_params
from proxy.paging.position import Page, Position, Row, Seen
from proxy.paging.walk import Walk
from proxy.provider.account import LinkedAccount
from proxy.provider.model import Envelope
from proxy.seal import bind
from proxy.trace import Trace

FORMAT, LIMIT, CURSOR = "interline_response_format", "interline_limit", "interline_next_cursor"
OURS = (FORMAT, LIMIT, CURSOR)


class EnvelopePlace(Struct, array_like=True):
    """What a cursor carries: the query, so that the caller need not repeat it, and the reader's place."""

    query: str
    limit: int
    position: Position
    seen: list[str]


class Wanted(Struct, frozen=True):
    """A list request of the passthrough: ``request`` is the caller's, without a page."""

    envelope: Envelope
    request: ProviderRequest
    path: str
    query: Query

    @property
    def body(self) -> bytes:
        """The body of a search, which a cursor is bound to."""
        return self.request.body if isinstance(self.request.body, bytes) else b""


class EnvelopeAnswer(Struct):
    """The envelope as bytes, and the cursor in it."""

    body: bytes
    next_cursor: str | None


def wants_envelope(ours: Mapping[str, str]) -> bool:
    """Whether the envelope is asked for; raises for a word that asks for something else."""
    asked = ours.get(FORMAT, "raw")
    if asked not in ("raw", "result"):
        raise InvalidRequest(f"{FORMAT} is raw or result", errors=[FieldError(FORMAT, "unknown")])
    unknown = [FieldError(name[:64], f"known: {', '.join(OURS)}") for name in ours if name not in OURS]
    if unknown and asked == "result":
        raise UnknownParameter("a query parameter does not exist", errors=unknown)
    return asked == "result"


def envelope_of(account: LinkedAccount, method: str, segments: Segments) -> Envelope:
    """What the provider file says of this list; raises ``UnsupportedOperation`` naming the lists that it knows."""
    known = account.provider.envelopes
    for one in known:
        if one.method == method and matches(one.path, segments, account.connection):
            return one
    raise UnsupportedOperation(
        f"{method} of this path is no list that {account.provider.words.label}'s file describes; "
        f"leave {FORMAT} out for the provider's own answer",
        supported=sorted({f"{one.method} {one.path}" for one in known}),
    )


class Enveloped:
    """Answers lists of the passthrough in the envelope."""

    def __init__(self, outbound: Outbound, cursors: Cursors, bounds: Bounds) -> None:
        self._outbound = outbound
        self._cursors = cursors
        self._bounds = bounds

    async def answer(self, account: LinkedAccount, wanted: Wanted, trace: Trace) -> EnvelopeAnswer:
        """One page of the size asked for."""
        bound_to = _bound_to(account, wanted)
        with trace.stage("open"):
            place = self._open(wanted, bound_to)
            _refuse_paging(wanted.envelope, place.query)
        pages = _Pages(self._outbound, account, wanted, place.query, trace)
        walk = Walk(
            pages.fetch,
            place.position,
            Seen(place.seen),
            style=wanted.envelope.paging.style,
            values=1,
            strict=False,
            provider=account.provider.name,
        )
        rows = await walk.collect(place.limit, self._bounds.list_calls)
        with trace.stage("seal"):
            cursor = self._seal(place, walk, bound_to)
        return EnvelopeAnswer(_body(account, [row.item for row in rows], cursor, drift=walk.drift), cursor)

    def _open(self, wanted: Wanted, bound_to: bytes) -> EnvelopePlace:
        ours, query = wanted.query.ours, wanted.query.forwarded.decode("ascii")
        limit = _limit(ours.get(LIMIT), self._bounds)
        cursor = ours.get(CURSOR)
        if not cursor:
            return EnvelopePlace(query, limit or self._bounds.limit_default, Position(), [])
        place = self._cursors.open(cursor, EnvelopePlace, bound_to, time.time())
        differing = [LIMIT] if limit not in (None, place.limit) else []
        if query and query != place.query:
            differing.append("the query")
        if differing:
            raise InvalidCursor(
                f"the cursor was given for another {' and '.join(differing)}; leave it out or begin the list again",
                errors=[FieldError(name, "differs from the cursor's") for name in differing],
            )
        return place

    def _seal(self, place: EnvelopePlace, walk: Walk, bound_to: bytes) -> str | None:
        if walk.position.done:
            return None
        place.position, place.seen = walk.position, walk.seen.window()
        return self._cursors.seal(place, bound_to, time.time())


class _Pages:
    """The pages of one list, as the provider gives them."""

    def __init__(self, outbound: Outbound, account: LinkedAccount, wanted: Wanted, query: str, trace: Trace) -> None:
        self._outbound = outbound
        self._account = account
        self._wanted = wanted
        self._query = query
        self._trace = trace
        self._context = Context(connection=dict(account.connection))

    async def fetch(self, position: Position) -> Page:
        """One page; raises the problem that a refusal amounts to."""
        answer = await self._call(urlencode(position_params(self._wanted.envelope.paging, position)))
        items = self._items(answer)
        rows = [self._row(item, f"#{position.page}:{index}") for index, item in enumerate(items)]
        return page_of(self._wanted.envelope.paging, rows, len(rows), answer, self._context)

    async def _call(self, page: str) -> Any:
        query = "&".join(part for part in (self._query, page) if part)
        request = msgspec.structs.replace(
            self._wanted.request,
            target=target(self._wanted.path, query.encode()),
            headers=[one for one in self._wanted.request.headers if one[0] == b"content-type"],
            stream=False,
            safe=True,
        )
        answer = await self._outbound.call(self._account, request, self._trace)
        try:
            refused = refusal(answer, show_body=True, hide=needles_of(self._account.credential))
            if refused is not None:
                raise refused
            with self._trace.stage("decode"):
                return await read_json(answer)
        finally:
            await answer.aclose()

    def _items(self, answer: Any) -> list[Any]:
        envelope = self._wanted.envelope
        try:
            items = envelope.items(answer, self._context)
        except EvaluationError:
            items = None
        if not isinstance(items, list):
            raise UnsupportedOperation(
                f"the answer holds no list at {envelope.items.text!r}; leave {FORMAT} out to see it", supported=["raw"]
            )
        return items

    def _row(self, item: Any, place: str) -> Row:
        """An item with its id, or with its place where it has none: a word in a list is not met again elsewhere."""
        value = item.get(self._wanted.envelope.id) if isinstance(item, dict) else None
        mark = str(value) if isinstance(value, str | int) else ""
        return Row(mark or place, {}, mark, item)


def next_link(raw_path: bytes, query: Query, cursor: str) -> bytes:
    """The ``Link`` to the next page (RFC 8288), relative to the host that was asked."""
    account = [(ACCOUNT_NAME, one) for one in query.account_ids[:1]]
    following = urlencode([*account, (FORMAT, "result"), (CURSOR, cursor)])
    return b"<" + raw_path + b"?" + following.encode() + b'>; rel="next"'


def _body(account: LinkedAccount, items: list[Any], cursor: str | None, *, drift: bool) -> bytes:
    """The envelope; raises ``CredentialEcho`` where it would show the linked credential."""
    body: dict[str, Any] = {"result": items, "next_cursor": cursor, "prev_cursor": None, "result_count": len(items)}
    encoded = msgspec.json.encode(body | ({"drift": True} if drift else {}))
    if needles_of(account.credential).within(encoded):
        raise CredentialEcho(
            "the provider's answer contains the linked credential and is not relayed", provider=account.provider.name
        )
    return encoded


def _bound_to(account: LinkedAccount, wanted: Wanted) -> bytes:
    body = blake2b(wanted.body, digest_size=16).hexdigest()
    return bind(account.id, "proxy", wanted.request.method, wanted.path, body)


def _limit(text: str | None, bounds: Bounds) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= bounds.limit_max):
        raise InvalidRequest(
            f"{LIMIT} is a whole number from 1 to {bounds.limit_max}", errors=[FieldError(LIMIT, f"not {text[:20]!r}")]
        )
    return int(text)


def _refuse_paging(envelope: Envelope, query: str) -> None:
    """The pages are ours: the provider's parameter for them would begin elsewhere, and end nowhere."""
    used = {*envelope.not_with, *([envelope.paging.param] if envelope.paged else [])}
    names = [unquote_plus(part.partition("=")[0]).partition("[")[0] for part in query.split("&")]
    errors = [FieldError(name, f"go on with {CURSOR}") for name in names if name in used]
    if errors:
        raise InvalidRequest("the envelope pages by itself", errors=errors)
