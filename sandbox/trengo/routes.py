"""Every operation below ``/api/v2``: method, path, function; a path with a literal wins over one with a parameter."""

from sandbox.trengo import (
    calls,
    contacts,
    directory,
    directory_writes,
    help_center,
    messages,
    named_writes,
    profiles,
    quick_actions,
    reporting,
    sms,
    team_chat,
    ticket_writes,
    tickets,
    wa_sessions,
)
from sandbox.trengo.roles import Route

ROUTES: tuple[Route, ...] = (
    *tickets.ROUTES,
    *ticket_writes.ROUTES,
    *messages.ROUTES,
    *quick_actions.ROUTES,
    *wa_sessions.ROUTES,
    *contacts.ROUTES,
    *profiles.ROUTES,
    *directory.ROUTES,
    *directory_writes.ROUTES,
    *named_writes.ROUTES,
    *calls.ROUTES,
    *sms.ROUTES,
    *team_chat.ROUTES,
    *help_center.ROUTES,
    *reporting.ROUTES,
)
