"""What the outbound door must know of one linked account."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from proxy.provider.model import Provider
from proxy.secret import Secret


class LinkedAccount(Struct, frozen=True):
    """A customer's linked helpdesk with its credential opened, for the length of a request.

    ``origin`` is scheme, host and port of the provider (``https://app.example.com``), ``base_path`` the path below it
    that the passthrough is joined to (``/api/v2``); both come from the provider file, the connection or the server's
    settings, never from a request. ``connection`` is not secret, ``credential`` is.
    """

    id: str
    tenant_id: str
    provider: Provider
    connection: Mapping[str, Any]
    credential: Mapping[str, Secret]
    origin: str
    base_path: str
    status: str = "active"
    version: str | None = None
    """The provider's own version where its file says how to read it, as it was at ``version_at`` (epoch seconds)."""
    version_at: float | None = None
