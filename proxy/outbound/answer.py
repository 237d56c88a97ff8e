"""What a provider answered: read as JSON, or judged as a refusal by the provider file's rules."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec

from proxy.errors import (
    FieldError,
    Problem,
    ProviderConflict,
    ProviderError,
    ProviderForbidden,
    ProviderInvalid,
    ProviderNotFound,
    ProviderNotJson,
    ProviderProblem,
    ProviderRedirect,
    RateLimited,
    ReauthRequired,
    all_problems,
)
from proxy.language.context import Context
from proxy.language.faults import FAULTS, EvaluationError
from proxy.outbound.headers import Headers
from proxy.outbound.redact import Needles, redacted
from proxy.outbound.retry import relayed_wait
from proxy.outbound.transport import Incoming
from proxy.provider.model import ErrorRule, Provider

SHOWN_BODY = 4096
"""Bytes of a provider's refusal that a caller with the scope may see."""
SHOWN_WORDS = 300
"""Characters of its own words about it that every caller sees in ``detail``."""
FIELD_ERRORS_MOST = 100
NO_DETAIL = "refused by the provider"

VALUES_MOST = 1_000_000
"""Values of a provider's JSON, commas in texts included; the largest pages have a twentieth."""

_BY_CODE = {kind.code: kind for kind in all_problems(ProviderProblem)}
_BY_STATUS: dict[int, type[ProviderProblem]] = {
    400: ProviderInvalid,
    401: ReauthRequired,
    403: ProviderForbidden,
    404: ProviderNotFound,
    409: ProviderConflict,
    410: ProviderNotFound,
    422: ProviderInvalid,
    429: RateLimited,
}
"""What a status means where the provider file has no rule for it; any other from 400 is a fault of the provider."""


class ProviderAnswer:
    """The last answer of a call. Close it, whatever happens: it holds the account's place and its connection.

    ``body`` is there once it was read whole. ``refused`` says that the provider refused the stored credential.
    ``repeated`` says that an attempt before the one that is answered may have arrived too.
    """

    __slots__ = (
        "_incoming",
        "_leave",
        "announced_wait",
        "body",
        "headers",
        "provider",
        "refused",
        "repeated",
        "status",
    )

    def __init__(
        self, provider: Provider, incoming: Incoming, *, body: bytes | None, leave: Callable[[], None]
    ) -> None:
        self.provider = provider
        self.status = incoming.status
        self.headers: Headers = incoming.headers
        self.body = body
        self.refused = False
        self.repeated = False
        self.announced_wait: float | None = None
        self._incoming = incoming
        self._leave: Callable[[], None] | None = leave

    def header(self, name: bytes) -> bytes | None:
        """The first header of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    async def stream(self) -> AsyncIterator[bytes]:
        """The body in chunks, once; raises ``SendFailure`` where it breaks off."""
        if self.body is not None:
            if self.body:
                yield self.body
            return
        async for chunk in self._incoming.stream():
            yield chunk

    async def aclose(self) -> None:
        """Gives back the connection and the account's place; a second time does nothing."""
        leave, self._leave = self._leave, None
        if leave is None:
            return
        try:
            await self._incoming.aclose()
        finally:
            leave()


async def read_json(answer: ProviderAnswer) -> Any:
    """The decoded body of an answer that was read whole (``ProviderRequest.stream`` false); closes it.

    Raises ``ProviderNotJson`` for anything else than JSON in UTF-8; an empty body is ``None``.
    """
    await answer.aclose()
    if answer.body is None:
        raise RuntimeError("a streamed answer is not read as JSON")
    if not answer.body.strip():
        return None
    try:
        return decoded(answer.body)
    except ValueError:
        raise ProviderNotJson(
            f"{answer.provider.words.label} answered something else than JSON",
            provider=answer.provider.name,
            provider_status=answer.status,
        ) from None


def decoded(body: bytes) -> Any:
    """JSON decoded; every way to fail (syntax, encoding, depth, number of values) is a ``ValueError``."""
    if len(body) > VALUES_MOST and body.count(b",") + body.count(b"[") + body.count(b"{") > VALUES_MOST:
        raise ValueError("too many values")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("not JSON") from error


