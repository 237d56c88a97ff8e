"""The platform API: what a platform app made, for its own token alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.chatwoot import errors
from sandbox.chatwoot import platform_rows as rows
from sandbox.chatwoot.access import Tokens, token_of
from sandbox.chatwoot.call import EMPTY
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.installation import Installation, Membership, PlatformAccount, PlatformBot, PlatformUser
from sandbox.chatwoot.params import Params, read_params, text, to_i
from sandbox.chatwoot.state import ACCOUNT, OTHER_ACCOUNT, SUSPENDED_ACCOUNT, State
from sandbox.http import Request, Response, json_response

ROLES = ("agent", "administrator")
FOREIGN: dict[str, frozenset[int]] = {
    "accounts": frozenset((ACCOUNT, OTHER_ACCOUNT, SUSPENDED_ACCOUNT)),
    "users": frozenset((11, 12, 13, 14, 15)),
    "bots": frozenset((2,)),
}
"""Rows of the installation that the app did not make and may not touch."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of the platform app."""

    state: State
    request: Request

    @property
    def tables(self) -> Installation:
        """What the app made."""
        return self.state.installation

    @property
    def params(self) -> Params:
        """Body and query, merged."""
        return read_params(self.request)

    def found(self, table: str, row_id: str) -> Any:
        """A row by its id; another's row is a 401, one that is not there a 404 page."""
        number = to_i(row_id)
        if number in FOREIGN[table]:
            raise errors.unauthorized("Non permissible resource")
        row = getattr(self.tables, table).get(number)
        if row is None:
            raise Crash(404)
        return row


Operation = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class PlatformOnly:
    """An operation behind the platform app's token."""

    tokens: Tokens
    operation: Operation
    writes: bool

    def __call__(self, state: State, request: Request, *ids: str) -> Response:
        """Refuses every other token, a user's too, in the same words."""
        if token_of(request) != self.tokens.platform:
            raise errors.unauthorized("Invalid access_token")
        if self.writes:
            state.clock.tick()
        return self.operation(Visit(state, request), *ids)


def create_account(visit: Visit) -> Response:
    """POST /accounts."""
    name = text(visit.params.get("name"))
    if not name:
        raise errors.invalid_record([("name", "Name can't be blank")])
    made = PlatformAccount(visit.state.next_id("platform_accounts"), name)
    rows.assign_account(made, visit.params)
    visit.tables.accounts[made.id] = made
    return json_response(rows.account(made))


def show_account(visit: Visit, account_id: str) -> Response:
    """GET /accounts/{id}."""
    return json_response(rows.account(visit.found("accounts", account_id)))


def update_account(visit: Visit, account_id: str) -> Response:
    """PATCH /accounts/{id}."""
    one = visit.found("accounts", account_id)
    rows.assign_account(one, visit.params)
    return json_response(rows.account(one))


def destroy_account(visit: Visit, account_id: str) -> Response:
    """DELETE /accounts/{id}: its memberships go too."""
    one, tables = visit.found("accounts", account_id), visit.tables
    del tables.accounts[one.id]
    tables.memberships = {key: row for key, row in tables.memberships.items() if row.account_id != one.id}
    return EMPTY


def members(visit: Visit, account_id: str) -> Response:
    """GET account_users: the bare rows."""
    one = visit.found("accounts", account_id)
    found = [row for row in visit.tables.memberships.values() if row.account_id == one.id]
    return json_response([rows.membership(row) for row in found])


def add_member(visit: Visit, account_id: str) -> Response:
    """POST account_users: changes the role where the user is a member already."""
    one, params, state = visit.found("accounts", account_id), visit.params, visit.state
    role, user_id = params.get("role", ROLES[0]), to_i(params.get("user_id"))
    if role not in (*ROLES, 0, 1):
        raise Crash
    if user_id not in visit.tables.users and user_id not in FOREIGN["users"]:
        raise errors.invalid_record([("user", "User must exist")])
    word = ROLES[role] if isinstance(role, int) else str(role)
    row = _row(visit, one.id, user_id)
    if row is None:
        row = Membership(state.next_id("memberships"), one.id, user_id, word, state.now, state.now)
        visit.tables.memberships[row.id] = row
    row.role, row.updated = word, state.now
    return json_response(rows.membership(row))


