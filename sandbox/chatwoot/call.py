"""One request inside the account: who asks, what for, and of which state."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from sandbox.chatwoot import errors
from sandbox.chatwoot.access import Viewer
from sandbox.chatwoot.model import Contact, Conversation
from sandbox.chatwoot.params import Params, read_params, to_i
from sandbox.chatwoot.state import State
from sandbox.chatwoot.storage import host_of
from sandbox.http import Request, Response

Row = TypeVar("Row")


@dataclass(frozen=True, slots=False)
class Call:
    """What every operation of the account is given."""

    state: State
    viewer: Viewer
    request: Request

    @cached_property
    def params(self) -> Params:
        """Body and query, merged."""
        return read_params(self.request)

    @cached_property
    def host(self) -> str:
        """The host in attachment URLs."""
        return host_of(self.request)

    def root(self, name: str) -> Params:
        """The parameters under a root key, or all of them when the root is left out of a JSON body."""
        inner = self.params.get(name)
        found = inner if isinstance(inner, dict) else self.params
        if not found:
            raise errors.missing(name)
        return found

    def conversation(self, display_id: str) -> Conversation:
        """The conversation of a path, if the reader may see it."""
        found = self.state.conversations.get(to_i(display_id))
        if found is None:
            raise errors.not_found()
        if not self.viewer.sees(self.state, found):
            raise errors.forbidden_action()
        return found

    def contact(self, contact_id: Any) -> Contact:
        """A contact by its id."""
        return find(self.state.contacts, contact_id)


def find(table: dict[int, Row], row_id: Any) -> Row:
    """A row by its id, else 404."""
    found = table.get(to_i(row_id))
    if found is None:
        raise errors.not_found()
    return found


EMPTY = Response(200, b"", (("content-type", "text/html"),))
"""``head :ok``."""
