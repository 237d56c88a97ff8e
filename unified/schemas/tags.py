"""Tags: the words that sort tickets."""

from typing import Literal

from unified.schemas.types import Id, Record


class TagRecord(Record, kw_only=True, forbid_unknown_fields=True):
    """A tag that tickets can have; ``color`` is a hex colour."""

    id: Id
    name: str | None
    color: str | None
    description: str | None
    status: Literal["active", "inactive"] | None
