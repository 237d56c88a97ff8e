"""Teams and their members; names are lower-cased on save."""

from sandbox.chatwoot import errors, render_people
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.model import Team
from sandbox.chatwoot.params import Params, text, to_bool, to_i
from sandbox.http import Response, json_response


def index(call: Call) -> Response:
    """GET /teams, bare."""
    return json_response([render_people.team(one, call.viewer.id) for one in call.state.teams.values()])


def show(call: Call, team_id: str) -> Response:
    """GET /teams/{id}."""
    return json_response(render_people.team(find(call.state.teams, team_id), call.viewer.id))


def create(call: Call) -> Response:
    """POST /teams."""
    given = call.root("team")
    name = _name(call, given, None)
    made = Team(call.state.next_id("teams"), name, None, allow_auto_assign=True, members=[], created=call.state.now)
    _assign(made, given)
    call.state.teams[made.id] = made
    return json_response(render_people.team(made, call.viewer.id))


def update(call: Call, team_id: str) -> Response:
    """PATCH /teams/{id}."""
    one, given = find(call.state.teams, team_id), call.root("team")
    if "name" in given:
        one.name = _name(call, given, one)
    _assign(one, given)
    call.state.all_changed()
    return json_response(render_people.team(one, call.viewer.id))


def destroy(call: Call, team_id: str) -> Response:
    """DELETE /teams/{id}: its conversations lose the team."""
    one = find(call.state.teams, team_id)
    del call.state.teams[one.id]
    for conversation in call.state.conversations.values():
        if conversation.team_id == one.id:
            conversation.team_id = None
    call.state.all_changed()
    return EMPTY


def members(call: Call, team_id: str) -> Response:
    """GET team_members, bare."""
    return _members(call, find(call.state.teams, team_id).members)


def add_members(call: Call, team_id: str) -> Response:
    """POST team_members: answers with those added."""
    team = find(call.state.teams, team_id)
    added = [number for number in _user_ids(call) if number not in team.members]
    team.members.extend(added)
    call.state.all_changed()
    return _members(call, added)


def replace_members(call: Call, team_id: str) -> Response:
    """PATCH team_members: answers with the new members."""
    team = find(call.state.teams, team_id)
    team.members = _user_ids(call)
    call.state.all_changed()
    return _members(call, team.members)


def remove_members(call: Call, team_id: str) -> Response:
    """DELETE team_members."""
    team = find(call.state.teams, team_id)
    gone = _user_ids(call)
    team.members = [number for number in team.members if number not in gone]
    call.state.all_changed()
    return EMPTY


def _members(call: Call, numbers: list[int]) -> Response:
    return json_response([render_people.agent(call.state.users[number]) for number in numbers])


def _user_ids(call: Call) -> list[int]:
    given = call.params.get("user_ids")
    if not isinstance(given, list):
        raise Crash
    numbers = list(dict.fromkeys(to_i(one) for one in given))
    if not set(numbers) <= set(call.state.users):
        raise errors.unauthorized("Invalid User IDs")
    return numbers


def _name(call: Call, given: Params, own: Team | None) -> str:
    name = str(given.get("name") or "").lower()
    if not name.strip():
        raise errors.invalid_record([("name", "Name must not be blank")])
    if any(one.name == name for one in call.state.teams.values() if one is not own):
        raise errors.invalid_record([("name", "Name has already been taken")])
    return name


def _assign(one: Team, given: Params) -> None:
    one.description = text(given.get("description", one.description))
    if "allow_auto_assign" in given:
        one.allow_auto_assign = to_bool(given["allow_auto_assign"])
