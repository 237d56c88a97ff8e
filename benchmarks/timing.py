"""Timing several ways to do one thing: in turns, so that a busy moment of the machine meets all of them."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

Item = dict[str, Any]
Way = Callable[[Item], Any]

ROUNDS = 200


def medians(ways: Mapping[str, Way], items: list[Item], rounds: int = ROUNDS) -> dict[str, float]:
    """Microseconds that each way takes for all items, the median of the rounds; the collector rests meanwhile."""
    samples: dict[str, list[float]] = {name: [] for name in ways}
    gc.disable()
    try:
        for _ in range(rounds):
            for name, way in ways.items():
                samples[name].append(_timed(way, items))
    finally:
        gc.enable()
    return {name: statistics.median(taken) for name, taken in samples.items()}


def must_agree(ways: Mapping[str, Way], items: list[Item]) -> None:
    """Raises ValueError unless every way makes the same of every item."""
    for item in items:
        first, *others = [way(item) for way in ways.values()]
        if any(made != first for made in others):
            raise ValueError(f"{', '.join(ways)} differ on item {item.get('id')}")


def table(taken: Mapping[str, float], unit: float) -> list[str]:
    """Lines of a table: each way, its microseconds, and how many times ``unit`` that is."""
    width = max(len(name) for name in taken) + 2
    return [f"{name:<{width}}{one:>10.1f} us {one / unit:>8.2f}x" for name, one in taken.items()]


def _timed(way: Way, items: list[Item]) -> float:
    started = time.perf_counter()
    for item in items:
        way(item)
    return (time.perf_counter() - started) * 1e6
