"""Requests and responses as the simulators see them, and the table that finds an operation."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=False)
class Request:
    """One request as it came off the socket: ``target`` is the raw request target, never decoded or joined."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @cached_property
    def raw_path(self) -> str:
        """The path as sent."""
        return self.target.partition("?")[0]

    @cached_property
    def path(self) -> str:
        """The path, percent-decoded once, as a framework's router would see it."""
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """Query pairs in order, decoded, blank values kept."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    def first(self, name: str, default: str | None = None) -> str | None:
        """The last value of a query parameter (PHP and Rack take the last), else the default."""
        values = [value for key, value in self.query if key == name]
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        """Every value of ``name`` and of its array spelling ``name[]``."""
        return [value for key, value in self.query if key in (name, name + "[]")]

    def header(self, name: str) -> str | None:
        """The first header of that name, without regard to case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; the wire adds ``Date`` and the framing."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def json_response(value: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """A JSON answer in UTF-8."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, (("content-type", "application/json"), *headers))


Operation = Callable[..., Response]
"""``operation(request, *path_parameters)``."""


@dataclass(slots=True)
class Routes:
    """Path patterns (``/tickets/{id}/close``) to operations by method."""

    table: dict[tuple[str, ...], dict[str, Operation]] = field(default_factory=dict)

    def add(self, method: str, pattern: str, operation: Operation) -> None:
        """Registers one operation."""
        self.table.setdefault(tuple(pattern.strip("/").split("/")), {})[method] = operation

    def find(self, path: str) -> tuple[Mapping[str, Operation], list[str]] | None:
        """The methods of the pattern that fits and the parameters of the path; literal segments win over parameters."""
        segments = path.strip("/").split("/")
        best: tuple[int, Mapping[str, Operation], list[str]] | None = None
        for pattern, methods in self.table.items():
            parameters = _match(pattern, segments)
            if parameters is not None and (best is None or len(parameters) < best[0]):
                best = (len(parameters), methods, parameters)
        return None if best is None else (best[1], best[2])


def _match(pattern: tuple[str, ...], segments: list[str]) -> list[str] | None:
    if len(pattern) != len(segments):
        return None
    parameters = []
    for wanted, given in zip(pattern, segments, strict=True):
        if wanted.startswith("{"):
            parameters.append(given)
        elif wanted != given:
            return None
    return parameters


class Simulator(Protocol):
    """One simulated provider. ``handle`` is synchronous: all state is in memory, so every request is atomic."""

    name: str

    def handle(self, request: Request) -> Response:
        """Answers one request and applies its effect."""

    def reset(self) -> None:
        """Back to the state of the seed; counters of rate limits start anew."""

    def churn(self, change: Mapping[str, int]) -> dict[str, list[int]]:
        """Changes the data under a reader, ``{"insert": n, "close": n, "bump": n, "merge": n}``; ids by change."""

    def release(self, version: str) -> None:
        """Runs as that version of the provider until the next reset; ValueError where there is no such version."""

    def credentials(self) -> dict[str, Any]:
        """What a customer would type to link this simulator: ``token`` and connection fields without the host."""
