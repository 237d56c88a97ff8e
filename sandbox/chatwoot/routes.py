"""The table of operations, and what stands before each: account, role, bot."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.chatwoot import (
    contact_writes,
    contacts,
    conversation_create,
    conversation_writes,
    conversations,
    directory,
    directory_writes,
    errors,
    labels,
    message_writes,
    messages,
    teams,
)
from sandbox.chatwoot.access import Viewer, enter_account
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.params import to_i
from sandbox.chatwoot.state import State
from sandbox.http import Request, Response, Routes

PREFIX = "/api/v1/accounts/{account_id}"
_CONVERSATION = "/conversations/{id}"
_LABEL, _FIELD, _AGENT = "/labels/{id}", "/custom_attribute_definitions/{id}", "/agents/{id}"
_TEAM, _MEMBERS = "/teams/{id}", "/teams/{id}/team_members"
Operation = Callable[..., Response]

READS: tuple[tuple[str, Operation], ...] = (
    ("/conversations", conversations.index),
    ("/conversations/meta", conversations.meta),
    (_CONVERSATION, conversations.show),
    (_CONVERSATION + "/messages", messages.index),
    (_CONVERSATION + "/attachments", conversations.attachments),
    (_CONVERSATION + "/labels", conversation_writes.labels),
    ("/contacts", contacts.index),
    ("/contacts/search", contacts.search),
    ("/contacts/{id}", contacts.show),
    ("/contacts/{id}/conversations", conversations.of_contact),
    ("/contacts/{id}/labels", contacts.labels),
    ("/labels", labels.index),
    (_LABEL, labels.show),
    ("/teams", teams.index),
    (_TEAM, teams.show),
    (_MEMBERS, teams.members),
    ("/agents", directory.agents),
    ("/inboxes", directory.inboxes),
    ("/inboxes/{id}", directory.show_inbox),
    ("/custom_attribute_definitions", directory.fields),
    (_FIELD, directory.show_field),
    ("/canned_responses", directory.canned_responses),
    ("/webhooks", directory.webhooks),
)
QUERIES: tuple[tuple[str, Operation], ...] = (
    ("/conversations/filter", conversations.filtered),
    ("/contacts/filter", contacts.filtered),
)
WRITES: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/conversations", conversation_create.create),
    ("PATCH PUT", _CONVERSATION, conversation_writes.update),
    ("DELETE", _CONVERSATION, conversation_writes.destroy),
    ("POST", _CONVERSATION + "/toggle_status", conversation_writes.toggle_status),
    ("POST", _CONVERSATION + "/toggle_priority", conversation_writes.toggle_priority),
    ("POST", _CONVERSATION + "/assignments", conversation_writes.assign),
    ("POST", _CONVERSATION + "/labels", conversation_writes.set_labels),
    ("POST", _CONVERSATION + "/custom_attributes", conversation_writes.set_custom_attributes),
    ("POST", _CONVERSATION + "/messages", message_writes.create),
    ("DELETE", _CONVERSATION + "/messages/{message_id}", message_writes.destroy),
    ("POST", "/contacts", contact_writes.create),
    ("PATCH PUT", "/contacts/{id}", contact_writes.update),
    ("DELETE", "/contacts/{id}", contact_writes.destroy),
    ("POST", "/contacts/{id}/labels", contact_writes.set_labels),
    ("POST", "/labels", labels.create),
    ("PATCH PUT", _LABEL, labels.update),
    ("DELETE", _LABEL, labels.destroy),
    ("POST", "/teams", teams.create),
    ("PATCH PUT", _TEAM, teams.update),
    ("DELETE", _TEAM, teams.destroy),
    ("POST", _MEMBERS, teams.add_members),
    ("PATCH PUT", _MEMBERS, teams.replace_members),
    ("DELETE", _MEMBERS, teams.remove_members),
    ("POST", "/agents", directory_writes.create_agent),
    ("PATCH PUT", _AGENT, directory_writes.update_agent),
    ("DELETE", _AGENT, directory_writes.destroy_agent),
    ("POST", "/custom_attribute_definitions", directory_writes.create_field),
    ("PATCH PUT", _FIELD, directory_writes.update_field),
    ("DELETE", _FIELD, directory_writes.destroy_field),
)
ADMIN_ONLY = frozenset(
    {
        conversation_writes.destroy,
        contact_writes.destroy,
        directory.webhooks,
        labels.show,
        labels.create,
        labels.update,
        labels.destroy,
        teams.create,
        teams.update,
        teams.destroy,
        teams.add_members,
        teams.replace_members,
        teams.remove_members,
        directory_writes.create_agent,
        directory_writes.update_agent,
        directory_writes.destroy_agent,
    }
)
FOR_BOTS = frozenset(
    {
        conversations.show,
        conversation_create.create,
        conversation_writes.update,
        conversation_writes.toggle_status,
        conversation_writes.toggle_priority,
        conversation_writes.assign,
        conversation_writes.labels,
        conversation_writes.set_labels,
        conversation_writes.set_custom_attributes,
        message_writes.create,
    }
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """An operation of the account behind its checks; a refused write leaves the clock where it was."""

    operation: Operation
    writes: bool

    def __call__(self, state: State, viewer: Viewer, request: Request, account_id: str, *ids: str) -> Response:
        """Checks bot, account and role, in this order, then runs the operation."""
        if viewer.role == "bot" and self.operation not in FOR_BOTS:
            raise errors.unauthorized("Access to this endpoint is not authorized for bots")
        enter_account(viewer, to_i(account_id))
        if self.operation in ADMIN_ONLY and not viewer.admin:
            raise errors.forbidden_action()
        call = Call(state, viewer, request)
        if not self.writes:
            return self.operation(call, *ids)
        state.clock.tick()
        try:
            return self.operation(call, *ids)
        except (errors.Refusal, errors.Crash):
            state.clock.untick()
            raise


def account_routes() -> Routes:
    """The operations of an account; what stands in no row, as custom roles on the community edition, is unknown."""
    routes = Routes()
    for path, operation in READS:
        routes.add("GET", PREFIX + path, Guarded(operation, writes=False))
    for path, operation in QUERIES:
        routes.add("POST", PREFIX + path, Guarded(operation, writes=False))
    for methods, path, operation in WRITES:
        for method in methods.split():
            routes.add(method, PREFIX + path, Guarded(operation, writes=True))
    return routes
