"""All benchmarks, one report. Fails on errors, never on slowness: machines differ, and so do their days.

python benchmarks/run.py
"""

import platform
import time

import coordination
import engines
import mapping
import refused
import serving
import startup

PARTS = {
    "Mapping one page": mapping.main,
    "The HTTP engine": engines.main,
    "The rate budgets": coordination.main,
    "Serving": serving.main,
    "A provider that is down": refused.main,
    "Starting": startup.main,
}


def run() -> None:
    """Prints each part as it is done."""
    started = time.perf_counter()
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}")
    for title, part in PARTS.items():
        print(f"\n{title}\n{'-' * len(title)}", flush=True)
        print(part(), flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s in all")


if __name__ == "__main__":
    run()
