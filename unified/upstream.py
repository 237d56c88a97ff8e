"""One account's provider during one request: JSON in, JSON out, refusals as problems."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, json

from proxy.coordination.turn import Lane
from proxy.errors import InvalidPath, NotFound, ProviderError
from proxy.language.expression import Context, EvaluationError
from proxy.outbound.answer import read_json, refusal
from proxy.outbound.call import Outbound
from proxy.outbound.headers import Headers
from proxy.outbound.paths import provider_path, target
from proxy.outbound.redact import needles_of
from proxy.outbound.request import ProviderRequest
from proxy.outbound.retry import SAFE_METHODS
from proxy.provider.account import LinkedAccount
from proxy.trace import Trace
from unified.gaps import CutRows

SMALL_LIST_PAGES = 20
"""Pages that a small list may have; one that goes on is cut there, and what is missed for that is told."""
JSON_BODY: Headers = [(b"content-type", b"application/json")]

GONE = (404, 410)

Params = Sequence[tuple[str, str]]


class Payload(Struct, frozen=True):
    """The body of a call with the headers that describe it; ``length`` is that of a stream."""

    headers: Headers
    body: bytes | AsyncIterator[bytes] | None
    length: int | None = None


class Answered(Struct, frozen=True):
    """A success: its status and its decoded body, null where it has none."""

    status: int
    body: Any


NOTHING = Payload([], None)


def json_payload(body: Any) -> Payload:
    """A JSON body."""
    return Payload(JSON_BODY, json.encode(body))


class Upstream:
    """Calls the provider of one account.

    ``raw_errors`` shows the provider's own error body, redacted; ``patience`` is how many seconds to wait for its
    budget, in the ``lane``.
    """

    def __init__(
        self,
        outbound: Outbound,
        account: LinkedAccount,
        trace: Trace,
        *,
        raw_errors: bool,
        patience: float | None = None,
        lane: Lane = "interactive",
    ) -> None:
        self._outbound = outbound
        self.account = account
        self.trace = trace
        self._raw_errors = raw_errors
        self._patience = patience
        self._lane = lane

    async def json(self, method: str, path: str, *, at_base: bool = False, query: Params = (), body: Any = None) -> Any:
        """The provider's answer, decoded; raises the problem that a refusal amounts to.

        A POST that is made here is a search, so it may be sent twice.
        """
        payload = NOTHING if body is None else json_payload(body)
        return (await self.send(method, path, at_base=at_base, query=query, payload=payload, safe=True)).body

    async def send(
        self,
        method: str,
        path: str,
        *,
        safe: bool,
        at_base: bool = False,
        query: Params = (),
        payload: Payload | None = None,
        again: bool = False,
        before_send: Callable[[], Awaitable[None]] | None = None,
    ) -> Answered:
        """One call; raises the problem that a refusal amounts to. ``safe``: it may reach the provider twice.
        ``before_send`` is awaited when nothing is left to wait for.

        A DELETE that finds nothing has had its effect where it was repeated, or where ``again`` says that it was sent
        before.
        """
        sent = payload or NOTHING
        request = ProviderRequest(
            method,
            target(self._place(path, at_base=at_base), urlencode(query).encode()),
            headers=sent.headers,
            body=sent.body,
            length=sent.length,
            safe=safe,
            patience=self._patience,
            lane=self._lane,
            before_send=before_send,
        )
        answer = await self._outbound.call(self.account, request, self.trace)
        try:
            if method == "DELETE" and (answer.repeated or again) and answer.status in GONE:
                return Answered(answer.status, None)
            refused = refusal(answer, show_body=self._raw_errors, hide=needles_of(self.account.credential))
            if refused is not None:
                if answer.repeated and method not in SAFE_METHODS:
                    refused.members["outcome"] = "unknown"
                raise refused
            with self.trace.stage("decode"):
                return Answered(answer.status, await read_json(answer))
        finally:
            await answer.aclose()

    def _place(self, path: str, *, at_base: bool) -> str:
        """Where a mapping's path is; an id that cannot be a segment of it is the id of nothing."""
        try:
            return provider_path(self.account, f"^{path}" if at_base else path)
        except InvalidPath:
            raise NotFound("there is no record of that id") from None

    async def small_list(self, name: str) -> list[dict[str, Any]]:
        """Every row of one of the provider file's small lists; ``CutRows`` where there are more than are read."""
        plan = self.account.provider.lists[name]
        if plan.each is None:
            return await self._small_list(name, Context())
        parents = await self.small_list(plan.each)
        cut = isinstance(parents, CutRows)
        rows: list[dict[str, Any]] = []
        for parent in parents:
            found = await self._small_list(name, Context(each=parent))
            cut = cut or isinstance(found, CutRows)
            rows += [{**row, "parent": parent} for row in found]
        return CutRows(rows) if cut else rows

    async def _small_list(self, name: str, context: Context) -> list[dict[str, Any]]:
        plan = self.account.provider.lists[name]
        path = plan.get.fill(context)
        rows: list[dict[str, Any]] = []
        for page in range(1, SMALL_LIST_PAGES + 1):
            query = [*plan.query.items(), *([("page", str(page))] if page > 1 else [])]
            answer = await self.json("GET", path, query=query)
            rows += self._rows(name, answer)
            if plan.more is None or not plan.more(answer):
                return rows
        return CutRows(rows)

    def _rows(self, name: str, answer: Any) -> list[dict[str, Any]]:
        try:
            rows = self.account.provider.lists[name].items(answer)
        except EvaluationError:
            rows = None
        if not isinstance(rows, list):
            raise ProviderError(f"the list of {name} is not where it is expected", provider=self.account.provider.name)
        return [row for row in rows if isinstance(row, dict)]
