"""The settings of a server, read once at start from environment variables ``INTERLINE_*``."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import FieldInfo, fields

from proxy.bounds import Bounds
from proxy.logo import read_logo
from proxy.seal import SealingKey

PREFIX = "INTERLINE_"
BOUNDS_PREFIX = PREFIX + "BOUNDS_"
NO_KEY = (
    "INTERLINE_SEALING_KEYS is not set: customers' credentials are never stored unsealed. "
    "Make a key with `interline secrets new-key` and keep it as safe as the credentials themselves"
)

Port = Annotated[int, Meta(ge=1, le=65535)]


class SettingsMistake(Exception):  # noqa: N818 - the family's names say what happened
    """The settings cannot be used; ``mistakes`` names every one of them, one sentence each."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator decides; each field is the variable ``INTERLINE_<NAME>``."""

    sealing_keys: tuple[SealingKey, ...]
    """``kid:base64`` pairs separated by commas: the first seals credentials, cursors and digests, each opens them."""
    database_url: str = "sqlite+aiosqlite:///interline.sqlite3"
    """An SQLAlchemy address with an async driver; ``postgresql+asyncpg://..`` with the extra ``postgres``."""
    redis_url: str | None = None
    """``redis://..`` or ``rediss://..``: what workers and machines share their rate budgets through."""
    redis_open: bool = False
    """Takes a Redis on another host that has no password: whoever reaches it can end every provider's budget."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8080
    """The port to listen on."""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    """Processes that serve; more than one need ``INTERLINE_REDIS_URL``."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level that is logged; access lines are ``info``."""
    docs: bool = False
    """Serves ``/docs`` and ``/openapi.json``."""
    metrics_public: bool = False
    """Serves ``/metrics`` without a key of scope ``admin``."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Addresses or networks of the reverse proxies in front: whose ``X-Forwarded-For`` is believed."""
    private_hosts: tuple[str, ...] = ()
    """``host:port`` of providers in the operator's own network: the egress rules let them through, plain http too."""
    provider_bases: Mapping[str, str] = MappingProxyType({})
    """``name=url`` pairs: where a provider is reached instead of the ``base`` of its file (a sandbox)."""
    provider_limits: Mapping[str, int] = MappingProxyType({})
    """``name=calls`` pairs: calls a minute where a self-hosted provider allows others than its file declares."""
    mappings_dir: str | None = None
    """A folder of provider files to use instead of those of the package."""
    public_url: str | None = None
    """Where browsers reach this server, as ``https://<host>``: for link pages, their cookies and their forms."""
    link_name: Annotated[str, Meta(min_length=1, max_length=60)] = "Interline"
    """The operator's name on the link page."""
    link_logo: str | None = None
    """The operator's logo on the link page: a file (SVG, PNG, JPEG or WebP, at most 256 KiB), read at start."""
    link_color: Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#0b6e5f"
    """The operator's colour on the link page, as ``#rrggbb``."""
    link_origins: tuple[str, ...] = ()
    """Where link pages may send a browser back to or post messages to; any https origin where not set."""
    bounds: Bounds = Bounds()
    """Sizes, counts and times: ``INTERLINE_BOUNDS_<NAME>``."""

    def __repr__(self) -> str:
        shown = {info.name: getattr(self, info.name) for info in fields(self)}
        shown["database_url"] = _without_password(self.database_url)
        shown["redis_url"] = self.redis_url and _without_password(self.redis_url)
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def load_settings(env: Mapping[str, str]) -> Settings:
    """Reads every ``INTERLINE_*`` variable; raises ``SettingsMistake`` with all that is wrong.

    A variable that is set to nothing counts as not set.
    """
    mistakes: list[str] = []
    given = {name: value for name, value in env.items() if name.startswith(PREFIX) and value.strip()}
    mistakes += [_unknown(name) for name in given if name not in _KNOWN]
    values = _read(Settings, PREFIX, given, mistakes)
    bounds = _read(Bounds, BOUNDS_PREFIX, given, mistakes)
    if PREFIX + "SEALING_KEYS" not in given:
        mistakes.append(NO_KEY)
    if not mistakes:
        settings = Settings(**values, bounds=Bounds(**bounds))
        mistakes += [*_insecure(settings), *_open_redis(settings), *_unshared(settings)]
    if mistakes:
        raise SettingsMistake(mistakes)
    return settings


