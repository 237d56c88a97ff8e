"""Changing labels, fields, teams, users and webhooks; only administrators may, others get 403."""

from sandbox.http import Response
from sandbox.trengo import directory_view as views
from sandbox.trengo.answers import invalid, not_selectable
from sandbox.trengo.call import Call, found
from sandbox.trengo.model import ROLES, CustomField, Label, Team, User, Webhook
from sandbox.trengo.outcome import added, changed, removed
from sandbox.trengo.roles import for_administrators, forbidden

SCOPES = ("CONTACT", "PROFILE", "TICKET")
EVENTS = frozenset(
    {
        "INBOUND",
        "OUTBOUND",
        "NOTE",
        "TICKET_CREATED",
        "TICKET_MERGED",
        "TICKET_LABEL_ADDED",
        "TICKET_LABEL_DELETED",
        "TICKET_ASSIGNED",
        "TICKET_CLOSED",
        "TICKET_REOPENED",
        "TICKET_MARKED_AS_SPAM",
        "TICKET_UNMARKED_AS_SPAM",
        "VOICE_CALL_STARTED",
        "VOICE_CALL_ENDED",
        "VOICE_CALL_RECORDED",
        "VOICE_CALL_MISSED",
        "VOICE_CALL_ROUTE_NUMBER",
    }
)


def create_label(call: Call) -> Response:
    """POST /labels."""
    form = call.form
    label = Label(call.store.next_id("label"), form.needed("name"), form.text("color") or "#5D9CEC")
    return added(call, call.store.labels, label, views.label_view(label))


def update_label(call: Call, key: str) -> Response:
    """PUT /labels/{id}."""
    label, form = found(call.store.labels, key, "Label"), call.form
    label.name, label.color = form.text("name") or label.name, form.text("color") or label.color
    return changed(call, views.label_view(label))


def delete_label(call: Call, key: str) -> Response:
    """DELETE /labels/{id}: it leaves every ticket."""
    label = found(call.store.labels, key, "Label")
    for ticket in call.store.tickets.values():
        if label.id in ticket.labels:
            ticket.labels.remove(label.id)
    return removed(call, call.store.labels, label.id)


def create_field(call: Call) -> Response:
    """POST /custom_fields: ``type`` is the scope."""
    form, store = call.form, call.store
    title, scope = form.needed("title"), form.needed("type")
    if scope not in SCOPES:
        raise not_selectable("type")
    order = min((field.sort_order for field in store.fields.values()), default=1) - 1
    field = CustomField(store.next_id("field"), title, scope, order, store.now + 1)
    return added(call, store.fields, field, views.field_view(field))


def update_field(call: Call, key: str) -> Response:
    """PUT /custom_fields/{id}."""
    field = found(call.store.fields, key, "CustomField")
    field.title = call.form.text("title") or field.title
    return changed(call, views.field_view(field))


def delete_field(call: Call, key: str) -> Response:
    """DELETE /custom_fields/{id}: its values are no longer shown."""
    return removed(call, call.store.fields, found(call.store.fields, key, "CustomField").id)


def create_team(call: Call) -> Response:
    """POST /teams."""
    form, store = call.form, call.store
    team = Team(store.next_id("team"), form.needed("name"), "#26a69a", *_members(call, [], []))
    return added(call, store.teams, team, views.team_view(team, store))


def update_team(call: Call, key: str) -> Response:
    """PUT /teams/{id}."""
    team = found(call.store.teams, key, "Team")
    team.channels, team.users = _members(call, team.channels, team.users)
    team.name = call.form.text("name") or team.name
    return changed(call, views.team_view(team, call.store))


def delete_team(call: Call, key: str) -> Response:
    """DELETE /teams/{id}: tickets keep the id of the team that is gone."""
    return removed(call, call.store.teams, found(call.store.teams, key, "Team").id)


