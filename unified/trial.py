"""Whether an account's stored credential still works, found out by one call: ``interline accounts test``."""

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from proxy.accounts.command import OPERATOR
from proxy.accounts.record import ACTIVE, BLOCKED, NEEDS_REAUTH, Account
from proxy.errors import InvalidCredential, ProviderProblem, ReauthRequired
from unified.app import Server
from unified.in_process import linked, run


class Found(IntEnum):
    """What a trial finds, as the exit code tells it; 1 and 2 are the command line's own."""

    WORKS = 0
    REFUSED = 3
    UNREACHABLE = 4
    DIFFERENT = 5
    BLOCKED = 6


class Finding(Struct, frozen=True):
    """What was found, and a sentence about it."""

    found: Found
    sentence: str


def trial(account_id: str) -> Finding:
    """Tries the credential of an account of the database that the settings name."""
    return run(lambda server: try_account(server, account_id))


async def try_account(server: Server, account_id: str) -> Finding:
    """Makes the ``verify`` call of the provider file; also for an account that needs a new credential."""
    try:
        account = await linked(server, account_id)
    except ReauthRequired as unreadable:
        return Finding(Found.REFUSED, f"{account_id}: {unreadable.detail}.")
    label = account.provider.words.label
    shown = await server.accounts.get(OPERATOR, account_id)
    if shown.status == BLOCKED:
        return Finding(Found.BLOCKED, f"{account_id} is blocked; no call was made.")
    try:
        verified = await server.verify(replace(account, status=ACTIVE))
    except InvalidCredential as refused:
        return _refused(account_id, refused)
    except ProviderProblem as problem:
        return Finding(Found.UNREACHABLE, f"{label} gave no verdict on {account_id}: {problem.detail}.")
    if verified.identity != await server.accounts.identity(OPERATOR, account_id):
        sentence = f"{label} takes the credential of {account_id}, but it is of another account now: {verified.label}."
        return Finding(Found.DIFFERENT, sentence)
    return Finding(Found.WORKS, f"{label} takes the credential of {account_id} ({verified.label}).{_still(shown)}")


def _refused(account_id: str, refused: InvalidCredential) -> Finding:
    (error,) = refused.errors
    found = Found.DIFFERENT if error.path == "context" else Found.REFUSED
    return Finding(found, f"{account_id}: {error.detail}.")


def _still(account: Account) -> str:
    if account.status != NEEDS_REAUTH:
        return ""
    return " The account still needs its credential anew: send it with PATCH /integrated-account/{id}."
