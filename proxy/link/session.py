"""The cookie by which a browser goes on with a link, and the token in its forms.

The link token is in an address once: it is exchanged for this cookie at the first request. The cookie is sealed, so the
server keeps nothing until the customer begins.
"""

import hmac
import secrets
from collections.abc import Mapping

import msgspec
from litestar.datastructures import Cookie
from msgspec import Struct

from proxy.seal import SealBroken, Sealer, bind

USE = "link-session"
FORM = "link-form"
NAME_LENGTH = 8


class Session(Struct, frozen=True):
    """One browser's part in one link, and what its first address asked for."""

    link_id: str
    browser: str
    """Random: who holds the link."""
    integration: str | None = None
    integrations: tuple[str, ...] = ()
    no_back: bool = False
    lang: str | None = None


def new_session(link_id: str) -> Session:
    """A browser that has not been here with this link."""
    return Session(link_id, secrets.token_hex(16))


class Sessions:
    """Writes and reads the cookies; each link has its own, so that two links in one browser do not meet."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer.for_use(USE)
        self._digests = sealer.for_use(FORM).digests

    def cookie(self, session: Session, *, secure: bool, seconds: int) -> Cookie:
        """The cookie: never shown to scripts, and sent with navigations only, not with forms of other sites."""
        value = self._sealer.seal_compact(msgspec.json.encode(session), bind("link", session.link_id))
        name = cookie_name(session.link_id, secure=secure)
        return Cookie(
            name, value=value, path="/", max_age=max(1, seconds), secure=secure, httponly=True, samesite="lax"
        )

    def read(self, cookies: Mapping[str, str], link_id: str, *, secure: bool) -> Session | None:
        """The session of this browser with a link."""
        sealed = cookies.get(cookie_name(link_id, secure=secure))
        if sealed is None:
            return None
        try:
            plain = self._sealer.open_compact(sealed, bind("link", link_id))
        except SealBroken:
            return None
        return msgspec.json.decode(plain, type=Session)

    def form_token(self, session: Session, about: str = "") -> str:
        """What a form of our own page carries; ``about`` is what the customer sees above it."""
        return self._digests(_about(session, about))[0].partition(":")[2]

    def sent_by_us(self, session: Session, given: str, about: str = "") -> bool:
        """Whether a form has the token of this session, and was made for what is shown now."""
        known = [one.partition(":")[2] for one in self._digests(_about(session, about))]
        return any(hmac.compare_digest(one.encode(), given.encode()) for one in known)


def cookie_name(link_id: str, *, secure: bool) -> str:
    """``__Host-`` where https is: no other host and no plain page can set it (RFC 6265bis, section 4.1.3)."""
    return f"{'__Host-' if secure else ''}link-{link_id[:NAME_LENGTH]}"


def _about(session: Session, about: str) -> bytes:
    return bind("form", session.link_id, session.browser, about)
