"""Puts a ``LinkedAccount`` together: from what a customer typed, or from a row; and takes it apart into columns."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec
import structlog

from proxy.accounts.base import Base, provider_base
from proxy.accounts.credential import open_credential, seal_credential
from proxy.accounts.record import context_column
from proxy.errors import FieldError, InvalidRequest, NotFound, ReauthRequired
from proxy.provider.account import LinkedAccount
from proxy.provider.model import Provider
from proxy.seal import SealBroken, Sealer
from proxy.secret import Secret
from proxy.settings import Settings

_log = structlog.get_logger("interline.accounts")


class Assembler:
    """Knows the providers, where each is reached, and how credentials are sealed."""

    def __init__(self, sealer: Sealer, providers: Mapping[str, Provider], settings: Settings) -> None:
        self.sealer = sealer
        self.providers = providers
        self.settings = settings

    def provider(self, name: str) -> Provider:
        """The provider a body names; raises ``InvalidRequest``."""
        if name not in self.providers:
            known = ", ".join(sorted(self.providers))
            raise InvalidRequest("no such integration", errors=[FieldError("integration", f"known here: {known}")])
        return self.providers[name]

    def integration(self, name: str) -> Provider:
        """The provider a path names; raises ``NotFound``."""
        if name not in self.providers:
            raise NotFound("this server does not know that integration")
        return self.providers[name]

    def candidate(
        self, tenant_id: str, provider: Provider, connection: Mapping[str, Any], credential: Mapping[str, Secret]
    ) -> LinkedAccount:
        """An account that is not stored yet, ready to be verified; raises ``BaseMistake``."""
        base = self._base(provider, connection)
        return LinkedAccount(
            id=str(uuid4()),
            tenant_id=tenant_id,
            provider=provider,
            connection=connection,
            credential=credential,
            origin=base.origin,
            base_path=base.path,
        )

    def open(self, row: Any) -> LinkedAccount:
        """The account of a row; raises ``ReauthRequired`` where its credential does not open."""
        provider = self.providers.get(row.integration)
        if provider is None:
            raise ReauthRequired("this server no longer knows the integration", provider=row.integration)
        connection = msgspec.json.decode(row.context)
        try:
            base = self._base(provider, connection)
            credential = open_credential(self.sealer, row.id, base.origin, row.credential)
        except (SealBroken, ValueError) as error:
            _log.warning("credential-unreadable", account=row.id, reason=type(error).__name__)
            detail = "the stored credential does not open for the provider's present address; link the account again"
            raise ReauthRequired(detail, provider=provider.name) from None
        return LinkedAccount(
            id=row.id,
            tenant_id=row.tenant_id,
            provider=provider,
            connection=connection,
            credential=credential,
            origin=base.origin,
            base_path=base.path,
            status=row.status,
            version=row.version,
            version_at=None if row.version_at is None else row.version_at / 1000,
        )

    def columns(self, linked: LinkedAccount) -> dict[str, Any]:
        """The columns that hold where an account is reached and with what."""
        return {
            "context": context_column(linked.connection),
            "origin": linked.origin,
            "credential": seal_credential(self.sealer, linked.id, linked.origin, linked.credential),
        }

    def _base(self, provider: Provider, connection: Mapping[str, Any]) -> Base:
        return provider_base(self.settings.provider_bases.get(provider.name, provider.words.base), connection)
