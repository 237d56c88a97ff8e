"""The form of API keys and account tokens: ``il_<43 letters and digits>_<6 of checksum>``, and the scope words.

The middle is 32 random bytes; the checksum lets a typing mistake, and nearly every guess, be refused without asking the
database. Only digests are stored: ``Sealer.digests`` under the use ``USE``.
"""

import secrets
from collections.abc import Iterable
from re import compile as pattern
from zlib import crc32

from proxy.secret import Secret

SCOPES = ("read", "write", "proxy", "link", "events", "admin")
KEY = "il"
ACCOUNT_TOKEN = "ila"  # noqa: S105 - the kind, not a token
USE = "api-key"

SHOWN = 6
"""Characters of the random part that are stored to recognise a key by: 36 of its 256 bits."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY = 43
_CHECK = 6
_FORM = pattern(r"(ila?)_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})\Z")


def new_key(kind: str = KEY) -> Secret:
    """A fresh key or account token."""
    head = f"{kind}_{_base62(int.from_bytes(secrets.token_bytes(32), 'big'), _BODY)}"
    return Secret(f"{head}_{_checksum(head)}")


def kind_of(text: str) -> str | None:
    """``KEY`` or ``ACCOUNT_TOKEN`` where form and checksum are right, else ``None``."""
    match = _FORM.match(text)
    if match is None or _checksum(text.rpartition("_")[0]) != match[3]:
        return None
    return match[1]


def shown_prefix(key: Secret) -> str:
    """The first characters of a key, for lists and logs."""
    kind, _, rest = key.reveal().partition("_")
    return f"{kind}_{rest[:SHOWN]}"


def scope_words(scopes: Iterable[str]) -> str:
    """Scopes as a column holds them, in one order."""
    wanted = set(scopes)
    return " ".join(scope for scope in SCOPES if scope in wanted)


def _checksum(head: str) -> str:
    return _base62(crc32(head.encode()), _CHECK)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
