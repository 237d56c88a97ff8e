"""The routes of ``/unified``: each resource of the table has a list, a get, and its writes."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import json

from proxy.accounts.caller import HEADER_NAME, Caller, account_id_of
from proxy.accounts.guard import caller_of
from proxy.accounts.store import Accounts
from proxy.bounds import Bounds
from proxy.errors import FieldError, InvalidRequest, NotFound
from proxy.journal import StoredAnswer, idempotency_key, new_key
from proxy.outbound.call import Outbound
from proxy.outbound.media import Media
from proxy.outbound.preferences import lane_of, patience_of
from proxy.outbound.redact import masked_json, needles_of
from proxy.provider.account import LinkedAccount
from proxy.trace import Trace
from unified.capabilities import capabilities_of, meta_of
from unified.downloads import Download
from unified.mapping.model import Mappings, ResourceMapping
from unified.query import ACCOUNT, pairs, read_get, read_list, read_write, refuse_parameters
from unified.read import Reader, cannot
from unified.schemas.resources import RESOURCES, Resource
from unified.upstream import Upstream
from unified.view import View
from unified.write import KEY, Order, Writer
from unified.writing.intake import Intake, read_intake

AnyRequest = Request[Any, Any, Any]
Pairs = list[tuple[str, str]]
Written = StoredAnswer | dict[str, Any]
"""A write's answer, or the calls that it would make."""
Writing = Callable[[Order, Upstream], Coroutine[Any, Any, Written]]
WRITES = {"scope": "write"}
JSON = "application/json"


