"""One attempt: the request is written, the head awaited, the body read where it is to be looked at."""

import asyncio

from msgspec import Struct

from proxy.bounds import Bounds
from proxy.errors import ProviderError, ProviderTooLarge
from proxy.outbound.answer import may_refuse_credential
from proxy.outbound.exchange import SendFailure
from proxy.outbound.inflate import BodyCut, BodyFault, BodyTooBig, whole_body
from proxy.outbound.retry import Outcome
from proxy.outbound.transport import Incoming
from proxy.provider.model import Provider
from proxy.trace import Deadline


class Attempt(Struct):
    """An answer, whose ``body`` is there where it was read, or a failure."""

    incoming: Incoming | None = None
    body: bytes | None = None
    failure: SendFailure | None = None
    announced_wait: float | None = None

    @property
    def outcome(self) -> Outcome:
        """What became of it, for the verdict."""
        if self.incoming is None:
            return Outcome(self.failure.phase if self.failure else "ambiguous")
        status = self.incoming.status
        return Outcome("answered", status, self.announced_wait, page=status < 300 and _is_page(self.body))

    @property
    def late(self) -> bool:
        """Whether it was the deadline that ended it."""
        return self.failure is not None and self.failure.late

    async def discard(self) -> None:
        """Frees the connection of an answer that is not used."""
        if self.incoming is not None:
            await self.incoming.aclose()


async def received(
    incoming: Incoming, provider: Provider, bounds: Bounds, deadline: Deadline, *, streamed: bool
) -> Attempt:
    """The answer with its body, unless that is ``streamed`` and nothing in it decides what the answer means.

    A body that breaks off is a failure of the attempt. Raises ``ProviderTooLarge``, and ``ProviderError`` for one that
    is damaged.
    """
    if streamed and not may_refuse_credential(provider, incoming.status):
        return Attempt(incoming)
    try:
        return Attempt(incoming, body=await _body(incoming, bounds, deadline))
    except (SendFailure, BodyCut) as failure:
        await incoming.aclose()
        known = failure if isinstance(failure, SendFailure) else SendFailure("ambiguous", str(failure))
        return Attempt(failure=known)
    except BodyTooBig as fault:
        await incoming.aclose()
        raise ProviderTooLarge(str(fault), provider=provider.name, provider_status=incoming.status) from None
    except BodyFault as fault:
        await incoming.aclose()
        raise ProviderError(str(fault), provider=provider.name, provider_status=incoming.status) from None
    except BaseException:
        await incoming.aclose()
        raise


def _is_page(body: bytes | None) -> bool:
    """Whether a body that was to be JSON is markup: of a login, of maintenance, of something between."""
    return body is not None and body.lstrip()[:1] == b"<"


async def _body(incoming: Incoming, bounds: Bounds, deadline: Deadline) -> bytes:
    try:
        async with asyncio.timeout(deadline.left()):
            body = await whole_body(
                incoming.stream(), incoming.headers, bounds.provider_json_bytes, bounds.provider_json_ratio
            )
    except TimeoutError:
        raise SendFailure("ambiguous", "the answer did not end before the deadline", late=True) from None
    incoming.headers = [header for header in incoming.headers if header[0] != b"content-encoding"]
    return body
