"""The credential column: sealed, and bound to the account, the column and the origin it was verified at."""

from collections.abc import Mapping

import msgspec

from proxy.database.sealed import CREDENTIAL
from proxy.seal import Sealer
from proxy.secret import Secret


def seal_credential(sealer: Sealer, account_id: str, origin: str, credential: Mapping[str, Secret]) -> str:
    """The column's text for the credential fields of one account at one origin."""
    plain = msgspec.json.encode({name: value.reveal() for name, value in credential.items()})
    return sealer.for_use(CREDENTIAL.use).seal(plain, _place(account_id, origin))


def open_credential(sealer: Sealer, account_id: str, origin: str, sealed: str) -> dict[str, Secret]:
    """The fields again; raises ``SealBroken``, also where the provider is now reached at another origin."""
    plain = sealer.for_use(CREDENTIAL.use).open(sealed, _place(account_id, origin))
    return {name: Secret(value) for name, value in msgspec.json.decode(plain, type=dict[str, str]).items()}


def _place(account_id: str, origin: str) -> bytes:
    return CREDENTIAL.place({"id": account_id, "origin": origin})
