"""The control of a running sandbox, on a port of its own: log, reset, faults, churn, version."""

import hmac
import json
from collections.abc import Callable
from typing import Any

from sandbox.faults import BadFaultError
from sandbox.http import Request, Response, Routes, Simulator, json_response
from sandbox.log import Log
from sandbox.wire import Wire

CHANGES = ("insert", "close", "bump", "merge")


class Control:
    """Answers the control's routes for one simulator and its wire."""

    def __init__(self, wire: Wire, simulator: Simulator, log: Log, token: str) -> None:
        self._wire, self._simulator, self._log, self._token = wire, simulator, log, token
        self._routes = Routes()
        table: tuple[tuple[str, str, Callable[[Request], Response]], ...] = (
            ("GET", "/log", self._show_log),
            ("DELETE", "/log", self._clear_log),
            ("POST", "/reset", self._reset),
            ("GET", "/faults", self._show_faults),
            ("PUT", "/faults", self._set_faults),
            ("POST", "/faults", self._set_faults),
            ("POST", "/churn", self._churn),
            ("POST", "/version", self._version),
        )
        for method, path, operation in table:
            self._routes.add(method, path, operation)

    def handle(self, request: Request) -> Response:
        """Checks the bearer token, then the route."""
        if not hmac.compare_digest((request.header("authorization") or "").encode(), f"Bearer {self._token}".encode()):
            return json_response({"error": "unauthorized"}, 401, (("www-authenticate", "Bearer"),))
        found = self._routes.find(request.path)
        if found is None:
            return json_response({"error": "not found"}, 404)
        operation = found[0].get(request.method)
        if operation is None:
            return json_response({"error": "method not allowed"}, 405, (("allow", ", ".join(found[0])),))
        return operation(request)

    def _show_log(self, _request: Request) -> Response:
        return json_response(self._log.public(), headers=(("x-log-dropped", str(self._log.dropped)),))

    def _clear_log(self, _request: Request) -> Response:
        self._log.clear()
        return Response(204)

    def _reset(self, _request: Request) -> Response:
        self._simulator.reset()
        self._wire.every_call = None
        self._wire.faults.clear()
        self._log.clear()
        return Response(204)

    def _show_faults(self, _request: Request) -> Response:
        return json_response(self._wire.faults.public())

    def _set_faults(self, request: Request) -> Response:
        try:
            self._wire.faults.replace(json.loads(request.body))
        except (BadFaultError, ValueError) as error:
            return json_response({"error": str(error)}, 422)
        return json_response(self._wire.faults.public())

    def _version(self, request: Request) -> Response:
        try:
            given = json.loads(request.body)
            if not isinstance(given, dict) or not isinstance(given.get("version"), str):
                raise ValueError('say the version as {"version": "1.2.3"}')
            self._simulator.release(given["version"])
        except ValueError as error:
            return json_response({"error": str(error)}, 422)
        return json_response(given)

    def _churn(self, request: Request) -> Response:
        try:
            change, every_call = _parsed_churn(json.loads(request.body))
        except ValueError as error:
            return json_response({"error": str(error)}, 422)
        if every_call:
            self._wire.every_call = change or None
            return json_response({"every_call": change})
        return json_response(self._simulator.churn(change))


def _parsed_churn(given: Any) -> tuple[dict[str, int], bool]:
    if not isinstance(given, dict) or given.keys() - {*CHANGES, "every_call"}:
        raise ValueError(f"churn is an object of {', '.join(CHANGES)} and every_call")
    change = {name: count for name, count in given.items() if name != "every_call"}
    if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in change.values()):
        raise ValueError("counts are whole numbers from 0")
    return change, given.get("every_call") is True