def refusal(answer: ProviderAnswer, *, show_body: bool = False, hide: Needles | None = None) -> Problem | None:
    """The problem that an answer read whole amounts to, or ``None`` for a success.

    The first rule of the provider file that holds decides, else the status. ``show_body`` adds ``provider_body``,
    redacted and cut; one that contains what ``hide`` looks for is left out.
    """
    if answer.status < 300:
        return None
    provider = answer.provider
    body = _decoded_or_none(answer.body or b"")
    rule = next((rule for rule in provider.errors if _holds(rule, answer.status, body)), None)
    kind = _BY_CODE[rule.code] if rule else _by_status(answer.status)
    members: dict[str, Any] = {}
    if show_body:
        members = _shown(answer.body or b"", body, provider, hide or Needles(()))
    headers = {"Retry-After": str(relayed_wait(answer.announced_wait))} if kind is RateLimited else {}
    errors = _field_errors(rule, body, hide or Needles(()))
    return kind(
        _told(f"{provider.words.label} answered {answer.status}", errors),
        provider=provider.name,
        provider_status=answer.status,
        errors=errors,
        headers=headers,
        **members,
    )


def refuses_credential(provider: Provider, status: int, raw: bytes) -> bool:
    """Whether an answer says that the stored credential is no longer good."""
    if not may_refuse_credential(provider, status):
        return False
    body = _decoded_or_none(raw)
    rule = next((rule for rule in provider.errors if _holds(rule, status, body)), None)
    return rule.code == ReauthRequired.code if rule else status == 401


def may_refuse_credential(provider: Provider, status: int) -> bool:
    """Whether the body of an answer of this status must be looked at to know."""
    return status == 401 or any(rule.status == status and rule.code == ReauthRequired.code for rule in provider.errors)


def _by_status(status: int) -> type[ProviderProblem]:
    if status < 400:
        return ProviderRedirect
    return _BY_STATUS.get(status, ProviderInvalid if status in (405, 406, 413, 415) else ProviderError)


def _decoded_or_none(raw: bytes) -> Any:
    try:
        return decoded(raw) if raw.strip() else None
    except ValueError:
        return None


def _holds(rule: ErrorRule, status: int, body: Any) -> bool:
    """A condition that fails to evaluate is false."""
    if rule.status != status:
        return False
    if rule.when is None:
        return True
    try:
        return bool(rule.when(body))
    except (EvaluationError, *FAULTS):
        return False


def _field_errors(rule: ErrorRule | None, body: Any, hide: Needles) -> Sequence[FieldError]:
    """The fields that were wrong; what a provider says is not repeated where it holds what ``hide`` looks for."""
    if rule is None or rule.fields is None:
        return ()
    try:
        found = rule.fields(body, Context(body=body))
    except (EvaluationError, *FAULTS):
        return ()
    rows = found if isinstance(found, list) else []
    return [
        FieldError(path=_unless(hide, row.get("path"), ""), detail=_unless(hide, row.get("detail"), NO_DETAIL))
        for row in rows[:FIELD_ERRORS_MOST]
        if isinstance(row, dict)
    ]


def _unless(hide: Needles, said: Any, instead: str) -> str:
    text = str(said or instead)
    return instead if hide.within(text.encode()) else text


def _told(what: str, errors: Sequence[FieldError]) -> str:
    """The refusal in one line, with the provider's own words."""
    words = "; ".join(dict.fromkeys(one.detail for one in errors if one.detail != NO_DETAIL))[:SHOWN_WORDS]
    return f"{what}: {words}" if words else what


def _shown(raw: bytes, body: Any, provider: Provider, hide: Needles) -> dict[str, Any]:
    if body is None:
        shown = raw[:SHOWN_BODY].decode("utf-8", "replace")
        return {} if hide.within(raw) or not shown else {"provider_body": shown}
    clean = redacted(body, provider.words.secret_fields)
    written = msgspec.json.encode(clean)
    if hide.within(written):
        return {}
    return {"provider_body": clean if len(written) <= SHOWN_BODY else written[:SHOWN_BODY].decode("utf-8", "replace")}
