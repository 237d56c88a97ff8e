"""Canned responses; their codes are unique."""

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.clock import iso
from sandbox.chatwoot.model import Canned, Json
from sandbox.chatwoot.params import blank, text
from sandbox.chatwoot.state import ACCOUNT
from sandbox.http import Response, json_response


def index(call: Call) -> Response:
    """GET /canned_responses, searched in code and text; codes that begin with the word come first."""
    wanted = str(call.params.get("search") or "").lower()
    rows = [one for one in call.state.canned.values() if _rank(one, wanted) > 0]
    return json_response([_shown(one) for one in sorted(rows, key=lambda one: -_rank(one, wanted))])


def create(call: Call) -> Response:
    """POST /canned_responses: the bare row."""
    given, state = call.root("canned_response"), call.state
    code, content = text(given.get("short_code")), text(given.get("content"))
    _check(call, code, content, None)
    made = Canned(state.next_id("canned"), str(code), str(content), state.now)
    state.canned[made.id] = made
    return json_response(_shown(made))


def update(call: Call, canned_id: str) -> Response:
    """PATCH /canned_responses/{id}."""
    one, given = find(call.state.canned, canned_id), call.root("canned_response")
    code, content = text(given.get("short_code", one.short_code)), text(given.get("content", one.content))
    _check(call, code, content, one)
    one.short_code, one.content, one.updated = str(code), str(content), call.state.now
    return json_response(_shown(one))


def destroy(call: Call, canned_id: str) -> Response:
    """DELETE /canned_responses/{id}."""
    del call.state.canned[find(call.state.canned, canned_id).id]
    return EMPTY


def _rank(one: Canned, wanted: str) -> float:
    code = one.short_code.lower()
    if code.startswith(wanted):
        return 1
    return 0.5 if wanted in code else 0.2 if wanted in one.content.lower() else 0


def _check(call: Call, code: str | None, content: str | None, own: Canned | None) -> None:
    problems = []
    if blank(content):
        problems.append(("content", "Content can't be blank"))
    if blank(code):
        problems.append(("short_code", "Short code can't be blank"))
    if any(one.short_code == code for one in call.state.canned.values() if one is not own):
        problems.append(("short_code", "Short code has already been taken"))
    if problems:
        raise errors.invalid_record(problems)


def _shown(one: Canned) -> Json:
    return {
        "id": one.id,
        "account_id": ACCOUNT,
        "short_code": one.short_code,
        "content": one.content,
        "created_at": iso(one.created),
        "updated_at": iso(one.updated or one.created),
    }
