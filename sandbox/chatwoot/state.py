"""All that one simulated installation knows, its sequences, and what a change makes stale."""

import uuid
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandbox.chatwoot.clock import Clock
from sandbox.chatwoot.extras import Account, Article, Category, Filter, Hook, Portal, Rule
from sandbox.chatwoot.installation import Installation
from sandbox.chatwoot.model import (
    Blob,
    Bot,
    Canned,
    Contact,
    Conversation,
    Field,
    Inbox,
    Label,
    Message,
    Source,
    Team,
    User,
    Webhook,
)

ACCOUNT = 3
ACCOUNT_NAME = "Zuiderlicht Webshops"
OTHER_ACCOUNT = 4
VERSION = "4.15.1"
SUSPENDED_ACCOUNT = 5
MOST_VIEWS = 8
MOST_MEMOS = 256


@dataclass(slots=True)
class State:
    """The tables by id, and two caches: a conversation's JSON per reader and host, and the order of a list."""

    rng: Random
    version: str = VERSION
    clock: Clock = field(default_factory=Clock)
    users: dict[int, User] = field(default_factory=dict)
    bots: dict[int, Bot] = field(default_factory=dict)
    assistants: dict[int, Bot] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    fields: dict[int, Field] = field(default_factory=dict)
    canned: dict[int, Canned] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    inboxes: dict[int, Inbox] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)
    conversations: dict[int, Conversation] = field(default_factory=dict)
    blobs: dict[int, Blob] = field(default_factory=dict)
    account: Account = field(default_factory=lambda: Account(ACCOUNT_NAME))
    rules: dict[int, Rule] = field(default_factory=dict)
    filters: dict[int, Filter] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    portals: dict[int, Portal] = field(default_factory=dict)
    categories: dict[int, Category] = field(default_factory=dict)
    articles: dict[int, Article] = field(default_factory=dict)
    installation: Installation = field(default_factory=Installation)
    of_contact: dict[int, set[int]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    """How often each user was assigned in turn."""
    fragments: dict[tuple[int, str], dict[int, bytes]] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """The logical time."""
        return self.clock.now

    def next_id(self, table: str) -> int:
        """The next number of a sequence; numbers of deleted rows never come back."""
        self.sequences[table] = self.sequences.get(table, 0) + 1
        return self.sequences[table]

    def new_uuid(self) -> str:
        """A version 4 UUID from the seed."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def new_secret(self, length: int = 24) -> str:
        """A token or secret from the seed."""
        return f"{self.rng.getrandbits(4 * length):0{length}x}"

    def add_conversation(self, conversation: Conversation) -> None:
        """Files a conversation under its id and its contact."""
        self.conversations[conversation.id] = conversation
        self.of_contact.setdefault(conversation.contact_id, set()).add(conversation.id)
        self.changed(conversation.id)

    def remove_conversation(self, conversation: Conversation) -> None:
        """Forgets a conversation and its messages."""
        del self.conversations[conversation.id]
        self.of_contact[conversation.contact_id].discard(conversation.id)
        self.changed(conversation.id)

    def changed(self, *conversation_ids: int) -> None:
        """Drops what was rendered of these conversations, and every list's order."""
        self.memo.clear()
        for rendered in self.fragments.values():
            for conversation_id in conversation_ids:
                rendered.pop(conversation_id, None)

    def contact_changed(self, contact_id: int) -> None:
        """A contact is printed in each of its conversations."""
        self.changed(*self.of_contact.get(contact_id, ()))

    def all_changed(self) -> None:
        """A user, team or label is printed anywhere."""
        self.memo.clear()
        self.fragments.clear()

    def rendered(self, viewer_id: int, host: str) -> dict[int, bytes]:
        """The JSON made so far for one reader (team membership differs) and host (attachment URLs differ)."""
        if (viewer_id, host) not in self.fragments and len(self.fragments) >= MOST_VIEWS:
            self.fragments.clear()
        return self.fragments.setdefault((viewer_id, host), {})

    def remember(self, key: Any, value: Any) -> Any:
        """Keeps a list's order until the next change."""
        if len(self.memo) >= MOST_MEMOS:
            self.memo.clear()
        self.memo[key] = value
        return value

    def source_of(self, source_id: str, inbox_id: int | None = None) -> Source | None:
        """The first contact inbox with that source id."""
        return next(
            (
                source
                for contact in self.contacts.values()
                for source in contact.sources
                if source.source_id == source_id and inbox_id in (None, source.inbox_id)
            ),
            None,
        )

    def message(self, conversation: Conversation, message_id: int) -> Message | None:
        """A message of that conversation."""
        return next((message for message in conversation.messages if message.id == message_id), None)
