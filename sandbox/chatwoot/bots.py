"""Agent bots of the account, each with a token of its own that every member of the account is shown."""

from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.model import Bot, Json
from sandbox.chatwoot.params import Params, text
from sandbox.chatwoot.state import ACCOUNT
from sandbox.http import Response, json_response

KIND = "webhook"
"""The one kind of bot there is."""


def index(call: Call) -> Response:
    """GET /agent_bots, bare."""
    return json_response([shown(one, admin=call.viewer.admin) for one in call.state.bots.values()])


def show(call: Call, bot_id: str) -> Response:
    """GET /agent_bots/{id}."""
    return json_response(shown(find(call.state.bots, bot_id), admin=call.viewer.admin))


def create(call: Call) -> Response:
    """POST /agent_bots: nothing is required."""
    state = call.state
    _check(call.params)
    made = Bot(state.next_id("bots"), "", "", None, state.now, state.new_secret(), state.new_secret(32))
    _assign(made, call.params)
    state.bots[made.id] = made
    return json_response(shown(made, admin=call.viewer.admin))


def update(call: Call, bot_id: str) -> Response:
    """PATCH /agent_bots/{id}."""
    one = find(call.state.bots, bot_id)
    _check(call.params)
    _assign(one, call.params)
    call.state.all_changed()
    return json_response(shown(one, admin=call.viewer.admin))


def destroy(call: Call, bot_id: str) -> Response:
    """DELETE /agent_bots/{id}: its inboxes and conversations are left without it."""
    one = find(call.state.bots, bot_id)
    del call.state.bots[one.id]
    for inbox in call.state.inboxes.values():
        inbox.bot_id = None if inbox.bot_id == one.id else inbox.bot_id
    for conversation in call.state.conversations.values():
        conversation.bot_id = None if conversation.bot_id == one.id else conversation.bot_id
    call.state.all_changed()
    return EMPTY


def shown(one: Bot, *, admin: bool) -> Json:
    """A bot with its token; the webhook secret is for administrators."""
    row: Json = {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "thumbnail": "",
        "outgoing_url": one.outgoing_url,
        "bot_type": KIND,
        "bot_config": one.config,
        "account_id": ACCOUNT,
        "access_token": one.token,
    }
    return {**row, **({"secret": one.secret} if admin else {}), "system_bot": False}


def _check(params: Params) -> None:
    if params.get("bot_type", KIND) not in (KIND, 0):
        raise Crash


def _assign(one: Bot, params: Params) -> None:
    one.name = text(params.get("name", one.name)) or ""
    one.description = text(params.get("description", one.description)) or ""
    one.outgoing_url = text(params.get("outgoing_url", one.outgoing_url))
    config = params.get("bot_config", one.config)
    one.config = config if isinstance(config, dict) else {}
