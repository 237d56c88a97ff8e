"""How an operation of the account is found, and what stands before it: account, role, bot."""

from dataclasses import dataclass, field

from sandbox.chatwoot import errors
from sandbox.chatwoot.access import Viewer, enter_account
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.operations import (
    ADMIN_ONLY,
    ENTERPRISE,
    FOR_BOTS,
    OWN,
    QUERIES,
    READS,
    REPORTS,
    WRITES,
    Operation,
)
from sandbox.chatwoot.params import to_i
from sandbox.chatwoot.state import ACCOUNT, State
from sandbox.http import Request, Response, Routes

PREFIX = "/api/v1/accounts/{account_id}"
SECOND_PREFIX = "/api/v2/accounts/{account_id}"
_OF_OWN = frozenset(operation for _, operation in OWN)
Found = tuple[Operation, list[str]]


@dataclass(frozen=True, slots=True)
class Guarded:
    """An operation of the account behind its checks; a refused write leaves the clock where it was."""

    operation: Operation
    writes: bool

    def __call__(self, state: State, viewer: Viewer, request: Request, account_id: str, *ids: str) -> Response:
        """Checks bot, account and role, in this order, then runs the operation."""
        if viewer.role == "bot" and self.operation not in FOR_BOTS:
            raise errors.unauthorized("Access to this endpoint is not authorized for bots")
        if self.operation in _OF_OWN and (to_i(account_id) != ACCOUNT or viewer.role == "none"):
            raise errors.not_found()
        enter_account(viewer, to_i(account_id))
        if self.operation in ADMIN_ONLY and not viewer.admin:
            raise errors.forbidden_action()
        call = Call(state, viewer, request)
        if not self.writes:
            return self.operation(call, *ids)
        state.clock.tick()
        try:
            return self.operation(call, *ids)
        except (errors.Refusal, errors.Crash):
            state.clock.untick()
            raise


@dataclass(slots=True)
class AccountRoutes:
    """The operations by version and resource, so that finding one stays quick however many there are."""

    tables: dict[tuple[str, ...], Routes] = field(default_factory=dict)

    def add(self, methods: str, path: str, operation: Operation) -> None:
        """Registers one operation under one or more methods."""
        for method in methods.split():
            self.tables.setdefault(_key(path), Routes()).add(method, path, operation)

    def find(self, method: str, path: str) -> Found | None:
        """The operation and the parameters of the path."""
        routes = self.tables.get(_key(path))
        found = None if routes is None else routes.find(path)
        if found is None or method not in found[0]:
            return None
        return found[0][method], found[1]


def _key(path: str) -> tuple[str, ...]:
    """``api``, the version, ``accounts`` and the resource; the account's own number is left out."""
    segments = path.strip("/").split("/", 5)
    return (*segments[:3], *segments[4:5])


def account_routes(*, enterprise: bool) -> AccountRoutes:
    """The operations of an account; what stands in no row, as custom roles, is unknown."""
    routes = AccountRoutes()
    for path, operation in READS + (ENTERPRISE if enterprise else ()):
        routes.add("GET", PREFIX + path, Guarded(operation, writes=False))
    for path, operation in REPORTS:
        routes.add("GET", SECOND_PREFIX + path, Guarded(operation, writes=False))
    for path, operation in QUERIES:
        routes.add("POST", PREFIX + path, Guarded(operation, writes=False))
    for methods, path, operation in WRITES:
        routes.add(methods, PREFIX + path, Guarded(operation, writes=True))
    for methods, operation in OWN:
        routes.add(methods, PREFIX, Guarded(operation, writes=methods != "GET"))
    return routes
