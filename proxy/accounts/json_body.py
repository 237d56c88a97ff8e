"""The one place where a JSON body sent to us is read: every way it can be wrong is a 400."""

import json
from re import compile as pattern
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import State

from proxy.accounts.caller import Caller
from proxy.errors import FieldError, InvalidJson, InvalidRequest, UnsupportedMediaType

T = TypeVar("T")

_PLACE = pattern(r"(?P<what>.*?)(?: - at `(?P<at>[^`]*)`)?\Z")
_NAMED = {
    "is not known here": pattern(r"Object contains unknown field `(?P<name>.*)`\Z"),
    "is missing": pattern(r"Object missing required field `(?P<name>.*)`\Z"),
}
"""What is wrong with an attribute that the message names, in our words."""


_TEXT = pattern(rb'(?s:"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))')
"""A text, closed or not: one that is not must not be begun again at each quotation mark that it holds."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

_OUT_OF_RANGE = ("Integer value out of range", "Number out of range")

DEPTH_MOST = 64
"""Levels of arrays and objects in a body; the schemas need six, ``remote_data`` is the caller's."""
VALUES_MOST = 200_000
"""Values and members of a body: small on the wire, each is an object in memory."""


def refuse_ambiguous(raw: bytes) -> None:
    """Raises ``InvalidJson`` for a body that is nested too deeply or has too many values, or names a member twice.

    RFC 8259 section 4 leaves open which of two counts; where one says that a comment is private, nobody should guess.
    """
    _refuse_bomb(raw)
    try:
        json.loads(raw, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):
        return  # what is wrong with it is told by the decoder that counts


def _refuse_bomb(raw: bytes) -> None:
    """Counts twice: what stands in texts is taken out only where there might be too much without it."""
    if raw.count(b"[") + raw.count(b"{") + raw.count(b",") <= DEPTH_MOST:
        return
    bare = _TEXT.sub(b"", raw)
    if bare.count(b",") + bare.count(b"[") + bare.count(b"{") > VALUES_MOST:
        raise InvalidJson(f"the body has more than {VALUES_MOST} values")
    if _depth(bare) > DEPTH_MOST:
        raise InvalidJson(f"the body is nested deeper than {DEPTH_MOST} levels")


def _depth(bare: bytes) -> int:
    """The deepest level."""
    depth = deepest = 0
    for one in bare.translate(None, _NO_BRACKETS):
        depth += 1 if one in b"[{" else -1
        if depth > deepest:  # not max(): this runs for every bracket
            deepest = depth
    return deepest


def _unambiguous(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidJson(f"the member {twice!r:.80} is there twice")


def decode(raw: bytes, kind: type[T]) -> T:
    """The body as ``kind``; raises ``InvalidJson``, and ``InvalidRequest`` naming what does not fit."""
    if not raw:
        raise InvalidJson("the body is empty; send a JSON object")
    refuse_ambiguous(raw)
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        if str(error).startswith(_OUT_OF_RANGE):
            raise InvalidJson("a number of the body is out of range") from None
        raise unfit(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidJson("the body is not JSON in UTF-8") from None
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def field_error(message: str) -> FieldError:
    """Place and reason out of a msgspec message, the place as the caller would write it (``context.account_id``)."""
    match = _PLACE.match(message)
    what, at = (match["what"], match["at"] or "$") if match else (message, "$")
    path = at.replace("[...]", "")
    for detail, form in _NAMED.items():
        if named := form.match(what):
            path, what = f"{path}.{named['name'][:64]}", detail
    return FieldError(path.removeprefix("$").removeprefix("."), what)


def unfit(message: str) -> InvalidRequest:
    """The problem of a body that msgspec refuses with ``message``."""
    error = field_error(message)
    told = f"{error.path}: {error.detail}" if error.path else error.detail
    return InvalidRequest(f"the body does not fit: {told}", errors=[error])


class JsonRequest(Request[Caller, Any, State]):
    """A request whose JSON is decoded strictly, straight into the type that the route names in ``opt["body"]``."""

    async def body(self) -> bytes:
        """The raw body; raises ``UnsupportedMediaType`` for a content type that is not JSON."""
        media_type = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType("send the body as application/json")
        return await super().body() or b" "

    async def json(self) -> Any:
        """The decoded body."""
        return decode((await self.body()).strip(), self.route_handler.opt["body"])
