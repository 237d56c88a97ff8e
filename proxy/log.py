"""Log lines: one JSON object each, to standard output; what others sent is escaped and cut before it is written.

No line holds a query, a body or a secret: values under names that sound secret are masked, and of an exception only its
type and the places it passed are written, since its message may quote anything.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from re import IGNORECASE
from re import compile as pattern
from typing import Any, TextIO

import msgspec
import structlog

from proxy.secret import MASK
from proxy.trace import Trace

LONGEST_BYTES = 256
MOST_ITEMS = 32
MOST_PLACES = 12
CUT = "..."

QUIET = ("httpx", "httpcore", "aiosqlite", "sqlalchemy", "alembic", "asyncio", "hpack")
"""Libraries whose info and debug lines show whole addresses or the values of a statement."""

OWN_HANDLERS = ("_granian", "granian.access")
"""Loggers of the server, which sets them up to print lines and tracebacks of its own."""

_SECRET_NAME = pattern(r"authorization|cookie|token|secret|passw|credential|api[_-]?key|material", IGNORECASE)

_requests: structlog.PrintLogger | None = None
"""Where the line of a request goes; nowhere above its level."""


def configure(level: str, stream: TextIO | None = None) -> None:
    """Sends our lines and those of libraries to ``stream`` (standard output) from ``level`` on."""
    global _requests  # noqa: PLW0603 - as structlog and logging do below
    number = logging.getLevelNamesMapping()[level.upper()]
    _requests = structlog.PrintLogger(stream or sys.stdout) if number <= logging.INFO else None
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(_LibraryLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in OWN_HANDLERS:
        taken = logging.getLogger(name)
        taken.handlers.clear()
        taken.propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[structlog.processors.add_log_level, _stamp, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stdout),
        cache_logger_on_first_use=False,  # so that a later configure reaches the loggers of modules
    )


def access(trace: Trace, method: str, path: str, status: int) -> None:
    """The one line of a request; ``trace.facts`` adds provider, error code and the like.

    Written without the steps that other lines pass: what is not the caller's words needs no look.
    """
    if _requests is None:
        return
    fields = {
        **_fields(trace.facts),
        "request_id": trace.request_id,
        "method": clean(method),
        "path": clean(path.partition("?")[0]),
        "status": status,
        "duration_ms": round(trace.elapsed() * 1000, 2),
        "stages": {name: round(seconds * 1000, 2) for name, seconds in trace.stages.items()},
        "upstream_calls": trace.upstream_calls,
        "event": "request",
        "level": "info",
        "at": _now(),
    }
    _requests.msg(_line(fields))


def render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """One line of ASCII JSON (a structlog processor)."""
    error = event.pop("exc_info", None)
    return _line(_fields(event) | _exception(error))


def clean(text: str) -> str:
    """Text that prints: controls, line ends, bidirectional marks, lone surrogates spelt out; at most 256 bytes."""
    if len(text) <= LONGEST_BYTES // 4 and text.isprintable():  # no character takes more than four bytes
        return text
    text = text[:LONGEST_BYTES] + (CUT if len(text) > LONGEST_BYTES else "")
    if not text.isprintable():
        text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    raw = text.encode()
    if len(raw) <= LONGEST_BYTES:
        return text
    return raw[: LONGEST_BYTES - len(CUT)].decode(errors="ignore") + CUT


def _line(fields: dict[str, Any]) -> str:
    line = msgspec.json.encode(fields)
    return line.decode("ascii") if line.isascii() else json.dumps(fields, ensure_ascii=True, separators=(",", ":"))


def _fields(event: Mapping[str, Any]) -> dict[str, Any]:
    return {_name(name): _field(name, value) for name, value in event.items()}


def _field(name: str, value: Any) -> Any:
    """What stands under a secret's name is masked; a number there is a time or a count, such as a stage's."""
    if isinstance(value, float | int):
        return value
    return MASK if _secret(name) else _plain(value)


@lru_cache(maxsize=1024)
def _secret(name: str) -> bool:
    """Names come again with every line."""
    return _SECRET_NAME.search(name) is not None


@lru_cache(maxsize=1024)
def _name(name: str) -> str:
    return clean(name)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, float | int):
        return value
    if isinstance(value, Mapping):
        return {_name(str(name)): _field(str(name), item) for name, item in islice(value.items(), MOST_ITEMS)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value[:MOST_ITEMS]]
    return clean(str(value))


def _exception(given: Any) -> dict[str, Any]:
    """``exc_info`` in any of the forms that loggers take."""
    if not given:
        return {}
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given is True else given[1]
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-MOST_PLACES:]
    return {
        "error": type(error).__name__,
        "places": [clean(f"{frame.filename}:{frame.lineno} {frame.name}") for frame in frames],
    }


def _stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["at"] = _now()
    return event


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _LibraryLines(logging.Formatter):
    """The lines of libraries, in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        event = {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        return render(None, "", _stamp(None, "", event | {"exc_info": record.exc_info}))
