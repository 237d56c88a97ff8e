"""How an exchange on the wire fails."""


class WireFault(Exception):  # noqa: N818 - the family's names say what happened
    """An answer that did not come, broke off or can be understood in two ways, or a request that is not HTTP.

    ``reason`` is in our words: no byte of the peer is repeated. ``late``: something was waited for in vain.
    """

    def __init__(self, reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.late = late


NOT_HTTP = "the answer broke off or was not HTTP"
BROKEN = "the connection broke off"
PAUSED = "the answer paused for too long"
UNREAD = "the request could not be written in time"
