"""Where a request goes below a provider's base: built from checked segments, never joined from a caller's text."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from re import compile as pattern
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from msgspec import Struct

from proxy.errors import CredentialOperation, InvalidPath, InvalidRequest, PathNotAllowed
from proxy.provider.account import LinkedAccount
from proxy.provider.model import PassthroughWords

ACCOUNT_NAME = "integrated_account_id"
OUR_PREFIX = "interline_"
SEGMENT_SAFE = "-._~!$&'()*+,=:@"
"""What stands as itself in a segment (RFC 3986 ``pchar``) without ``;``, which some servers cut off."""

_FORBIDDEN = frozenset("/\\%?#;")
_RAW_PATH = pattern(rb"/[\x21-\x7e]*\Z")
_BAD_ESCAPE = pattern(rb"%(?![0-9A-Fa-f]{2})")
_RAW_QUERY = pattern(rb"[\x21\x22\x24-\x7e]*\Z")
_FIELD = pattern(r"\{(\w+)\}")

Segments = tuple[str, ...]


class Query(Struct, frozen=True):
    """A caller's raw query taken apart: what is forwarded byte for byte, and the reserved names with their values."""

    forwarded: bytes
    account_ids: tuple[str, ...]
    ours: Mapping[str, str]


def segments_of(raw_path: bytes) -> Segments:
    """The segments of a path as it came off the wire, each decoded once.

    Raises ``InvalidPath`` for an empty segment (a doubled or a last slash), a segment of dots, one that holds
    ``/ \\ % ? # ;`` or a control character once decoded, or is not UTF-8.
    """
    if not _RAW_PATH.match(raw_path) or _BAD_ESCAPE.search(raw_path):
        raise InvalidPath("the path must be printable ASCII that starts with a slash, with whole percent escapes")
    return tuple(_segment(raw) for raw in raw_path[1:].split(b"/"))


def _segment(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise InvalidPath("a path segment is not UTF-8") from None
    fault = _fault(text) or (None if text.isascii() else _fault(normalize("NFKC", text)))
    if fault is not None:
        raise InvalidPath(fault)
    return text


def _fault(text: str) -> str | None:
    """Also asked of the compatibility form: a server that normalises sees slash and dot in their wide spellings."""
    if not text:
        return "a path segment is empty"
    if not text.strip(". "):
        return "a path segment of dots climbs out of its place"
    if not _FORBIDDEN.isdisjoint(text):
        return "a path segment may not hold / \\ % ? # or ;"
    if not text.isprintable():
        return "a path segment may not hold control characters"
    return None


def path_of(segments: Iterable[str]) -> str:
    """The one spelling of a path of these segments."""
    return "".join("/" + quote(segment, safe=SEGMENT_SAFE) for segment in segments)


def provider_path(account: LinkedAccount, path: str) -> str:
    """Where a mapping's path is found below the origin: base, prefix, path; ``^/path`` starts at the base.

    Raises ``InvalidPath`` where a value filled into the path cannot be one segment.
    """
    prefix = "" if path.startswith("^") else prefix_of(account)
    return account.base_path + prefix + path_of(segments_of(path.removeprefix("^").encode()))


def prefix_of(account: LinkedAccount) -> str:
    """The provider's prefix with the connection's fields filled in."""
    return _FIELD.sub(
        lambda found: quote(str(account.connection.get(found[1], "")), safe=""), account.provider.words.prefix
    )


def allowed(segments: Segments, words: PassthroughWords, connection: Mapping[str, Any]) -> None:
    """Raises ``CredentialOperation`` or ``PathNotAllowed`` unless the provider file opens this path."""
    bare = _loosened(segments)
    if any(_matches(one, bare, connection, loose=True) for one in _patterns(tuple(words.credential_operations))):
        raise CredentialOperation("this operation shows or changes the linked credential")
    if not any(_matches(one, segments, connection) for one in _patterns(tuple(words.allow))):
        raise PathNotAllowed("the provider file does not open this path", allowed=list(words.allow))


def matches(wanted: str, segments: Segments, connection: Mapping[str, Any]) -> bool:
    """Whether a path below the base is one that a pattern of the provider file means."""
    return _matches(_patterns((wanted,))[0], segments, connection)


@lru_cache(maxsize=256)
def _patterns(texts: tuple[str, ...]) -> tuple[Segments, ...]:
    return tuple(tuple(text.strip("/").split("/")) for text in texts)


def _loosened(segments: Segments) -> Segments:
    """Providers find an operation without regard to case, and some with a format (``profile.json``) at its end."""
    return tuple(segment.partition(".")[0].casefold() or segment for segment in segments)


def _matches(wanted: Segments, given: Segments, connection: Mapping[str, Any], *, loose: bool = False) -> bool:
    if wanted[-1] == "**":
        wanted, given = wanted[:-1], given[: len(wanted) - 1]
    if len(wanted) != len(given):
        return False
    return all(_fits(word, segment, connection, loose) for word, segment in zip(wanted, given, strict=True))


def _fits(word: str, given: str, connection: Mapping[str, Any], loose: bool) -> bool:
    if word == "*":
        return True
    field = _FIELD.fullmatch(word)
    wanted = str(connection.get(field[1])) if field else word
    return given == (wanted.casefold() if loose else wanted)


def query_of(raw: bytes) -> Query:
    """Takes the reserved names out of a raw query, in whatever spelling of escapes, and leaves every other byte.

    Raises ``InvalidRequest`` for a space, a control character, ``#`` or a byte outside ASCII.
    """
    if not _RAW_QUERY.match(raw):
        raise InvalidRequest("the query must be printable ASCII without spaces and #")
    if not raw:
        return Query(b"", (), {})
    kept: list[bytes] = []
    account_ids: list[str] = []
    ours: dict[str, str] = {}
    for part in raw.split(b"&"):
        name, _, value = part.partition(b"=")
        plain = unquote_plus(name.decode("ascii"))
        if plain == ACCOUNT_NAME:
            account_ids.append(unquote_plus(value.decode("ascii")))
        elif plain.startswith(OUR_PREFIX):
            ours[plain] = unquote_plus(value.decode("ascii"))
        else:
            kept.append(part)
    return Query(b"&".join(kept), tuple(account_ids), ours)


def target(path: str, query: bytes = b"") -> str:
    """The request target below the origin."""
    return path + ("?" + query.decode("ascii") if query else "")


def below_base(account: LinkedAccount, location: str) -> Sequence[str] | None:
    """The segments below the base that a provider's ``Location`` names, or ``None`` where it leads anywhere else."""
    path = location.partition("#")[0].partition("?")[0].removeprefix(account.origin)
    if not path.startswith(account.base_path + "/"):
        return None
    try:
        return segments_of(path.removeprefix(account.base_path).encode("ascii"))
    except (InvalidPath, UnicodeEncodeError):
        return None
