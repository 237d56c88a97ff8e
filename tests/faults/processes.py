"""What a server's processes hold, read from /proc: a leak shows from outside."""

from collections import Counter
from contextlib import suppress
from pathlib import Path


def family(pid):
    """A process and all below it."""
    return [pid, *(below for child in _children(pid) for below in family(child))]


def descriptors(pid):
    """What a process and those below it have open, by kind, such as ``{"socket": 7}``; a file by its path.

    Without the database's own files: a pool of connections keeps more or less of them.
    """
    names = (name for one in family(pid) for name in _open_files(one))
    return Counter(name.partition(":")[0] for name in names if ".sqlite3" not in name)


def connections(pid, ports):
    """How many sockets a process and those below it have to these ports, whatever has become of the other side."""
    rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[9] for row in rows if int(row[2].rpartition(":")[2], 16) in ports}
    held = (name for one in family(pid) for name in _open_files(one))
    return sum(name in {f"socket:[{inode}]" for inode in inodes} for name in held)


def _children(pid):
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def _open_files(pid):
    found = []
    with suppress(OSError):  # it has ended, or closed one meanwhile
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.append(str(entry.readlink()))
    return found
