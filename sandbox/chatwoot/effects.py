"""What a write does besides what it says: activities, reopening, first reply, waiting time, assignment in turn."""

from sandbox.chatwoot.model import ACTIVITY, INCOMING, OUTGOING, TEMPLATE, Conversation, Message, Sender, Team
from sandbox.chatwoot.render_inboxes import surveyed
from sandbox.chatwoot.state import State


def post(state: State, conversation: Conversation, message: Message) -> Message:
    """Files a message and moves what a message moves; like ``update_columns``, all of it without callbacks."""
    conversation.messages.append(message)
    conversation.last_activity = message.created
    conversation.updated = state.now
    if message.kind == INCOMING:
        _received(state, conversation, message)
    if message.kind == OUTGOING and not message.private:
        _answered(conversation, message)
    state.contact_changed(conversation.contact_id)
    return message


def new_message(
    state: State,
    kind: int,
    content: str | None,
    sender: Sender | None,
    *,
    private: bool = False,
    content_type: str = "text",
) -> Message:
    """A message of this moment, not yet filed."""
    number, now = state.next_id("messages"), state.now
    return Message(number, kind, content, now, now, sender, private=private, content_type=content_type)


def activity(state: State, conversation: Conversation, content: str) -> None:
    """An activity line; it is a message without an author and counts as activity too."""
    post(state, conversation, new_message(state, ACTIVITY, content, None))


def set_status(state: State, conversation: Conversation, status: str, actor: str) -> None:
    """Changes the status and what hangs on it, and says so in the conversation."""
    if status == conversation.status:
        return
    conversation.status = status
    if status != "snoozed":
        conversation.snoozed_until = None
    if status == "resolved":
        conversation.waiting_since = None
    activity(state, conversation, f"{actor} set the status to {status}")
    if status == "resolved" and surveyed(state.inboxes[conversation.inbox_id]):
        survey = new_message(state, TEMPLATE, "Please rate the conversation", None, content_type="input_csat")
        post(state, conversation, survey)
    if status == "open":
        auto_assign(state, conversation)


def set_team(state: State, conversation: Conversation, team: Team | None, actor: str) -> None:
    """A team other than the assignee's unassigns; a team that assigns by itself then picks an online member in turn."""
    before, after = conversation.team_id, None if team is None else team.id
    if before == after:
        return
    conversation.team_id = after
    if team is not None and conversation.assignee_id not in team.members:
        conversation.assignee_id = None
    if team is not None and team.allow_auto_assign and conversation.assignee_id is None:
        assign_user(conversation, _in_turn(state, conversation, set(team.members)))
    conversation.updated = state.now
    if team is not None:
        activity(state, conversation, f"Assigned to {team.name} by {actor}")
    elif before in state.teams:
        activity(state, conversation, f"Unassigned from {state.teams[before].name} by {actor}")


def assign_user(conversation: Conversation, user_id: int | None) -> None:
    """An assigned user takes the place of a bot."""
    conversation.assignee_id = user_id
    if user_id is not None:
        conversation.bot_id = None


def auto_assign(state: State, conversation: Conversation) -> None:
    """An opened conversation without an assignee goes to an online member of an inbox that assigns by itself."""
    inbox = state.inboxes[conversation.inbox_id]
    if not inbox.auto_assign or conversation.assignee_id is not None:
        return
    allowed = set(inbox.members)
    team = state.teams.get(conversation.team_id or 0)
    if team is not None:
        allowed &= set(team.members) if team.allow_auto_assign else set()
    assign_user(conversation, _in_turn(state, conversation, allowed))


def _in_turn(state: State, conversation: Conversation, allowed: set[int]) -> int | None:
    members = allowed & set(state.inboxes[conversation.inbox_id].members)
    online = sorted(number for number in members if state.users[number].availability == "online")
    if not online:
        return None
    chosen = min(online, key=lambda number: (state.turns.get(number, 0), number))
    state.turns[chosen] = state.turns.get(chosen, 0) + 1
    return chosen


def _received(state: State, conversation: Conversation, message: Message) -> None:
    contact = state.contacts[conversation.contact_id]
    contact.last_activity = message.created
    if conversation.waiting_since is None:
        conversation.waiting_since = message.created
    if contact.blocked:
        return
    if conversation.status in ("snoozed", "resolved"):
        bot = conversation.status == "resolved" and state.inboxes[conversation.inbox_id].bot_active
        conversation.status = "pending" if bot else "open"
        conversation.snoozed_until = None


def _answered(conversation: Conversation, message: Message) -> None:
    kind = message.sender[0] if message.sender else ""
    if kind == "User" and conversation.first_reply is None:
        conversation.first_reply = message.created
    if kind in ("User", "AgentBot", "Captain::Assistant"):
        conversation.waiting_since = None
