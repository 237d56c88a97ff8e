"""Teams: the users who work together."""

from unified.schemas.types import Id, Named, Record


class Team(Record, kw_only=True, forbid_unknown_fields=True):
    """A team; ``members`` is null where the provider does not say who they are."""

    id: Id
    name: str | None
    description: str | None
    members: list[Named] | None
