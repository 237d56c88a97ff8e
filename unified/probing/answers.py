"""The calls of a probe: through the outbound door, within the budget, each made once."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from proxy.errors import NotFound, Problem, ReauthRequired
from proxy.language.expression import Context
from proxy.outbound.answer import ProviderAnswer, decoded
from proxy.outbound.call import Outbound
from proxy.outbound.paths import provider_path, target
from proxy.outbound.request import ProviderRequest
from proxy.provider.account import LinkedAccount
from proxy.secret import Secret
from proxy.trace import Deadline, Trace
from unified.mapping.times import MILLISECONDS_FROM
from unified.probing.plan import Call

CALL_SECONDS = 120.0
"""One call, the wait for the provider's budget included: a window of a minute may have to pass."""
INVENTED = "interline-probe-invented-credential"

Answer = dict[str, Any]


class NothingToAsk(Exception):  # noqa: N818 - says what happened
    """An earlier answer holds nothing that the call could ask about."""


class Answers:
    """What one account's provider answers; ``strangers`` is a door that marks no account when it is refused."""

    def __init__(self, outbound: Outbound, strangers: Outbound, account: LinkedAccount) -> None:
        self._outbound = outbound
        self._strangers = strangers
        self._account = account
        self._known: dict[tuple[str, str], Answer] = {}
        self._wrong: str | None = None
        self.calls = 0

    async def ask(self, call: Call, context: Context) -> Answer:
        """The answer as ``{status, type, headers, body, now}``; a call that was made is not made again.

        Raises ``NothingToAsk``, and the problems of ``Outbound.call``.
        """
        wanted = self._target(call, context)
        known = self._known.get((call.credential, wanted))
        if known is None:
            known = self._known[call.credential, wanted] = await self._call(call, wanted)
        return known

    def _target(self, call: Call, context: Context) -> str:
        query = [(one.name, one.fill(context)) for one in call.query]
        if any(value is None for _, value in query):
            raise NothingToAsk
        try:
            path = call.path.fill(context)
            place = provider_path(self._account, f"^{path}" if call.path.at_base else path)
        except (NotFound, Problem):
            raise NothingToAsk from None
        return target(place, urlencode(query).encode())

    async def _call(self, call: Call, wanted: str) -> Answer:
        trace = Trace("probe", Deadline(CALL_SECONDS))
        request = ProviderRequest("GET", wanted, safe=True, patience=CALL_SECONDS)
        if call.credential == "wrong":
            self._one_wrong_credential(wanted)
            answer = await self._strangers.call(stranger(self._account), request, trace)
        else:
            answer = await self._outbound.call(self._account, request, trace)
        self.calls += trace.upstream_calls
        await answer.aclose()
        if answer.refused and call.credential == "own":
            name = self._account.provider.name
            raise ReauthRequired("the provider refuses the stored credential; link the account again", provider=name)
        return shown(answer)

    def _one_wrong_credential(self, wanted: str) -> None:
        """A provider may lock out who tries several."""
        if self._wrong not in (None, wanted):
            raise NothingToAsk
        self._wrong = wanted


def stranger(account: LinkedAccount) -> LinkedAccount:
    """The account with an invented credential, and with a name of its own: its calls count nowhere else."""
    invented = {name: Secret(INVENTED) for name in account.credential}
    return replace(account, id=f"{account.id}:stranger", credential=invented)


def shown(answer: ProviderAnswer) -> Answer:
    """An answer as expressions see it: header names in lower case, ``body`` null where it is no JSON."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
    try:
        body = decoded(answer.body or b"")
    except ValueError:
        body = None
    return {
        "status": answer.status,
        "type": headers.get("content-type", "").partition(";")[0].strip().lower() or None,
        "headers": headers,
        "body": body,
        "now": _now(headers),
    }


def _now(headers: Mapping[str, str]) -> float:
    """The provider's clock, which its times come from; ours where it does not tell."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError, IndexError):
        return time.time()


def ago(value: object, now: float, zone: tzinfo) -> dict[str, float] | None:
    """How many seconds before ``now`` a time is, a naive one read in ``zone`` and in UTC; ``None`` for no time."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        epoch = value / 1000 if value >= MILLISECONDS_FROM else value
        return {"ago": now - epoch, "ago_utc": now - epoch}
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    if moment.tzinfo is not None:
        return {"ago": now - moment.timestamp(), "ago_utc": now - moment.timestamp()}
    return {
        "ago": now - moment.replace(tzinfo=zone).timestamp(),
        "ago_utc": now - moment.replace(tzinfo=UTC).timestamp(),
    }
