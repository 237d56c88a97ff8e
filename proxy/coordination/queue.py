"""Who waits for a budget, in which order: interactive before bulk, first come first served in each."""

from collections.abc import Mapping

from proxy.coordination.turn import Lane, Turn


class Queue:
    """The tickets of one scope; each is void once nobody has asked with it in time."""

    __slots__ = ("_lanes",)

    def __init__(self) -> None:
        self._lanes: Mapping[Lane, dict[str, float]] = {"interactive": {}, "bulk": {}}

    def __bool__(self) -> bool:
        return any(self._lanes.values())

    def ahead(self, turn: Turn, now: float) -> int:
        """How many go before this turn, whether it waits already or only comes."""
        self._forget_void(now)
        before = 0 if turn.lane == "interactive" else len(self._lanes["interactive"])
        for place, waiting in enumerate(self._lanes[turn.lane]):
            if waiting == turn.id:
                return before + place
        return before + len(self._lanes[turn.lane])

    def wait(self, turn: Turn, until: float) -> None:
        """Keeps the turn's place until then; one that has none gets the last."""
        self._lanes[turn.lane][turn.id] = until

    def __contains__(self, turn: Turn) -> bool:
        return turn.id in self._lanes[turn.lane]

    def leave(self, call: str) -> None:
        """Waits no longer."""
        for lane in self._lanes.values():
            lane.pop(call, None)

    def _forget_void(self, now: float) -> None:
        for lane in self._lanes.values():
            for call in [call for call, until in lane.items() if until <= now]:
                del lane[call]
