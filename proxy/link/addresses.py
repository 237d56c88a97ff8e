"""Where a link page may send a browser back to: pure."""

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit, urlunsplit

from proxy.errors import FieldError, InvalidRequest


def return_place(
    redirect_uri: str | None, origin: str | None, allowed: Collection[str]
) -> tuple[str | None, str | None]:
    """The address to return to and the origin to post messages to, as a body names them, checked.

    Raises ``InvalidRequest``.
    """
    mistakes = []
    for name, value in (("redirect_uri", redirect_uri), ("origin", origin)):
        if value is None:
            continue
        try:
            found = origin_of(value)
            if name == "origin" and found != value:
                raise ValueError("must be https://<host>, without a path")
            if allowed and found not in allowed:
                raise ValueError("is not at an origin that this server returns to")
        except ValueError as mistake:
            mistakes.append(FieldError(name, str(mistake)))
    if mistakes:
        raise InvalidRequest("the browser cannot be sent there", errors=mistakes)
    return redirect_uri, origin or (origin_of(redirect_uri) if redirect_uri else None)


def origin_of(address: str) -> str:
    """The origin of an address, as browsers spell it.

    Raises ``ValueError`` unless it is https, or http on loopback, without user and fragment, in printable ASCII.
    """
    if not address.isascii() or not address.isprintable() or set(address) & set(" \\<>\"'`{}|^"):
        raise ValueError("must be an address in printable ASCII")
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port  # the port raises ValueError where it is none
    if parts.scheme not in {"https", "http"} or not host:
        raise ValueError("must begin with https://")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https:// unless it is on loopback")
    if "@" in parts.netloc or "#" in address or set(parts.netloc) & set(";,*%"):
        raise ValueError("must hold neither user nor fragment, and a plain host")
    shown = f"[{host}]" if ":" in host else host
    default = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" + ("" if port in (None, default) else f":{port}")


def is_loopback(host: str) -> bool:
    """Whether a host is the browser's own machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def returned(redirect_uri: str, members: Mapping[str, str]) -> str:
    """The address with the outcome added to its query."""
    parts = urlsplit(redirect_uri)
    query = "&".join(one for one in (parts.query, urlencode(members)) if one)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))
