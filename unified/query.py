"""What a caller asks of a list or a record: the query string read strictly, Truto's spellings taken for ours."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import unquote_plus

from msgspec import Struct

from proxy.bounds import Bounds
from proxy.errors import FieldError, InvalidRequest, UnknownParameter, UnsupportedFilter
from proxy.outbound.paths import ACCOUNT_NAME
from unified.mapping.filters import INCLUDED
from unified.schemas.resources import Filter, Resource
from unified.view import REMOTE_DATA, WHOLE, View

ACCOUNT = ACCOUNT_NAME
CONTROL = ("limit", "next_cursor", "sort", "consistency")
INDEX = re.compile(r"\[\d*\]$|\[in\]$|\[eq\]$")
BOUNDS_WORDS = {"gt": "after", "lt": "before", "gte": "after", "lte": "before"}
DRY_RUN = "dry_run"
VIEWS = ("select", "omit", "include")
REMOTE = re.compile(r"remote_query\[([^\[\]]+(?:\[\])?)\]")
ALIASES = {
    "truto_exclude_fields": "omit",
    **dict.fromkeys(("emails", "emails[email]"), "email"),
    **dict.fromkeys(("phones", "phones[number]"), "phone"),
    "assignees_id": "assignee_id",
    "tags_id": "tag_id",
    "team_ids": "team_id",
}
IGNORED = ("truto_ignore_remote_data",)
"""What Truto's clients send to be rid of something that we never send unasked."""
TIMES = {"created_at": "created", "updated_at": "updated"}


class ListRequest(Struct, frozen=True):
    """A list request as sent: with a cursor, what is not said is the cursor's."""

    filters: Mapping[str, tuple[str, ...]]
    sort: str | None
    limit: int | None
    consistency: Literal["default", "strict"] | None
    cursor: str | None
    view: View = WHOLE
    remote_query: Mapping[str, str] = {}


def pairs(query: bytes) -> list[tuple[str, str]]:
    """The query string as decoded pairs; raises InvalidRequest for what is not UTF-8."""
    found = []
    for part in query.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            found.append((_decode(name), _decode(value)))
    return found


