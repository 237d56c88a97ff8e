"""Who is a member of an inbox, and who takes part in a conversation."""

from collections.abc import Iterable

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.model import Inbox, Json
from sandbox.chatwoot.params import to_i
from sandbox.chatwoot.render_people import agent
from sandbox.http import Response, json_response


def members(call: Call, inbox_id: str) -> Response:
    """GET /inbox_members/{inbox_id}."""
    one = find(call.state.inboxes, inbox_id)
    if not call.viewer.sees_inbox(call.state, one.id):
        raise errors.forbidden_action()
    return _members(call, one)


def add_members(call: Call) -> Response:
    """POST /inbox_members: answers with all members."""
    one = _inbox(call)
    one.members = list(dict.fromkeys([*one.members, *_user_ids(call)]))
    return _members(call, one)


def replace_members(call: Call) -> Response:
    """PATCH /inbox_members."""
    one = _inbox(call)
    one.members = _user_ids(call)
    return _members(call, one)


def remove_members(call: Call) -> Response:
    """DELETE /inbox_members."""
    one = _inbox(call)
    gone = _user_ids(call)
    one.members = [number for number in one.members if number not in gone]
    return EMPTY


def participants(call: Call, display_id: str) -> Response:
    """GET participants of a conversation, bare."""
    return json_response(_people(call, call.conversation(display_id).participants))


def add_participants(call: Call, display_id: str) -> Response:
    """POST participants: answers with those added."""
    one = call.conversation(display_id)
    added = [number for number in _user_ids(call) if number not in one.participants]
    one.participants.extend(added)
    return json_response(_people(call, added))


def replace_participants(call: Call, display_id: str) -> Response:
    """PATCH participants."""
    one = call.conversation(display_id)
    one.participants = _user_ids(call)
    return json_response(_people(call, one.participants))


def remove_participants(call: Call, display_id: str) -> Response:
    """DELETE participants."""
    one, gone = call.conversation(display_id), _user_ids(call)
    one.participants = [number for number in one.participants if number not in gone]
    return EMPTY


def _inbox(call: Call) -> Inbox:
    return find(call.state.inboxes, call.params.get("inbox_id"))


def _members(call: Call, one: Inbox) -> Response:
    return json_response({"payload": _people(call, sorted(one.members))})


def _people(call: Call, numbers: Iterable[int]) -> list[Json]:
    return [agent(call.state.users[number]) for number in numbers if number in call.state.users]


def _user_ids(call: Call) -> list[int]:
    """The known users among those sent; no list at all is a crash."""
    given = call.params.get("user_ids")
    if not isinstance(given, list):
        raise Crash
    return [number for number in dict.fromkeys(to_i(one) for one in given) if number in call.state.users]
