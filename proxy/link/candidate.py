"""What the provider took, sealed until the customer says that it is the right account."""

from typing import Any

import msgspec
from msgspec import Struct

from proxy.accounts.verify import Verified
from proxy.database.sealed import CANDIDATE
from proxy.provider.account import LinkedAccount
from proxy.seal import SealBroken, Sealer
from proxy.secret import Secret


class Candidate(Struct, frozen=True):
    """Provider, fields and what the provider said of them; ``origin`` is where it said so."""

    integration: str
    origin: str
    connection: dict[str, Any]
    credential: dict[str, Secret]
    verified: Verified


class _Stored(Struct):
    integration: str
    origin: str
    connection: dict[str, Any]
    credential: dict[str, str]
    verified: Verified


def seal_candidate(sealer: Sealer, link_id: str, account: LinkedAccount, verified: Verified) -> str:
    """The text of the column ``candidate`` of one link."""
    stored = _Stored(account.provider.name, account.origin, dict(account.connection), _plain(account), verified)
    return sealer.for_use(CANDIDATE.use).seal(msgspec.json.encode(stored), CANDIDATE.place({"id": link_id}))


def open_candidate(sealer: Sealer, link_id: str, sealed: str | None) -> Candidate | None:
    """What was sealed; ``None`` where there is nothing, or nothing that opens here."""
    if sealed is None:
        return None
    try:
        plain = sealer.for_use(CANDIDATE.use).open(sealed, CANDIDATE.place({"id": link_id}))
    except SealBroken:
        return None
    one = msgspec.json.decode(plain, type=_Stored)
    credential = {name: Secret(value) for name, value in one.credential.items()}
    return Candidate(one.integration, one.origin, one.connection, credential, one.verified)


def _plain(account: LinkedAccount) -> dict[str, str]:
    return {name: value.reveal() for name, value in account.credential.items()}
