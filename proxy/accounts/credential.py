"""The credential column: sealed, and bound to the account, the column and the origin it was verified at."""

from collections.abc import Mapping

import msgspec

from proxy.seal import Sealer, bind
from proxy.secret import Secret

USE = "credential"


def seal_credential(sealer: Sealer, account_id: str, origin: str, credential: Mapping[str, Secret]) -> str:
    """The column's text for the credential fields of one account at one origin."""
    plain = msgspec.json.encode({name: value.reveal() for name, value in credential.items()})
    return sealer.for_use(USE).seal(plain, _place(account_id, origin))


def open_credential(sealer: Sealer, account_id: str, origin: str, sealed: str) -> dict[str, Secret]:
    """The fields again; raises ``SealBroken``, also where the provider is now reached at another origin."""
    plain = sealer.for_use(USE).open(sealed, _place(account_id, origin))
    return {name: Secret(value) for name, value in msgspec.json.decode(plain, type=dict[str, str]).items()}


def reseal_credential(sealer: Sealer, account_id: str, origin: str, sealed: str) -> str | None:
    """The same text under the key that seals now; ``None`` where it is. Raises ``SealBroken``."""
    keys = sealer.for_use(USE)
    if keys.is_current(sealed):
        return None
    place = _place(account_id, origin)
    return keys.seal(keys.open(sealed, place), place)


def _place(account_id: str, origin: str) -> bytes:
    return bind("accounts", "credential", account_id, origin)
