"""Starting: the server until it is ready, and the command line until it has answered; medians in seconds.

python benchmarks/startup.py
"""

import statistics
import subprocess
import time

from house import INTERLINE, folder_and_server
from msgspec import Struct

TIMES = 3
TARGET_READY = 2.0


class Started(Struct, frozen=True):
    """Seconds of wall clock."""

    ready: float
    """From starting ``interline serve`` to the first 200 of ``/ready``."""
    help: float
    """``interline --help`` from start to end."""


def measure() -> Started:
    """Starts everything three times, one after another."""
    with folder_and_server() as server:
        ready = []
        for _ in range(TIMES):
            started = time.perf_counter()
            with server.running():
                ready.append(time.perf_counter() - started)
    return Started(statistics.median(ready), statistics.median(_help_seconds() for _ in range(TIMES)))


def _help_seconds() -> float:
    started = time.perf_counter()
    subprocess.run([*INTERLINE, "--help"], check=True, capture_output=True)
    return time.perf_counter() - started


def report(started: Started) -> str:
    """The lines that are printed."""
    return (
        f"interline serve to /ready {started.ready:.2f} s (target under {TARGET_READY:g} s)\n"
        f"interline --help          {started.help:.2f} s"
    )


def main() -> str:
    """Measures and reports."""
    return report(measure())


if __name__ == "__main__":
    print(main())