def remove_member(visit: Visit, account_id: str) -> Response:
    """DELETE account_users: also fine for a user who is no member."""
    row = _row(visit, visit.found("accounts", account_id).id, to_i(visit.params.get("user_id")))
    if row is not None:
        del visit.tables.memberships[row.id]
    return EMPTY


def _row(visit: Visit, account_id: int, user_id: int) -> Membership | None:
    known = visit.tables.memberships.values()
    return next((one for one in known if (one.account_id, one.user_id) == (account_id, user_id)), None)


def create_user(visit: Visit) -> Response:
    """POST /users: an address that is known answers with its user."""
    params, state = visit.params, visit.state
    email, name = (text(params.get("email")) or "").lower(), text(params.get("name"))
    known = next((one for one in visit.tables.users.values() if one.email == email), None)
    if known is not None:
        return json_response(rows.user(visit.tables, known))
    missing = {"email": email, "name": name, "password": params.get("password")}
    problems = [(field, f"{field.title()} can't be blank") for field, value in missing.items() if not value]
    if problems:
        raise errors.invalid_record(problems)
    made = PlatformUser(state.next_id("platform_users"), str(name), None, email, state.new_secret())
    rows.assign_user(made, params)
    visit.tables.users[made.id] = made
    return json_response(rows.user(visit.tables, made))


def show_user(visit: Visit, user_id: str) -> Response:
    """GET /users/{id}."""
    return json_response(rows.user(visit.tables, visit.found("users", user_id)))


def update_user(visit: Visit, user_id: str) -> Response:
    """PATCH /users/{id}: custom attributes are merged."""
    one = visit.found("users", user_id)
    rows.assign_user(one, visit.params)
    return json_response(rows.user(visit.tables, one))


def destroy_user(visit: Visit, user_id: str) -> Response:
    """DELETE /users/{id}."""
    one, tables = visit.found("users", user_id), visit.tables
    del tables.users[one.id]
    tables.memberships = {key: row for key, row in tables.memberships.items() if row.user_id != one.id}
    return EMPTY


def login(visit: Visit, user_id: str) -> Response:
    """GET /users/{id}/login: an address that signs the user in."""
    one = visit.found("users", user_id)
    address = one.email.replace("@", "%40")
    token = visit.state.new_secret(64)
    return json_response({"url": f"https://chat.example/app/login?email={address}&sso_auth_token={token}"})


def bots(visit: Visit) -> Response:
    """GET /agent_bots."""
    return json_response([rows.bot(one) for one in visit.tables.bots.values()])


def create_bot(visit: Visit) -> Response:
    """POST /agent_bots."""
    state = visit.state
    made = PlatformBot(state.next_id("platform_bots"), None, None, None, None, state.new_secret())
    rows.assign_bot(made, visit.params)
    visit.tables.bots[made.id] = made
    return json_response(rows.bot(made))


def show_bot(visit: Visit, bot_id: str) -> Response:
    """GET /agent_bots/{id}."""
    return json_response(rows.bot(visit.found("bots", bot_id)))


def update_bot(visit: Visit, bot_id: str) -> Response:
    """PATCH /agent_bots/{id}."""
    one = visit.found("bots", bot_id)
    rows.assign_bot(one, visit.params)
    return json_response(rows.bot(one))


def destroy_bot(visit: Visit, bot_id: str) -> Response:
    """DELETE /agent_bots/{id}."""
    del visit.tables.bots[visit.found("bots", bot_id).id]
    return EMPTY
