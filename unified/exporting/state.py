"""Where an export stands, in a file: written after each page that is through, taken away at the end."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What is exported: an export goes on only with the same."""

    account: str
    resource: str
    include: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]
    strict: bool
    limit: int | None
    page_size: int


class State(Struct, frozen=True, forbid_unknown_fields=True):
    """The place between two pages: ``records`` in ``bytes`` bytes are written, ``cursor`` leads to what follows.

    ``start`` is how long the output was before, ``file`` its device and inode where it is a file. A ``cursor`` of null
    is the beginning of the list.
    """

    asked: Asked
    cursor: str | None = None
    records: int = 0
    bytes: int = 0
    start: int = 0
    file: tuple[int, int] | None = None


class StateMistake(Exception):  # noqa: N818 - the family's names say what happened
    """The file is no state, or that of another export."""


def read_state(path: Path, asked: Asked) -> State | None:
    """The state in the file, if there is one; raises ``StateMistake`` where it is not that of what is asked."""
    try:
        state = msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StateMistake(f"{path} cannot be read as the state of an export: {error}") from None
    differing = [name for name in Asked.__struct_fields__ if getattr(state.asked, name) != getattr(asked, name)]
    if differing:
        raise StateMistake(
            f"{path} is the state of an export with another {', '.join(differing)}; "
            "finish that one, or remove the file to begin this one"
        )
    return state


def write_state(path: Path, state: State) -> None:
    """Replaces the file as a whole, readable for its owner alone: filters can name people."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(state))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
