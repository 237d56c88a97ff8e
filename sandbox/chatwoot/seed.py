"""The state a seed stands for."""

from random import Random

from sandbox.chatwoot.seed_contacts import fill_contacts
from sandbox.chatwoot.seed_conversations import fill_conversations
from sandbox.chatwoot.seed_directory import fill_directory
from sandbox.chatwoot.state import State

CONTACTS_PER_FIVE = 3


def seeded(tickets: int, seed: int) -> State:
    """An installation with so many conversations and three contacts for every five of them."""
    rng = Random(f"chatwoot {seed} data")
    state = State(Random(f"chatwoot {seed} uuid"))
    fill_directory(state, seed)
    locales = fill_contacts(state, rng, max(6, tickets * CONTACTS_PER_FIVE // 5))
    fill_conversations(state, rng, tickets, locales)
    return state
