"""What processes cost, read from /proc: CPU to the nanosecond where the kernel tells it, memory, open files."""

import os
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: list[int]) -> float:
    """CPU that processes have used until now, all threads, user and system together."""
    return sum(_cpu(pid) for pid in pids)


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    running = [(int(path.name), _stat(path)) for path in PROC.glob("[0-9]*")]
    found = [pid]
    for one in found:
        found += [child for child, stat in running if stat and int(stat[1]) == one]
    return found


def resident_mib(pid: int) -> float:
    """Resident memory."""
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def open_files(pid: int) -> int:
    """Open file descriptors."""
    return len(list((PROC / str(pid) / "fd").iterdir()))


def _cpu(pid: int) -> float:
    """``schedstat`` counts nanoseconds; ``stat`` ticks of 10 ms, too coarse for cheap routes, where there is no other.

    A thread that ends takes its nanoseconds with it; the servers measured here keep theirs.
    """
    threads = list((PROC / str(pid) / "task").iterdir())
    try:
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    except FileNotFoundError:
        user, system = _stat(PROC / str(pid))[11:13]
        return (int(user) + int(system)) / TICKS


def _stat(folder: Path) -> list[str]:
    """The fields of ``stat`` from the state on; nothing where the process has ended meanwhile."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
