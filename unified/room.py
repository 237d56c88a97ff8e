"""What the bodies of requests may take of a worker's memory together."""

from proxy.errors import Overloaded

RETRY_AFTER = "1"


class Room:
    """So many bytes, of which each body takes its part until its request has ended."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, size: int) -> None:
        """Raises ``Overloaded`` where that is more than is left."""
        if size > self._left:
            raise Overloaded("the server holds as many bodies as it takes", headers={"Retry-After": RETRY_AFTER})
        self._left -= size

    def give_back(self, size: int) -> None:
        """The end of the request that took it."""
        self._left += size