class Unified:
    """What the unified routes stand on."""

    def __init__(
        self,
        accounts: Accounts,
        mappings: Mappings,
        outbound: Outbound,
        media: Media,
        reader: Reader,
        writer: Writer,
        bounds: Bounds,
    ) -> None:
        self._accounts = accounts
        self._mappings = mappings
        self._outbound = outbound
        self._media = media
        self._reader = reader
        self._writer = writer
        self._bounds = bounds
        self._writing: set[asyncio.Task[Written]] = set()

    async def list(self, request: AnyRequest, resource: Resource) -> Response[bytes]:
        """One page of a resource."""
        query = pairs(request.scope["query_string"])
        account = await self._account(request, query)
        mapping = self._mapping(account, resource)
        asked = read_list(resource, query, self._bounds)
        _may_see(request, asked.view)
        answer = await self._reader.list(mapping, asked, self._upstream(request, account))
        headers = {} if answer.next_cursor is None else {"Link": _next_link(request, query, answer.next_cursor)}
        return _data(json.encode(answer.body()), account, headers)

    async def get(self, request: AnyRequest, resource: Resource, record_id: str | None) -> Response[bytes]:
        """One record; the caller's own where there is no id."""
        query = pairs(request.scope["query_string"])
        account = await self._account(request, query)
        mapping = self._mapping(account, resource)
        view = read_get(resource, query)
        _may_see(request, view)
        found = await self._reader.get(mapping, record_id, self._upstream(request, account), view)
        return _data(json.encode(found), account)

    async def download(self, request: AnyRequest, resource: Resource, record_id: str | None) -> Download:
        """The file of a record, fetched through the media door; its link is read anew, for links end."""
        query = pairs(request.scope["query_string"])
        account = await self._account(request, query)
        wanted = record_id if record_id is not None else _only(query, "id")
        refuse_parameters((name, value) for name, value in query if record_id is not None or name != "id")
        upstream = self._upstream(request, account)
        record = (await self._reader.get(self._mapping(account, resource), wanted, upstream))["result"]
        url = record[resource.file_url or ""]
        if url is None:
            raise NotFound(f"the {resource.singular} has no file to download")
        ranged = request.headers.get("range")
        return Download(
            self._media,
            account,
            url,
            file_name=record["file_name"],
            content_type=record["content_type"],
            trace=upstream.trace,
            byte_range=None if ranged is None else ranged.encode("latin-1"),
        )

    async def meta(self, request: AnyRequest, resource: Resource, method: str) -> Response[bytes]:
        """What the account's provider takes for a method of a resource."""
        query = pairs(request.scope["query_string"])
        account = await self._account(request, query)
        refuse_parameters(query)
        mapping = self._mapping(account, resource).at(account.version)
        return _json({"result": meta_of(mapping, method, self._bounds, account.connection)})

    async def capabilities(self, request: AnyRequest, account_id: str) -> Response[bytes]:
        """Everything that an account's provider can do."""
        account = await self._accounts.linked(caller_of(request), account_id)
        return _json({"result": capabilities_of(account.provider, self._mappings, account.version)})

    async def write(
        self, request: AnyRequest, resource: Resource, method: str, record_id: str | None
    ) -> Response[bytes]:
        """A write, carried out once for its key; with ``dry_run`` the calls that it would make."""
        query = pairs(request.scope["query_string"])
        account = await self._account(request, query)
        mapping = self._mapping(account, resource)
        if method not in mapping.plans:
            raise cannot(mapping, method)
        rehearsed = read_write(query)
        caller = caller_of(request)
        key = idempotency_key(request.headers.getall(KEY, [])) or new_key()
        upstream = self._upstream(request, account)
        intake = await self._intake(request, resource, method)
        order = Order(mapping, method, record_id, intake, key, caller.owner, request.scope["path"], request.method)
        writing: Writing = self._writer.rehearse if rehearsed else self._writer.write
        answer = await self._unbroken(self._closing(writing(order, upstream), intake))
        if isinstance(answer, dict):
            return _data(json.encode(answer), account, status=200)
        return _data(answer.body, account, dict(answer.headers), answer.status)

    async def _intake(self, request: AnyRequest, resource: Resource, method: str) -> Intake:
        kind = getattr(resource.writes, method, None)
        if not isinstance(kind, type):
            return Intake({}, None, (), b"")
        files = method == "create" and resource.writes is not None and resource.writes.files
        return await read_intake(request.scope, request.receive, resource, kind, self._bounds, files=files)

    async def _closing(self, writing: Coroutine[Any, Any, Written], intake: Intake) -> Written:
        """Ends the files of a write with the write, however long its caller stays."""
        try:
            return await writing
        finally:
            intake.close()

    async def _unbroken(self, writing: Coroutine[Any, Any, Written]) -> Written:
        """Goes on with a write whose caller has gone away: its answer is there for who repeats it with the key."""
        task = asyncio.create_task(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def _account(self, request: AnyRequest, query: Pairs) -> LinkedAccount:
        caller: Caller = request.state.caller
        trace: Trace = request.scope["state"]["trace"]
        with trace.stage("account"):
            named = [value for name, value in query if name == ACCOUNT]
            account_id = account_id_of(caller, named, request.headers.get(HEADER_NAME))
            account = await self._accounts.linked(caller, account_id)
        trace.facts["provider"] = account.provider.name
        trace.ask_rate = partial(self._outbound.show_rate, account)
        return account

    def _mapping(self, account: LinkedAccount, resource: Resource) -> ResourceMapping:
        return self._mappings.of(account.provider, resource)

    def _upstream(self, request: AnyRequest, account: LinkedAccount) -> Upstream:
        caller: Caller = request.state.caller
        trace: Trace = request.scope["state"]["trace"]
        return Upstream(
            self._outbound,
            account,
            trace,
            raw_errors="proxy" in caller.scopes,
            patience=patience_of(request.headers.getall("prefer", [])),
            lane=lane_of(request.headers.getall("priority", [])),
        )


def unified_routes(unified: Unified) -> list[HTTPRouteHandler]:
    """The handlers of every resource of the table, and what describes them."""

    @get("/integrated-account/{account_id:str}/capabilities", opt={"scope": "read"}, name="capabilities")
    async def capabilities(request: AnyRequest, account_id: FromPath[str]) -> Response[bytes]:
        return await unified.capabilities(request, account_id)

    return [capabilities, *(handler for resource in RESOURCES for handler in _handlers_of(unified, resource))]


def _handlers_of(unified: Unified, resource: Resource) -> Iterable[HTTPRouteHandler]:
    path = f"/unified/{resource.model}/{resource.name}"
    yield _meta(unified, resource, path)
    if resource.single:
        yield _single(unified, resource, path)
        return
    if resource.file_url is not None:
        yield from _downloads(unified, resource, path)
    yield from _reading(unified, resource, path)
    yield from _writing(unified, resource, path)


def _meta(unified: Unified, resource: Resource, path: str) -> HTTPRouteHandler:
    @get(path + "/meta/{method:str}", opt={"scope": "read"}, name=f"meta:{resource.model}:{resource.name}")
    async def meta(request: AnyRequest, method: FromPath[str]) -> Response[bytes]:
        return await unified.meta(request, resource, method)

    return meta


def _single(unified: Unified, resource: Resource, path: str) -> HTTPRouteHandler:
    @get(path, opt={"scope": "read"}, name=f"get:{resource.model}:{resource.name}")
    async def single(request: AnyRequest) -> Response[bytes]:
        return await unified.get(request, resource, None)

    return single


def _downloads(unified: Unified, resource: Resource, path: str) -> Iterable[HTTPRouteHandler]:
    @get(path + "/{record_id:str}/download", opt={"scope": "read"}, name=f"download:{resource.name}")
    async def download(request: AnyRequest, record_id: FromPath[str]) -> Download:
        return await unified.download(request, resource, record_id)

    @post(
        path + "/{record_id:str}/download",
        opt={"scope": "read"},
        name=f"post-download:{resource.name}",
        status_code=200,
    )
    async def post_download(request: AnyRequest, record_id: FromPath[str]) -> Download:
        return await unified.download(request, resource, record_id)

    @post(path + "/download", opt={"scope": "read"}, name=f"truto-download:{resource.name}", status_code=200)
    async def truto_download(request: AnyRequest) -> Download:
        return await unified.download(request, resource, None)

    return (download, post_download, truto_download)


def _reading(unified: Unified, resource: Resource, path: str) -> Iterable[HTTPRouteHandler]:
    @get(path, opt={"scope": "read"}, name=f"list:{resource.model}:{resource.name}")
    async def list_(request: AnyRequest) -> Response[bytes]:
        return await unified.list(request, resource)

    @get(path + "/{record_id:str}", opt={"scope": "read"}, name=f"get:{resource.model}:{resource.name}")
    async def get_(request: AnyRequest, record_id: FromPath[str]) -> Response[bytes]:
        return await unified.get(request, resource, record_id)

    return (list_, get_)


def _writing(unified: Unified, resource: Resource, path: str) -> Iterable[HTTPRouteHandler]:
    named = f"{resource.model}:{resource.name}"

    @post(path, opt=WRITES, name=f"create:{named}", status_code=201)
    async def create(request: AnyRequest) -> Response[bytes]:
        return await unified.write(request, resource, "create", None)

    @patch(path + "/{record_id:str}", opt=WRITES, name=f"update:{named}")
    async def update(request: AnyRequest, record_id: FromPath[str]) -> Response[bytes]:
        return await unified.write(request, resource, "update", record_id)

    @delete(path + "/{record_id:str}", opt=WRITES, name=f"delete:{named}", status_code=200)
    async def delete_(request: AnyRequest, record_id: FromPath[str]) -> Response[bytes]:
        return await unified.write(request, resource, "delete", record_id)

    yield from (create, update, delete_)
    if resource.writes is not None and resource.writes.merge is not None:

        @post(path + "/{record_id:str}/merge", opt=WRITES, name=f"merge:{named}", status_code=200)
        async def merge(request: AnyRequest, record_id: FromPath[str]) -> Response[bytes]:
            return await unified.write(request, resource, "merge", record_id)

        yield merge


def _only(query: Pairs, name: str) -> str:
    """The one value of a parameter that must be there."""
    values = {value for key, value in query if key == name}
    if len(values) != 1:
        raise InvalidRequest(f"name one record by {name}", errors=[FieldError(name, "needed once")])
    return values.pop()


def _may_see(request: AnyRequest, view: View) -> None:
    """The provider's own object is what the passthrough would show: it needs that scope."""
    if view.remote_data:
        caller_of(request).require("proxy")


def _json(body: dict[str, Any]) -> Response[bytes]:
    return Response(json.encode(body), media_type=JSON)


def _data(
    body: bytes, account: LinkedAccount, headers: dict[str, str] | None = None, status: int | None = None
) -> Response[bytes]:
    """What a provider said, encoded; where it holds the linked credential, each text that does is masked."""
    shown = masked_json(body, needles_of(account.credential))
    return Response(shown, media_type=JSON, headers=headers or {}, status_code=status)


def _next_link(request: AnyRequest, query: Pairs, cursor: str) -> str:
    """The ``Link`` to the next page (RFC 8288), relative to the host that was asked."""
    account = next((f"{ACCOUNT}={value}&" for name, value in query if name == ACCOUNT), "")
    return f'<{request.scope["path"]}?{account}next_cursor={cursor}>; rel="next"'