def _insecure(settings: Settings) -> list[str]:
    """What each setting may be alone, but not together: nothing secret goes over the internet unencrypted."""
    return [
        f"{PREFIX}PROVIDER_BASES: {name} would get customers' credentials by plain http at {urlsplit(base).hostname}; "
        f"use https, or name the host in {PREFIX}PRIVATE_HOSTS if it is in your own network"
        for name, base in settings.provider_bases.items()
        if base.startswith("http://") and not _is_near(urlsplit(base), settings.private_hosts)
    ]


def _open_redis(settings: Settings) -> list[str]:
    """A Redis that others reach as well: whoever may write there decides how much each provider is called."""
    parts = urlsplit(settings.redis_url or "")
    if not parts.hostname or _is_here(parts.hostname):
        return []
    mistakes = []
    if not settings.redis_open and not _has_password(parts):
        mistakes.append(
            f"{PREFIX}REDIS_URL: the Redis at {parts.hostname} has no password; write redis://:<password>@<host>.., "
            f"or set {PREFIX}REDIS_OPEN=true if the network lets nobody else reach it"
        )
    if parts.scheme == "redis" and _is_public(parts.hostname):
        mistakes.append(f"{PREFIX}REDIS_URL: {parts.hostname} is an address of the internet; use rediss://")
    return mistakes


def _has_password(parts: SplitResult) -> bool:
    """In its place before the host, or as the driver takes it in the query."""
    return bool(parts.password or dict(parse_qsl(parts.query)).get("password"))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _unshared(settings: Settings) -> list[str]:
    """Several workers share their budgets, or each would use the whole of a provider's rate limit."""
    if settings.workers == 1 or settings.redis_url is not None:
        return []
    needs = f"{settings.workers} workers share the rate limits of providers by Redis, and {PREFIX}REDIS_URL is not set"
    return [f"{PREFIX}WORKERS: {needs}; set it, or serve with one worker"]


def _is_near(parts: SplitResult, private_hosts: tuple[str, ...]) -> bool:
    """Whether an address is in the operator's own network: by its number, or by the operator's word."""
    host = parts.hostname or ""
    if host == "localhost" or f"{host}:{parts.port or 80}" in private_hosts:
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def _read(struct: type[Struct], prefix: str, given: Mapping[str, str], mistakes: list[str]) -> dict[str, Any]:
    values = {}
    for info in _scalars(struct):
        variable = prefix + info.name.upper()
        if variable not in given:
            continue
        try:
            values[info.name] = _value(info, given[variable].strip())
        except (ValueError, msgspec.ValidationError) as error:
            mistakes.append(f"{variable}: {error}")
    return values


def _value(info: FieldInfo, text: str) -> Any:
    parse = _PARSERS.get(info.name)
    return parse(text) if parse else msgspec.convert(text, info.type, strict=False)


def _scalars(struct: type[Struct]) -> list[FieldInfo]:
    return [info for info in fields(struct) if info.name != "bounds"]


def _unknown(name: str) -> str:
    close = get_close_matches(name, _KNOWN, n=1)
    return f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _sealing_keys(text: str) -> tuple[SealingKey, ...]:
    keys = tuple(SealingKey.parse(item) for item in _items(text))
    if not keys:
        raise ValueError("no key is named")
    if len({key.kid for key in keys}) != len(keys):
        raise ValueError("two sealing keys have the same id")
    return keys


def _database_url(text: str) -> str:
    if not text.startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://")):
        raise ValueError("must start with sqlite+aiosqlite:// or postgresql+asyncpg://")
    if text.startswith("postgresql"):
        _check_place(text)
        _check_postgres(text)
    return text


def _check_place(url: str) -> None:
    """A password with signs of its own is taken for host or port, and the driver's complaint would quote it."""
    user, _, place = url.partition("://")[2].partition("?")[0].rpartition("@")
    if "@" in user:
        raise ValueError("an @ in the user or the password is written %40")
    _split(f"//{place}")


