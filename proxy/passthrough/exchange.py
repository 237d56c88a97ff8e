"""The caller's side of one request, and the provider's answer on its way there."""

from litestar.types import HTTPScope, Receive, Send

from proxy.bounds import Bounds
from proxy.outbound.answer import ProviderAnswer, refusal
from proxy.outbound.redact import needles_of
from proxy.passthrough.relay import Relay, RelayBroken, Settle, nothing_to_settle
from proxy.provider.account import LinkedAccount
from proxy.trace import Trace


class Exchange:
    """One request of a caller."""

    __slots__ = ("method", "receive", "scope", "send", "trace")

    def __init__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.method = str(scope["method"])
        self.trace: Trace = scope["state"]["trace"]

    def header(self, name: str) -> list[str]:
        """Every value of a header."""
        wanted = name.lower().encode("ascii")
        return [value.decode("latin-1") for key, value in self.scope["headers"] if key.lower() == wanted]

    async def relay(
        self, account: LinkedAccount, answer: ProviderAnswer, bounds: Bounds, settle: Settle = nothing_to_settle
    ) -> None:
        """Status and bytes are the provider's, except where it refused the stored credential; closes the answer."""
        try:
            hidden = needles_of(account.credential)
            problem = refusal(answer, show_body=True, hide=hidden) if answer.refused else None
            if problem is not None:
                raise problem
            with self.trace.stage("relay"):
                await Relay(answer, account, bounds, self.send, settle).run(self.method)
        except RelayBroken as broken:
            self.trace.facts["aborted"] = str(broken)
            raise
        finally:
            await answer.aclose()
