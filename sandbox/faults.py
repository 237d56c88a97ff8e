"""The list of faults a sandbox plays: what is asked for, which request gets it, and what then goes over the socket."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from sandbox.framing import encode, encode_head
from sandbox.http import Request, Response
from sandbox.log import credential, digest

KINDS = (
    "status",
    "status_after_apply",
    "delay",
    "drop_before",
    "drop_after_apply",
    "truncate",
    "html",
    "stray_bytes",
    "repeat_page",
    "slow_body",
)
WITHOUT_EFFECT = frozenset({"status", "html", "drop_before"})
"""Kinds whose request never reaches the simulator."""

_DRIPS = 10
_POSITION = ("page", "before", "after")
_PAGE = (
    b"<!DOCTYPE html><html><head><title>App</title></head>"
    b'<body><div id="app"></div><script src="/app.js"></script></body></html>'
)
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "match": dict,
    "do": str,
    "times": int,
    "status": int,
    "body": object,
    "headers": dict,
    "seconds": (int, float),
    "bytes": int,
}


class BadFaultError(ValueError):
    """A list of faults that says something unknown."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes over the socket: the chunks with ``gap`` seconds between them, then the connection kept or closed."""

    chunks: tuple[bytes, ...]
    gap: float = 0.0
    keep: bool = True


@dataclass(slots=True)
class Fault:
    """One fault; ``left`` counts down from ``times``, None means for ever."""

    do: str
    method: str | None = None
    path: str | None = None
    left: int | None = None
    status: int = 500
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 1.0
    length: int | None = None
    first: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def fits(self, request: Request) -> bool:
        """Whether this fault is for that request; paths are compared raw."""
        if self.left == 0 or (self.method is not None and self.method != request.method):
            return False
        if self.path is None:
            return True
        prefix = self.path.removesuffix("*")
        return request.raw_path.startswith(prefix) if prefix != self.path else request.raw_path == self.path

    def rewrite(self, request: Request) -> Request:
        """The request the simulator gets; ``repeat_page`` puts in the position that was asked of its path first."""
        if self.do != "repeat_page":
            return request
        asked = [pair for pair in request.query if pair[0] in _POSITION]
        first = self.first.setdefault(request.raw_path, asked)
        kept = [pair for pair in request.query if pair[0] not in _POSITION]
        query = urlencode(kept + first)
        return replace(request, target=request.raw_path + ("?" + query if query else ""))

    def response(self) -> Response:
        """The invented answer of the ``status`` kinds and of ``html``."""
        if self.do == "html":
            return Response(200, _PAGE, _merged((("content-type", "text/html; charset=UTF-8"),), self.headers))
        if isinstance(self.body, str):
            return Response(self.status, self.body.encode(), _merged((("content-type", "text/html"),), self.headers))
        body = {"message": "Injected fault"} if self.body is None else self.body
        kind = (("content-type", "application/json"),)
        return Response(self.status, json.dumps(body).encode(), _merged(kind, self.headers))

    def deliver(self, request: Request, response: Response | None, *, keep: bool) -> Delivery:
        """What to send, given the simulator's answer (None for the kinds without effect)."""
        if self.do in ("drop_before", "drop_after_apply"):
            return Delivery((), keep=False)
        answer = self.response() if response is None or self.do == "status_after_apply" else response
        whole = encode(answer, head_only=request.method == "HEAD", keep=keep)
        if self.do == "truncate":
            part = len(answer.body) // 2 if self.length is None else self.length
            return Delivery((encode_head(answer, keep=keep) + answer.body[:part],), keep=False)
        if self.do == "stray_bytes":
            return Delivery((whole + encode(_stray(request)),), keep=keep)
        if self.do == "slow_body":
            return _dripping(answer, encode_head(answer, keep=keep), self.seconds, keep=keep)
        return Delivery((whole,), keep=keep)


class Faults:
    """The list in force; the first fault that fits and has times left is used."""

    def __init__(self) -> None:
        self._list: list[Fault] = []
        self._given: list[dict[str, Any]] = []

    def replace(self, given: Any) -> None:
        """Puts a new list in force; raises BadFaultError and changes nothing when any entry is wrong."""
        if not isinstance(given, list):
            raise BadFaultError("the faults are a list")
        self._list = [_parsed(one) for one in given]
        self._given = [dict(one) for one in given]

    def clear(self) -> None:
        """No faults any more."""
        self.replace([])

    def take(self, request: Request) -> Fault | None:
        """The fault for this request, counted as used."""
        if not self._list:
            return None
        fault = next((one for one in self._list if one.fits(request)), None)
        if fault is not None and fault.left is not None:
            fault.left -= 1
        return fault

    def public(self) -> list[dict[str, Any]]:
        """The list as given, each with what is ``left`` of its times."""
        return [{**given, "left": fault.left} for given, fault in zip(self._given, self._list, strict=True)]


def _parsed(given: Any) -> Fault:
    if not isinstance(given, Mapping):
        raise BadFaultError("a fault is an object")
    for name, value in given.items():
        if name not in _FIELDS or not isinstance(value, _FIELDS[name]) or (isinstance(value, bool) and name != "body"):
            raise BadFaultError(f"unknown or ill-typed: {name}")
    if given.get("times", 0) < 0 or not 100 <= given.get("status", 500) <= 999:
        raise BadFaultError("times counts from 0, status from 100 to 999")
    if given.get("do") not in KINDS:
        raise BadFaultError(f"do is one of {', '.join(KINDS)}")
    match = given.get("match", {})
    unknown = match.keys() - {"method", "path"}
    if unknown or not all(isinstance(value, str) for value in match.values()):
        raise BadFaultError("match has method and path, both text")
    return Fault(
        do=given["do"],
        method=match["method"].upper() if "method" in match else None,
        path=match.get("path"),
        left=given.get("times"),
        status=given.get("status", 500),
        body=given.get("body"),
        headers=tuple(_pairs(given.get("headers", {}))),
        seconds=float(given.get("seconds", 1.0)),
        length=given.get("bytes"),
    )


def _pairs(headers: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one)


def _merged(base: tuple[tuple[str, str], ...], over: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    names = {name.lower() for name, _ in over}
    return tuple(pair for pair in base if pair[0] not in names) + over


def _stray(request: Request) -> Response:
    token = credential(request)
    body = json.dumps({"stray": True, "credential": None if token is None else "sha256:" + digest(token)})
    return Response(200, body.encode(), (("content-type", "application/json"),))


def _dripping(answer: Response, head: bytes, seconds: float, *, keep: bool) -> Delivery:
    step = max(1, -(-len(answer.body) // _DRIPS))
    drips = tuple(answer.body[at : at + step] for at in range(0, len(answer.body), step))
    return Delivery((head, *drips), gap=seconds / max(1, len(drips)), keep=keep)
