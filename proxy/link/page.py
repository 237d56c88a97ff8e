"""Renders the pages: templates that escape by default, and the headers that every page of ours has."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie

from proxy.link.addresses import origin_of
from proxy.link.brand import Brand
from proxy.link.record import Link
from proxy.link.words import Words

TEMPLATES = Path(__file__).parent / "templates"
FILES = "/connect-account/files"
SEE_OTHER = 303


class Pages:
    """The pages of one operator, in every language."""

    def __init__(self, brand: Brand, words: Words) -> None:
        self.brand = brand
        self.words = words
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def page(
        self, template: str, lang: str, link: Link | None, status: int = 200, message: object = None, **values: Any
    ) -> Response[str]:
        """A page; ``message`` is what the window that opened it is told."""
        say = partial(self.words.say, lang, operator=self.brand.name)
        html = self._templates.get_template(template).render(
            say=say,
            lang=lang,
            languages=self.words.languages,
            brand=self.brand,
            files=FILES,
            link=link,
            message=None if message is None else msgspec.json.encode(message).decode(),
            **values,
        )
        return Response(html, status_code=status, media_type="text/html", headers=page_headers(link))


def page_headers(link: Link | None) -> dict[str, str]:
    """The headers of a page and of the redirects between pages.

    The policy lets nothing in from elsewhere and lets nobody frame the page; a form may end at the address that the
    link returns to. Where a message is due to the window that opened the page, the two must know each other.
    """
    targets = ["'self'", *([origin_of(link.redirect_uri)] if link and link.redirect_uri else [])]
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        f"form-action {' '.join(targets)}; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "unsafe-none" if link and link.origin else "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Cookie",
    }


def to(address: str, link: Link, cookies: tuple[Cookie, ...] = ()) -> Response[bytes]:
    """Sends the browser on with a GET."""
    headers = {**page_headers(link), "Location": address}
    return Response(b"", status_code=SEE_OTHER, media_type="text/plain", headers=headers, cookies=list(cookies))
