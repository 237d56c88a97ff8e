"""Changes under a reader's feet, drawn from a seeded generator."""

from collections.abc import Callable, Mapping
from random import Random

from sandbox import people
from sandbox.chatwoot import effects
from sandbox.chatwoot.model import INCOMING, Conversation
from sandbox.chatwoot.seed_contacts import source_in
from sandbox.chatwoot.state import State

API_INBOX = 22
Change = Callable[[State, Random], int | None]


def churned(state: State, rng: Random, change: Mapping[str, int]) -> dict[str, list[int]]:
    """Applies so many of each change; answers the display ids touched, fewer where nothing was left to change."""
    done: dict[str, list[int]] = {}
    for name, one_change in CHANGES.items():
        touched = (_applied(state, rng, one_change) for _ in range(change.get(name, 0)))
        if name in change:
            done[name] = [number for number in touched if number is not None]
    return done


def _applied(state: State, rng: Random, change: Change) -> int | None:
    state.clock.tick()
    return change(state, rng)


def _insert(state: State, rng: Random) -> int:
    contact = rng.choice(list(state.contacts.values()))
    conversation = Conversation(
        id=state.next_id("display"),
        key=state.next_id("conversations"),
        uuid=state.new_uuid(),
        contact_id=contact.id,
        source=source_in(state, contact, API_INBOX),
        created=state.now,
        updated=state.now,
        last_activity=state.now,
    )
    state.add_conversation(conversation)
    _incoming(state, rng, conversation)
    return conversation.id


def _close(state: State, rng: Random) -> int | None:
    conversation = _drawn(rng, [one for one in state.conversations.values() if one.status == "open"])
    if conversation is None:
        return None
    effects.set_status(state, conversation, "resolved", state.users[11].name)
    return conversation.id


def _bump(state: State, rng: Random) -> int | None:
    conversation = _drawn(rng, list(state.conversations.values()))
    if conversation is None:
        return None
    _incoming(state, rng, conversation)
    return conversation.id


def _delete(state: State, rng: Random) -> int | None:
    conversation = _drawn(rng, list(state.conversations.values()))
    if conversation is None:
        return None
    state.remove_conversation(conversation)
    return conversation.id


def _drawn(rng: Random, rows: list[Conversation]) -> Conversation | None:
    return rng.choice(rows) if rows else None


def _incoming(state: State, rng: Random, conversation: Conversation) -> None:
    text = people.message(rng, rng.choice(people.LOCALES))
    message = effects.new_message(state, INCOMING, text, ("Contact", conversation.contact_id))
    effects.post(state, conversation, message)


CHANGES: dict[str, Change] = {"insert": _insert, "close": _close, "bump": _bump, "merge": _delete}
"""Chatwoot merges no tickets; a merge here deletes one."""