def create_user(call: Call) -> Response:
    """POST /users: an address can be used once."""
    form, store = call.form, call.store
    email, first = form.needed("email"), form.needed("first_name")
    if any(user.email == email for user in store.users.values()):
        raise invalid(email="The email has already been taken.")
    role = _role(call) or "basic_agent"
    locale = form.text("locale_code") or "nl-NL"
    number, last = store.next_id("user"), form.text("last_name") or ""
    user = User(number, first, last, email, role, locale=locale, created=store.now + 1)
    _join(call, user)
    return added(call, store.users, user, views.user_view(user))


def update_user(call: Call, key: str) -> Response:
    """PUT /users/{id}."""
    user, form = found(call.store.users, key, "User"), call.form
    user.role = _role(call) or user.role
    user.first_name = form.text("first_name") or user.first_name
    user.last_name = form.text("last_name") or user.last_name
    _join(call, user)
    return changed(call, views.user_view(user))


def delete_user(call: Call, key: str) -> Response:
    """DELETE /users/{id}: nobody removes the owner or themselves."""
    user = found(call.store.users, key, "User")
    if user.primary or user is call.user:
        raise forbidden()
    for team in call.store.teams.values():
        team.users = [number for number in team.users if number != user.id]
    return removed(call, call.store.users, user.id)


def create_webhook(call: Call) -> Response:
    """POST /webhooks: one event each; sent as ``name``, answered as ``title``."""
    form, store = call.form, call.store
    name, kind, url = form.needed("name"), form.needed("type"), form.needed("url")
    if kind not in EVENTS:
        raise not_selectable("type")
    number = store.next_id("webhook")
    webhook = Webhook(number, name, url, kind, f"sandbox-signing-secret-{number}")
    return added(call, store.webhooks, webhook, views.webhook_view(webhook))


def update_webhook(call: Call, key: str) -> Response:
    """PUT /webhooks/{id}: the secret stays."""
    webhook, form = found(call.store.webhooks, key, "Webhook"), call.form
    kind = form.text("type") or webhook.type
    if kind not in EVENTS:
        raise not_selectable("type")
    webhook.type = kind
    webhook.title, webhook.url = form.text("name") or webhook.title, form.text("url") or webhook.url
    return changed(call, views.webhook_view(webhook))


def delete_webhook(call: Call, key: str) -> Response:
    """DELETE /webhooks/{id}."""
    return removed(call, call.store.webhooks, found(call.store.webhooks, key, "Webhook").id)


def _members(call: Call, channels: list[int], users: list[int]) -> tuple[list[int], list[int]]:
    asked = {name: call.form.numbers(name) for name in ("channel_ids", "user_ids")}
    for name, table in (("channel_ids", call.store.channels), ("user_ids", call.store.users)):
        if any(number not in table for number in asked[name] or []):
            raise not_selectable(name)
    wanted_channels, wanted_users = asked["channel_ids"], asked["user_ids"]
    return (channels if wanted_channels is None else wanted_channels), (users if wanted_users is None else wanted_users)


def _role(call: Call) -> str | None:
    role = call.form.text("role")
    if role is not None and role not in ROLES:
        raise not_selectable("role")
    return role


def _join(call: Call, user: User) -> None:
    wanted = call.form.numbers("team_ids")
    if wanted is None:
        return
    if any(number not in call.store.teams for number in wanted):
        raise not_selectable("team_ids")
    for team in call.store.teams.values():
        others = [number for number in team.users if number != user.id]
        team.users = [*others, user.id] if team.id in wanted else others


_OPEN = (
    ("POST", "labels", create_label),
    ("PUT", "labels/{id}", update_label),
    ("DELETE", "labels/{id}", delete_label),
    ("POST", "custom_fields", create_field),
    ("PUT", "custom_fields/{id}", update_field),
    ("DELETE", "custom_fields/{id}", delete_field),
    ("POST", "teams", create_team),
    ("PUT", "teams/{id}", update_team),
    ("DELETE", "teams/{id}", delete_team),
    ("POST", "users", create_user),
    ("PUT", "users/{id}", update_user),
    ("DELETE", "users/{id}", delete_user),
    ("POST", "webhooks", create_webhook),
    ("PUT", "webhooks/{id}", update_webhook),
    ("DELETE", "webhooks/{id}", delete_webhook),
)
ROUTES = for_administrators(_OPEN)
