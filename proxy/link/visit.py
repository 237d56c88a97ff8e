"""One request of a browser on the link page: which link, which session, which language."""

from collections.abc import Mapping
from re import compile as pattern
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from litestar import Request
from msgspec.structs import replace

from proxy.errors import CrossSite, InvalidRequest, UnknownLink
from proxy.link.journey import Journey, Typed
from proxy.link.page import Pages
from proxy.link.record import Link
from proxy.link.session import Session, Sessions

AnyRequest = Request[Any, Any, Any]
MOST_FIELDS = 64
FORM = "application/x-www-form-urlencoded"
_ID = pattern(r"[0-9a-f-]{36}\Z")


class Visit:
    """What a handler knows of the request; kept in its state, so that a page of refusal knows it too."""

    def __init__(self, request: AnyRequest, pages: Pages, sessions: Sessions, public_url: str | None) -> None:
        self._request = request
        self.sessions = sessions
        self.public_url = public_url
        self.secure = _is_secure(request, public_url)
        self.link: Link | None = None
        self.session: Session | None = None
        self._words = pages.words
        request.scope["state"]["visit"] = self

    async def find(self, journey: Journey, link_id: str) -> Link:
        """The link of the path, and this browser's session with it; raises ``UnknownLink``."""
        if not _ID.match(link_id):
            raise UnknownLink("there is no such link")
        return self.at(await journey.links.get(link_id))

    def at(self, link: Link) -> Link:
        """Goes on with a link that was found."""
        self.link = link
        self.session = self.sessions.read(self._request.cookies, link.id, secure=self.secure)
        return link

    @property
    def lang(self) -> str:
        """The language of the answer."""
        asked = [self.asked_lang, self.session.lang if self.session else None]
        return self._words.choose(asked, self._request.headers.get("accept-language"))

    @property
    def asked_lang(self) -> str | None:
        """The language that the address names, if there is such a one."""
        lang = self.query("lang")
        return lang if lang in self._words.languages else None

    def query(self, name: str) -> str | None:
        """One parameter of the address."""
        value: str | None = self._request.query_params.get(name)
        return value

    def asked(self, session: Session) -> Session:
        """The session with what Truto's SDK puts into the address; what we have no use for is left."""
        names = [one for one in (self.query("integrations") or "").split(",") if one]
        return replace(
            session,
            integration=self.query("integration") or None,
            integrations=tuple(names[:MOST_FIELDS]),
            no_back=self.query("no_back") == "true",
            lang=self.asked_lang or session.lang,
        )

    def note(self, code: str) -> None:
        """Puts the code of a refusal into the log line."""
        trace = self._request.scope["state"].get("trace")
        if trace is not None:
            trace.facts["code"] = code

    async def form(self, session: Session) -> dict[str, str]:
        """The fields of a form of our own page.

        Raises ``CrossSite`` for a form that another site sent, ``InvalidRequest`` for what is no form.
        """
        if not _from_our_page(self._request, self.public_url):
            raise CrossSite("the form was sent by another site")
        if self._request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise InvalidRequest("a form is sent as " + FORM)
        try:
            raw = (await self._request.body()).decode()
            fields = dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
        except ValueError:
            raise InvalidRequest("the form cannot be read") from None
        if not self.sessions.sent_by_us(session, fields.get("form", "")):
            raise CrossSite("the form does not belong to this browser's session")
        return fields


def typed_of(fields: Mapping[str, str]) -> Typed:
    """What stands in the fields of a provider."""
    parts: dict[str, dict[str, str]] = {"context": {}, "credentials": {}}
    for path, value in fields.items():
        part, _, name = path.partition(".")
        if part in parts and name:
            parts[part][name] = value
    return Typed(parts["context"], parts["credentials"])


def base_url(request: AnyRequest, public_url: str | None) -> str:
    """Where browsers reach this server: as the settings say, else as this request did."""
    scheme = "https" if _is_secure(request, public_url) else "http"
    return public_url or f"{scheme}://{request.headers.get('host', '')}"


def _is_secure(request: AnyRequest, public_url: str | None) -> bool:
    """Whether the browser uses https; a proxy's word is taken, since it can only make a cookie stricter."""
    if public_url is not None:
        return public_url.startswith("https://")
    forwarded = request.headers.get("x-forwarded-proto", "").strip().lower()
    return request.scope["scheme"] == "https" or forwarded == "https"


def _from_our_page(request: AnyRequest, public_url: str | None) -> bool:
    """Whether a form comes from our own origin.

    Under ``Referrer-Policy: no-referrer`` browsers send ``Origin: null`` for forms (Fetch, section 3.2), so there
    ``Sec-Fetch-Site`` decides. Where neither is sent, the token in the form does alone.
    """
    origin = request.headers.get("origin", "null")
    if origin == "null":
        return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    if public_url is not None:
        return bool(origin == public_url)
    return urlsplit(origin).netloc == request.headers.get("host")
