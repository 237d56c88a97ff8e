"""Users: the people who work in the helpdesk."""

from typing import Literal

from unified.schemas.contacts import Email
from unified.schemas.types import Id, Named, Record, Time


class User(Record, kw_only=True, forbid_unknown_fields=True):
    """An agent, as ticketing sees one."""

    id: Id
    name: str | None
    first_name: str | None
    last_name: str | None
    username: str | None
    emails: list[Email] | None
    roles: list[Named] | None
    team_ids: list[Id] | None
    avatar: str | None
    is_active: bool | None
    created_at: Time | None
    updated_at: Time | None


class DirectoryUser(Record, kw_only=True, forbid_unknown_fields=True):
    """A person with an account in the helpdesk, as a directory sees one."""

    id: Id
    name: str | None
    first_name: str | None
    last_name: str | None
    username: str | None
    emails: list[Email] | None
    roles: list[Named] | None
    groups: list[Named] | None
    avatar: str | None
    status: Literal["active", "inactive", "invited", "deleted"] | None
    is_2fa_enabled: bool | None
    timezone: str | None
    languages: list[str] | None
    last_active: Time | None
    created_at: Time | None
    updated_at: Time | None


class Group(Record, kw_only=True, forbid_unknown_fields=True):
    """A group of users; helpdesks call it a team."""

    id: Id
    name: str | None
    description: str | None
    group_type: str | None
    members: list[Named] | None


class Role(Record, kw_only=True, forbid_unknown_fields=True):
    """What a user may do, by name."""

    id: Id
    name: str | None
    label: str | None
    description: str | None
