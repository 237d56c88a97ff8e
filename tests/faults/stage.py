"""A loop in a thread of its own, in which the providers and relays of a file live while its tests come and go."""

import asyncio
import threading


class Stage:
    """Runs coroutines for tests that are not coroutines themselves."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine, seconds=20):
        """What a coroutine gives, run in the stage's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(20)
        self.loop.close()