def _decode(text: bytes) -> str:
    try:
        decoded = unquote_plus(text.decode("ascii"), errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise InvalidRequest("the query string is percent-encoded UTF-8") from None
    if any(ord(character) < 32 for character in decoded):
        raise InvalidRequest("the query string holds control characters")
    return decoded


def read_list(resource: Resource, query: Iterable[tuple[str, str]], bounds: Bounds) -> ListRequest:
    """Understands a list request; raises UnsupportedFilter for a name that is no parameter here."""
    said, remote = _said(query)
    view = _view(resource, said)
    control = {name: _single(name, said.pop(name)) for name in CONTROL if name in said}
    filters = {name: _values(resource, name, values) for name, values in said.items()}
    return ListRequest(
        filters=filters,
        sort=_sort(resource, control.get("sort")),
        limit=_limit(control.get("limit"), bounds),
        consistency=_consistency(control.get("consistency")),
        cursor=control.get("next_cursor") or None,
        view=view,
        remote_query=remote,
    )


def read_get(resource: Resource, query: Iterable[tuple[str, str]]) -> View:
    """Understands the parameters of one record; raises UnknownParameter for any other."""
    said, remote = _said(query)
    view = _view(resource, said)
    unknown = [*said, *(f"remote_query[{name}]" for name in remote)]
    if unknown:
        raise UnknownParameter(
            f"this route takes {', '.join((ACCOUNT, *VIEWS))}", errors=[FieldError(name, "unknown") for name in unknown]
        )
    return view


def read_write(query: Iterable[tuple[str, str]]) -> bool:
    """Whether a write is only rehearsed; raises UnknownParameter for any other parameter."""
    said, remote = _said(query)
    rehearsed = _single(DRY_RUN, said.pop(DRY_RUN, ["false"]))
    unknown = [*said, *(f"remote_query[{name}]" for name in remote)]
    if unknown:
        raise UnknownParameter(
            f"a write takes {ACCOUNT} and {DRY_RUN}", errors=[FieldError(name, "unknown") for name in unknown]
        )
    if rehearsed not in ("true", "false"):
        raise InvalidRequest(f"{DRY_RUN} is true or false", errors=[FieldError(DRY_RUN, "not true or false")])
    return rehearsed == "true"


def refuse_parameters(query: Iterable[tuple[str, str]]) -> None:
    """Refuses every parameter but the account's: for routes that take none."""
    unknown = [name for name, _ in query if name != ACCOUNT]
    if unknown:
        raise UnknownParameter(
            f"this route takes {ACCOUNT} alone", errors=[FieldError(name, "unknown") for name in unknown]
        )


def _said(query: Iterable[tuple[str, str]]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Parameters by our names, and those that are the provider's own."""
    said: dict[str, list[str]] = {}
    remote: dict[str, str] = {}
    for raw, given in query:
        match = REMOTE.fullmatch(raw)
        name, value = canonical(raw, given)
        if match:
            if remote.setdefault(match[1], given) != given:
                raise InvalidRequest(f"{raw} takes one value", errors=[FieldError(raw, "given more than once")])
        elif name not in (ACCOUNT, *IGNORED):
            said.setdefault(name, []).append(value)
    return said, remote


def _view(resource: Resource, said: dict[str, list[str]]) -> View:
    """Takes what is about the answer out of the parameters."""
    given = {name: [one.strip() for value in said.pop(name, ()) for one in value.split(",")] for name in VIEWS}
    chosen = {name: [one for one in values if one] for name, values in given.items()}
    known = set(resource.attributes)
    errors = [
        FieldError(name, f"{one[:40]!r} is no attribute")
        for name in VIEWS[:2]
        for one in chosen[name]
        if one not in known
    ]
    errors += [FieldError("include", f"{one[:40]!r} is unknown") for one in chosen["include"] if one != REMOTE_DATA]
    if errors:
        raise InvalidRequest(f"{resource.name} have: {', '.join(resource.attributes)}", errors=errors)
    kept = (set(chosen["select"]) or known) - set(chosen["omit"])
    return View(None if kept == known else frozenset(kept), REMOTE_DATA in chosen["include"])


def canonical(name: str, value: str) -> tuple[str, str]:
    """Our name of a parameter, and its value in our spelling.

    ``contact[id]``, ``created_at[gt]``, ``status[in]``, ``k[]``, ``k[0]``, ``sort_by[x]=desc`` and the ``truto_`` names
    are Truto's. A bound that is included (``[gte]``, ``[lte]``) is marked by ``=`` before the value.
    """
    while INDEX.search(name):
        name = INDEX.sub("", name)
    head, _, rest = name.partition("[")
    inner = rest.removesuffix("]")
    if inner == "id":
        return ALIASES.get(f"{head}_id", f"{head}_id"), value
    if head == "sort_by" and inner:
        return "sort", ("-" if value == "desc" else "") + inner
    if head in TIMES and inner in BOUNDS_WORDS:
        return f"{TIMES[head]}_{BOUNDS_WORDS[inner]}", (INCLUDED if inner.endswith("e") else "") + value
    if name == "truto_response_format" and value in ("raw", "unified"):
        return ("include", REMOTE_DATA) if value == "raw" else (IGNORED[0], value)
    return ALIASES.get(name, name), value


def _values(resource: Resource, name: str, values: list[str]) -> tuple[str, ...]:
    known = resource.filter(name)
    if known is None:
        raise unsupported(resource, name, (one.name for one in resource.filters))
    split = [one for value in values for one in (value.split(",") if known.many else [value])]
    wanted = tuple(dict.fromkeys(one.strip() for one in split if one.strip()))
    if not wanted:
        raise InvalidRequest(f"{name} has no value", errors=[FieldError(name, "an empty filter is no filter")])
    if not known.many and len(wanted) > 1:
        raise InvalidRequest(f"{name} takes one value", errors=[FieldError(name, "given more than once")])
    unknown = [one for one in wanted if known.words and one not in known.words]
    if unknown:
        raise InvalidRequest(
            f"{name} is one of: {', '.join(known.words)}",
            errors=[FieldError(name, f"{one[:40]!r} is not known") for one in unknown],
        )
    return wanted


def unsupported(resource: Resource, name: str, supported: Iterable[str]) -> UnsupportedFilter:
    """The refusal of a filter, naming those that work."""
    names = sorted(supported)
    return UnsupportedFilter(
        f"{resource.name} cannot be filtered by {name!r} here; supported: {', '.join(names) or 'none'}",
        errors=[FieldError(name, "not supported")],
        supported=names,
    )


def _single(name: str, values: list[str]) -> str:
    if len(set(values)) > 1:
        raise InvalidRequest(f"{name} takes one value", errors=[FieldError(name, "given more than once")])
    return values[0]


def _limit(text: str | None, bounds: Bounds) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= bounds.limit_max):
        raise InvalidRequest(
            f"limit is a whole number from 1 to {bounds.limit_max}", errors=[FieldError("limit", f"not {text[:20]!r}")]
        )
    return int(text)


def _sort(resource: Resource, text: str | None) -> str | None:
    if text and text not in resource.sorts:
        raise UnsupportedFilter(
            f"{resource.name} cannot be sorted by {text[:40]!r}; supported: {', '.join(resource.sorts) or 'none'}",
            errors=[FieldError("sort", "not supported")],
            supported=list(resource.sorts),
        )
    return text or None


def _consistency(text: str | None) -> Literal["default", "strict"] | None:
    if text in (None, ""):
        return None
    if text in ("default", "strict"):
        return "strict" if text == "strict" else "default"
    raise InvalidRequest("consistency is 'default' or 'strict'", errors=[FieldError("consistency", "unknown")])


def required_filters(resource: Resource, filters: Mapping[str, tuple[str, ...]]) -> None:
    """Refuses a list whose required filter is not given."""
    missing: list[Filter] = [one for one in resource.filters if one.required and one.name not in filters]
    if missing:
        raise InvalidRequest(
            f"{resource.name} are listed with {', '.join(one.name for one in missing)}",
            errors=[FieldError(one.name, "required") for one in missing],
        )
