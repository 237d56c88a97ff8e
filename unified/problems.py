"""Every failure as a problem document: ours, the framework's, and the ones nobody foresaw."""

import structlog
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
)
from litestar.types import ExceptionHandlersMap
from msgspec import json
from sqlalchemy.exc import SQLAlchemyError

from proxy.database.outage import is_away, is_busy
from proxy.errors import (
    BodyTooLarge,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    NotReady,
    Overloaded,
    Problem,
)
from proxy.trace import Trace

MEDIA_TYPE = "application/problem+json"
TOO_LARGE = 413
RETRY_AFTER = "1"
"""Seconds: what a busy database needs, or one that starts anew."""
MEMORY_RETRY_AFTER = "5"


def problem_bytes(problem: Problem, request_id: str, instance: str) -> bytes:
    """The body of a problem answer."""
    return json.encode(problem.body(request_id=request_id, instance=instance))


def answer_problem(request: Request, problem: Problem) -> Response[bytes]:  # type: ignore[type-arg]  # user and auth types are not ours
    """The answer to a problem."""
    trace: Trace = request.scope["state"]["trace"]
    trace.facts["code"] = problem.code
    return Response(
        problem_bytes(problem, trace.request_id, trace.path),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def _ours(request: Request, error: Problem) -> Response[bytes]:  # type: ignore[type-arg]  # as above
    return answer_problem(request, error)


def _frameworks(request: Request, error: HTTPException) -> Response[bytes]:  # type: ignore[type-arg]  # as above
    return answer_problem(request, _translated(error, request))


def _unforeseen(request: Request, error: Exception) -> Response[bytes]:  # type: ignore[type-arg]  # as above
    _tell("unforeseen", request, error)
    return answer_problem(request, InternalError("a fault of the server; its log line has the request id"))


def _databases(request: Request, error: SQLAlchemyError) -> Response[bytes]:  # type: ignore[type-arg]  # as above
    problem = _outage(error)
    if problem is None:
        return _unforeseen(request, error)
    trace: Trace = request.scope["state"]["trace"]
    driver = getattr(error, "orig", None)
    reason = type(getattr(driver, "__cause__", None) or driver or error).__name__
    structlog.get_logger().error("database-unavailable", request_id=trace.request_id, reason=reason)
    return answer_problem(request, problem)


def _outage(error: SQLAlchemyError) -> Problem | None:
    if is_busy(error):
        return Overloaded("the database has more to do than it can; try again", headers={"Retry-After": RETRY_AFTER})
    if is_away(error):
        return NotReady("the database cannot be used; try again", headers={"Retry-After": RETRY_AFTER})
    return None


def _out_of_memory(request: Request, error: MemoryError) -> Response[bytes]:  # type: ignore[type-arg]  # as above
    _tell("out-of-memory", request, error)
    return answer_problem(
        request, Overloaded("there is no memory for this request now", headers={"Retry-After": MEMORY_RETRY_AFTER})
    )


def _tell(event: str, request: Request, error: Exception) -> None:  # type: ignore[type-arg]  # as above
    trace: Trace = request.scope["state"]["trace"]
    structlog.get_logger().error(event, request_id=trace.request_id, error=type(error).__name__, where=_where(error))


def _where(error: BaseException) -> str:
    """File and line where it was raised: enough to find it, without values of variables."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def _translated(error: HTTPException, request: Request) -> Problem:  # type: ignore[type-arg]  # as above
    if isinstance(error, MethodNotAllowedException):
        return MethodNotAllowed(f"{request.method} is not a method of this route", headers=dict(error.headers or {}))
    if isinstance(error, NotFoundException):
        return NotFound("there is no such route")
    if error.status_code == TOO_LARGE:
        return BodyTooLarge("the body exceeds the bound of this route")
    if isinstance(error, ClientException):
        return InvalidRequest("the request is malformed")
    return InternalError("a fault of the server; its log line has the request id")


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Problem: _ours,
    HTTPException: _frameworks,
    SQLAlchemyError: _databases,
    MemoryError: _out_of_memory,
    Exception: _unforeseen,
}
