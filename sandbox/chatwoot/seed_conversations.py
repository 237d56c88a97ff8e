"""The conversations: statuses, priorities, owners and labels in fixed proportions, with gaps in the display ids."""

from random import Random

from sandbox import people
from sandbox.chatwoot.clock import BASE, DAY, SECOND
from sandbox.chatwoot.model import Contact, Conversation, Json
from sandbox.chatwoot.seed_contacts import source_in
from sandbox.chatwoot.seed_messages import Script
from sandbox.chatwoot.state import State

SPAN = 120 * DAY
STATUSES = ("open", "open", "resolved", "open", "pending", "open", "snoozed", "resolved")
PRIORITIES = (None, "high", None, "low", None, "urgent", "medium")
LABELS: tuple[list[str], ...] = ([], ["vip", "btw-fout"], [], ["bezorging"], [], ["op-proef", "vip"], ["Spoed!"], [])
"""``op-proef`` and ``Spoed!`` are no labels of the account: tickets take any word."""
GAP = 37
"""Every so many display ids one is missing, as after a deletion."""
LOCALE_INBOX = (21, 23, 21, 22, 23, 24, 23)


def fill_conversations(state: State, rng: Random, count: int, locales: dict[int, str]) -> None:
    """Makes the conversations and their messages; message ids follow the time over all conversations."""
    contacts = list(state.contacts.values())
    step = SPAN // max(1, count)
    scripts = []
    for position in range(count):
        contact = contacts[position % len(contacts)] if position < len(contacts) else rng.choice(contacts)
        created = BASE - SPAN + position * step + rng.randrange(1, max(2, step - SECOND))
        conversation = _conversation(state, rng, position, contact, created)
        state.add_conversation(conversation)
        script = Script(state, rng, conversation, position, locales[contact.id])
        script.write()
        scripts.append(script)
    _number(state, scripts)
    for script in scripts:
        script.settle()


def _conversation(state: State, rng: Random, position: int, contact: Contact, created: int) -> Conversation:
    inbox_id = _inbox(state, position, contact)
    conversation = Conversation(
        id=_display_id(state),
        key=state.next_id("conversations"),
        uuid=state.new_uuid(),
        contact_id=contact.id,
        source=source_in(state, contact, inbox_id),
        created=created,
        updated=created,
        last_activity=created,
        status="resolved" if contact.blocked else STATUSES[position % len(STATUSES)],
        priority=PRIORITIES[position % len(PRIORITIES)],
        labels=list(LABELS[position % len(LABELS)]),
        custom=_custom(rng, position),
    )
    _own(conversation, position, rng)
    conversation.additional = _additional(conversation, state, rng, position)
    if conversation.status == "snoozed":
        conversation.snoozed_until = BASE + rng.randrange(1, 20) * DAY
    return conversation


def _display_id(state: State) -> int:
    number = state.next_id("display")
    return state.next_id("display") if number % GAP == 0 else number


def _inbox(state: State, position: int, contact: Contact) -> int:
    """An inbox that can have met this contact: mail needs an address, WhatsApp a number."""
    wanted = LOCALE_INBOX[position % len(LOCALE_INBOX)]
    channel = state.inboxes[wanted].channel_type
    if channel == "Channel::Email" and not contact.email:
        return 21
    return 22 if channel == "Channel::Whatsapp" and not contact.phone else wanted


def _own(conversation: Conversation, position: int, rng: Random) -> None:
    if position % 9 == 4:
        conversation.bot_id = 2
    elif position % 3:
        conversation.assignee_id = rng.choice((11, 12, 12, 13, 14))
        conversation.participants = [conversation.assignee_id]
    if position % 4 == 1:
        conversation.team_id = rng.choice((4, 4, 5, 6))


def _custom(rng: Random, position: int) -> Json:
    if position % 5 in (0, 3):
        return {}
    shown: Json = {"order_id": f"ZL-{rng.randrange(10_000, 99_999)}", "refund_due": position % 2 == 0}
    if position % 10 == 1:
        shown |= {"deliver_by": f"2026-0{rng.randrange(1, 6)}-{rng.randrange(10, 28)}", "damage": "box"}
    return shown


def _additional(conversation: Conversation, state: State, rng: Random, position: int) -> Json:
    channel = state.inboxes[conversation.inbox_id].channel_type
    if channel == "Channel::Email":
        locale = rng.choice(people.LOCALES)
        return {"mail_subject": people.subject(rng, locale), "source": "email", "in_reply_to": None}
    if channel != "Channel::WebWidget" or position % 4 == 2:
        return {}
    return {
        "browser": {"browser_name": "Firefox", "platform_name": "Linux"},
        "browser_language": rng.choice(("nl", "en", "de")),
        "referer": "https://winkel.zuiderlicht.example/hulp?x=1&y=2",
        "initiated_at": {"timestamp": "Mon May 11 2026 12:41:05 GMT+0200"},
    }


def _number(state: State, scripts: list[Script]) -> None:
    """Ids in order of time, as one sequence would have given them; files get theirs in the same order."""
    state.sequences["messages"] = 50_000
    state.sequences["attachments"] = 900
    messages = [message for script in scripts for message in script.conversation.messages]
    for message in sorted(messages, key=lambda one: one.created):
        message.id = state.next_id("messages")
        for one in message.attachments:
            one.id, one.message_id = state.next_id("attachments"), message.id
