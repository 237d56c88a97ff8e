"""How often something happened of late, counted by all workers together in Redis or Valkey."""

from pathlib import Path

from proxy.coordination.pipe import Pipe, Script, digest
from proxy.coordination.rest import Rest
from proxy.coordination.turn import new_id

PREFIX = "interline:tally:"

_SCRIPT = Path(__file__).with_name("lua") / "tally.lua"
_MICROSECONDS = 1_000_000


class SharedTally:
    """At most ``most`` moments of one thing within ``window_seconds``."""

    def __init__(self, pipe: Pipe, rest: Rest, most: int, window_seconds: float) -> None:
        self._pipe = pipe
        self._rest = rest
        self._most = most
        self._window = round(window_seconds * _MICROSECONDS)
        self._script = Script(_SCRIPT.read_text("utf-8"))

    async def note(self, what: str) -> float | None:
        """Counts one more, or answers the seconds to wait; ``None`` where Redis gives no answer.

        Redis holds a digest of ``what``, never itself.
        """
        key = (PREFIX + digest(what)).encode()
        told = await self._rest.ask(self._pipe.run, self._script, (key,), (self._most, self._window, new_id()))
        return None if told is None else float(told[0]) / _MICROSECONDS
