"""Authenticated encryption of what is stored or handed out, with key ids, rotation and a subkey for each use.

A sealing key is 32 random bytes with a short id. The first key of a server seals, every key opens. No key is used as it
is: each use (``credential``, ``cursor``, ..) has its own subkey (HKDF, RFC 5869), so a text sealed for one never opens
for another. The cipher is AES-256-GCM-SIV (RFC 8452): a random nonce that comes twice tells only whether two texts are
equal, so cursors may be handed out without counting them.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from re import compile as pattern

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from proxy.secret import Secret

KEY_BYTES = 32
NONCE_BYTES = 12
KID_HASH_BYTES = 4
COMPACT_VERSION = b"\x01"
TEXT_VERSION = "v1"
DOMAIN = "interline/v1"
FEWEST_DISTINCT_BYTES = 12
"""32 random bytes never have fewer in practice (less than once in 10^20 keys); a typed or zeroed key has."""

_KID = pattern(r"[A-Za-z0-9_-]{1,16}\Z")


class SealBroken(Exception):  # noqa: N818 - the family's names say what happened
    """A sealed text that does not open here: altered, moved, sealed by an unknown key, or not one at all."""

    def __init__(self) -> None:
        super().__init__("the sealed text does not open here")


class SealingKey(Struct, frozen=True):
    """One key of the server, as written in its settings: ``kid:base64``."""

    kid: str
    material: Secret

    @classmethod
    def parse(cls, text: str) -> "SealingKey":
        """Reads ``kid:base64``; raises ``ValueError`` whose message never holds the key."""
        kid, colon, material = text.strip().partition(":")
        if not colon or not _KID.match(kid):
            raise ValueError("a sealing key is written <id>:<base64>, the id at most 16 letters, digits, '-', '_'")
        _check_material(kid, material)
        return cls(kid, Secret(material))

    def raw(self) -> bytes:
        """The key's bytes."""
        return b64decode(self.material.reveal())


def _check_material(kid: str, material: str) -> None:
    try:
        raw = b64decode(material, validate=True)
    except (Base64Error, ValueError):
        raise ValueError(f"sealing key {kid} is not base64") from None
    if len(raw) != KEY_BYTES:
        raise ValueError(f"sealing key {kid} has {len(raw)} bytes instead of {KEY_BYTES}")
    if len(set(raw)) < FEWEST_DISTINCT_BYTES:
        raise ValueError(f"sealing key {kid} is not random")


def new_key() -> str:
    """A fresh sealing key, ``kid:base64``, ready for the settings."""
    return f"k{secrets.token_hex(3)}:{b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def bind(*parts: str | bytes) -> bytes:
    """Joins parts so that no other parts give the same bytes: each is preceded by its length."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


class _Subkey:
    __slots__ = ("cipher", "kid", "kid_hash", "mac_key", "use")

    def __init__(self, key: SealingKey, use: str) -> None:
        self.kid = key.kid
        self.use = use
        self.kid_hash = hashlib.sha256(key.kid.encode()).digest()[:KID_HASH_BYTES]
        material = key.raw()
        self.cipher = AESGCMSIV(_derive(material, bind(DOMAIN, "seal", use)))
        self.mac_key = _derive(material, bind(DOMAIN, "digest", use))

    def encrypt(self, form: str, plain: bytes, bound_to: str | bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, plain, self._associated(form, bound_to))

    def decrypt(self, form: str, sealed: bytes, bound_to: str | bytes) -> bytes:
        try:
            return self.cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._associated(form, bound_to))
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def _associated(self, form: str, bound_to: str | bytes) -> bytes:
        return bind(DOMAIN, form, self.use, self.kid, bound_to)


class Sealer:
    """Seals with the first key and opens with any; every text is bound to what it was sealed for.

    ``bound_to`` names the place of the text (account, column, origin; or the list a cursor walks); the same value is
    needed to open it. Build it with ``bind``.
    """

    def __init__(self, keys: Sequence[SealingKey], use: str = "general") -> None:
        if not keys:
            raise ValueError("a Sealer needs at least one key")
        self._keys = tuple(keys)
        self._uses: dict[str, Sealer] = {}
        self._subkeys = tuple(_Subkey(key, use) for key in self._keys)
        self._by_kid = {subkey.kid: subkey for subkey in self._subkeys}
        self._by_hash = {subkey.kid_hash: subkey for subkey in self._subkeys}
        if len(self._by_hash) != len(self._keys):
            raise ValueError("two sealing keys have the same id")

    def for_use(self, use: str) -> "Sealer":
        """The same keys for another use: nothing sealed by the one opens by the other."""
        if use not in self._uses:
            self._uses[use] = Sealer(self._keys, use)
        return self._uses[use]

    def seal(self, plain: bytes, bound_to: str | bytes) -> str:
        """``v1:<kid>:<base64url>``: for columns."""
        first = self._subkeys[0]
        return f"{TEXT_VERSION}:{first.kid}:{_encode(first.encrypt('text', plain, bound_to))}"

    def open(self, sealed: str, bound_to: str | bytes) -> bytes:
        """The plain bytes; raises ``SealBroken``."""
        version, _, rest = sealed.partition(":")
        kid, _, body = rest.partition(":")
        subkey = self._by_kid.get(kid)
        if version != TEXT_VERSION or subkey is None:
            raise SealBroken
        return subkey.decrypt("text", _decode(body), bound_to)

    @property
    def text_prefix(self) -> str:
        """How every text begins that ``seal`` makes now."""
        return f"{TEXT_VERSION}:{self._subkeys[0].kid}:"

    @property
    def digest_prefix(self) -> str:
        """How the first of ``digests`` begins."""
        return f"{self._subkeys[0].kid}:"

    def is_current(self, sealed: str) -> bool:
        """Whether a text of ``seal`` was sealed by the key that seals now."""
        return sealed.startswith(self.text_prefix)

    def seal_compact(self, plain: bytes, bound_to: str | bytes) -> str:
        """Base64url without punctuation, 33 bytes longer than the plain text before encoding: for cursors."""
        first = self._subkeys[0]
        return _encode(COMPACT_VERSION + first.kid_hash + first.encrypt("compact", plain, bound_to))

    def open_compact(self, sealed: str, bound_to: str | bytes) -> bytes:
        """The plain bytes of ``seal_compact``; raises ``SealBroken``."""
        raw = _decode(sealed)
        subkey = self._by_hash.get(raw[1 : 1 + KID_HASH_BYTES])
        if raw[:1] != COMPACT_VERSION or subkey is None:
            raise SealBroken
        return subkey.decrypt("compact", raw[1 + KID_HASH_BYTES :], bound_to)

    def digests(self, value: str | bytes) -> tuple[str, ...]:
        """``<kid>:<base64url HMAC-SHA-256>`` of a value under each key, the current first: to look secrets up by.

        Store the first and search for all: what was stored before a rotation is still found.
        """
        data = value.encode() if isinstance(value, str) else value
        return tuple(f"{key.kid}:{_encode(hmac.digest(key.mac_key, data, 'sha256'))}" for key in self._subkeys)


def _derive(material: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(material)


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Accepts exactly what ``_encode`` writes: base64 has several spellings of the same bytes, a cursor has one."""
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (Base64Error, ValueError):
        raise SealBroken from None
    if _encode(raw) != text:
        raise SealBroken
    return raw