def _check_postgres(url: str) -> None:
    if find_spec("asyncpg") is None:
        raise ValueError("PostgreSQL needs the extra `postgres`: pip install 'interline[postgres]'")
    names = {part.partition("=")[0] for part in url.partition("?")[2].split("&")}
    if "sslmode" in names:
        raise ValueError("asyncpg takes ssl=require (or verify-full, ..) where other drivers take sslmode")


def _redis_url(text: str) -> str:
    parts = _split(text)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname or not re.fullmatch("/?[0-9]*", parts.path):
        raise ValueError(
            "must be redis://<host>:<port>/<number> or rediss:// for TLS, with ?.. for what the driver knows"
        )
    return text


def _private_hosts(text: str) -> tuple[str, ...]:
    return tuple(_private_host(item) for item in _items(text))


def _private_host(item: str) -> str:
    parts = _split("//" + item)
    if not parts.hostname or not parts.port or parts.netloc != item or "@" in item:
        raise ValueError(f"{item.rpartition('@')[2]!r} is not host:port")
    if _is_public(parts.hostname):
        raise ValueError(
            f"{item} is an address of the internet, not of your own network; it is reached by https anyway"
        )
    return item.lower()


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return False


def _trusted_proxies(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(_trusted_proxy(item) for item in _items(text))


def _trusted_proxy(item: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(item)
    except ValueError:
        raise ValueError(f"{item!r} is not an address or a network such as 10.0.0.0/8") from None
    if network.prefixlen == 0:
        raise ValueError(f"{item} is everybody: name the reverse proxies, or whoever asks could be anyone it says")
    return network


def _provider_bases(text: str) -> Mapping[str, str]:
    return dict(_provider_base(item) for item in _items(text))


def _provider_base(item: str) -> tuple[str, str]:
    name, _, url = item.partition("=")
    parts = _split(url)
    if (
        not name
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or "@" in url
        or "?" in url
        or "#" in url
    ):
        raise ValueError("each part is <provider>=<http or https address without user, query and fragment>")
    return name, url.rstrip("/")


def _provider_limits(text: str) -> Mapping[str, int]:
    return dict(_provider_limit(item) for item in _items(text))


def _provider_limit(item: str) -> tuple[str, int]:
    name, _, calls = item.partition("=")
    if not name or not calls.isdigit() or int(calls) < 1:
        raise ValueError("each part is <provider>=<calls a minute, a whole number from 1>")
    return name, int(calls)


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise ValueError("the port is not a number from 0 to 65535") from None
    return parts


def _without_password(url: str) -> str:
    """User and password stand before the last ``@``, and drivers take a password in the query too."""
    scheme, _, rest = url.partition("://")
    _, at, place = rest.partition("?")[0].rpartition("@")
    return f"{scheme}://{'***@' if at else ''}{place}"


def _public_url(text: str) -> str:
    return _web_origin(text.rstrip("/"))


def _link_origins(text: str) -> tuple[str, ...]:
    return tuple(_web_origin(item) for item in _items(text))


def _web_origin(text: str) -> str:
    parts = _split(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or text != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("an origin is https://<host> or https://<host>:<port>, without a path")
    if "@" in text or text != text.lower():
        raise ValueError("an origin is written in small letters, without user and password")
    return text


def _link_name(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable")
    named: str = msgspec.convert(text, Annotated[str, Meta(min_length=1, max_length=60)])
    return named


def _link_logo(text: str) -> str:
    read_logo(Path(text))
    return text


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "sealing_keys": _sealing_keys,
    "database_url": _database_url,
    "redis_url": _redis_url,
    "trusted_proxies": _trusted_proxies,
    "private_hosts": _private_hosts,
    "provider_bases": _provider_bases,
    "provider_limits": _provider_limits,
    "public_url": _public_url,
    "link_name": _link_name,
    "link_logo": _link_logo,
    "link_origins": _link_origins,
}
_KNOWN = [PREFIX + info.name.upper() for info in _scalars(Settings)] + [
    BOUNDS_PREFIX + info.name.upper() for info in _scalars(Bounds)
]
