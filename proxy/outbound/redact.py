"""Keeping secrets in: keys that never leave, and the linked credential wherever an answer may show it."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from re import IGNORECASE
from re import compile as pattern
from typing import Any
from urllib.parse import quote

import msgspec

from proxy.outbound.credentials import opened
from proxy.secret import MASK, Secret

SECRET_KEY = pattern(r"pass|secret|token|hmac|api_key", IGNORECASE)
"""Keys that no provider object keeps on its way out, whatever else the provider file names."""

SHORTEST = 8
"""A credential part shorter than this is not looked for: it would be found everywhere."""


def redacted(value: Any, secret_fields: Collection[str] = ()) -> Any:
    """A copy of decoded JSON without secret keys at any depth; iterative, so that depth cannot exhaust the stack."""
    out: list[Any] = []
    work: list[tuple[Any, Any]] = [(value, out)]
    while work:
        source, place = work.pop()
        made = _shell(source)
        if isinstance(place, list):
            place.append(made)
        else:
            place[0][place[1]] = made
        work += _children(source, made, secret_fields)
    return out[0]


def _shell(source: Any) -> Any:
    if isinstance(source, dict):
        return {}
    return [None] * len(source) if isinstance(source, list) else source


def _children(source: Any, made: Any, secret_fields: Collection[str]) -> list[tuple[Any, Any]]:
    if isinstance(source, dict):
        kept = [key for key in source if not _is_secret(key, secret_fields)]
        made.update(dict.fromkeys(kept))
        return [(source[key], (made, key)) for key in kept]
    if isinstance(source, list):
        return [(item, (made, index)) for index, item in enumerate(source)]
    return []


def _is_secret(key: str, secret_fields: Collection[str]) -> bool:
    return key in secret_fields or SECRET_KEY.search(key) is not None


CREDENTIALS_KEPT = 1024
"""Forms kept of credentials in use; those of a long token take 10 KiB and 25 µs to make."""


class Needles:
    """The forms a credential could take in an answer: raw, percent-encoded, base64 at any offset, JSON-escaped."""

    __slots__ = ("_forms", "_lower", "longest")

    def __init__(self, forms: Iterable[bytes]) -> None:
        self._forms = tuple(forms)
        self._lower = tuple({form.lower() for form in self._forms})
        self.longest = max(map(len, self._forms), default=0)

    @classmethod
    def of(cls, values: Iterable[str]) -> "Needles":
        """All forms of the values that are long enough to be looked for."""
        return cls({form for value in values if len(value) >= SHORTEST for form in _forms(value)})

    def within(self, data: bytes) -> bool:
        """Whether any form stands in ``data``."""
        return any(form in data for form in self._forms)

    def within_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a name or a value of headers shows a form, whose capitals are lost in a name.

        All are looked through at once: no form goes beyond a line's end, which neither can hold.
        """
        names, values = zip(*headers, strict=True) if headers else ((), ())
        lower = b"\n".join(names).lower()
        return any(form in lower for form in self._lower) or self.within(b"\n".join(values))


def masked(value: Any, needles: Needles) -> Any:
    """A copy of decoded JSON in which every text and every key that shows a needle is masked as a whole."""
    out: list[Any] = [None]
    work: list[tuple[Any, Any, Any]] = [(value, out, 0)]
    while work:
        source, place, at = work.pop()
        if isinstance(source, dict):
            named = [(_hidden(key, needles), item) for key, item in source.items()]
            place[at] = dict.fromkeys(key for key, _ in named)
            work += [(item, place[at], key) for key, item in named]
        elif isinstance(source, list):
            place[at] = [None] * len(source)
            work += [(item, place[at], index) for index, item in enumerate(source)]
        else:
            place[at] = _hidden(source, needles)
    return out[0]


def masked_json(body: bytes, needles: Needles) -> bytes:
    """Encoded JSON as it is, or encoded anew where it holds a needle: each text that does is masked."""
    return msgspec.json.encode(masked(msgspec.json.decode(body), needles)) if needles.within(body) else body


def _hidden(value: Any, needles: Needles) -> Any:
    return MASK if isinstance(value, str) and needles.within(value.encode()) else value


def needles_of(credential: Mapping[str, Secret]) -> Needles:
    """What no answer for the account of this credential may contain."""
    return _needles(tuple(credential.values()))


@lru_cache(maxsize=CREDENTIALS_KEPT)
def _needles(secrets: tuple[Secret, ...]) -> Needles:
    return Needles.of(opened(secrets))


def _forms(value: str) -> set[bytes]:
    raw = value.encode()
    escaped = json.dumps(value)[1:-1]
    quoted = quote(value, safe="")
    texts = {escaped, escaped.replace("/", "\\/"), quoted, _lower_escapes(quoted), value}
    return {text.encode() for text in texts} | {form for offset in range(3) for form in _base64_forms(raw, offset)}


def _lower_escapes(quoted: str) -> str:
    return pattern("%[0-9A-F]{2}").sub(lambda found: found[0].lower(), quoted)


def _base64_forms(raw: bytes, offset: int) -> list[bytes]:
    """The characters that depend on ``raw`` alone, when ``offset`` bytes of something else stand before it."""
    first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
    padded = b"\0" * offset + raw
    return [encode(padded)[first:last] for encode in (b64encode, urlsafe_b64encode)]


class Holdback:
    """Looks for needles in a stream: what is released can no longer be the beginning of one."""

    __slots__ = ("_held", "_needles", "found")

    def __init__(self, needles: Needles) -> None:
        self._needles = needles
        self._held = b""
        self.found = False

    def feed(self, chunk: bytes) -> bytes:
        """Takes a chunk and releases what is proved clean; nothing more once a needle is ``found``."""
        data = self._held + chunk
        self.found = self.found or self._needles.within(data)
        if self.found:
            return b""
        keep = max(0, min(len(data), self._needles.longest - 1))
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep]

    def rest(self) -> bytes:
        """What was held back, at the end of the stream."""
        return b"" if self.found else self._held
