"""A file of ours after it was read: its data, where each part stands, and what is wrong with it."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

Path = tuple[str | int, ...]

MISTAKES_MOST = 200
"""Mistakes of one document that are looked for: whoever has made so many begins anew."""
SHOWN_KEY = 80
"""Characters of a key in a message: a long one would be repeated with every mistake below it."""


class Mistake(Struct, frozen=True, order=True):
    """One thing that is wrong in a file; ``key`` is the dotted path to it, empty for the whole file."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        return f"{where}{self.key}: {self.message}" if self.key else where + self.message


class Mistakes(Exception):  # noqa: N818 (a list of mistakes, not one error)
    """All mistakes found, in the order of the file."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


class Document:
    """The data of a YAML file, and the line of every key and list item by its path."""

    __slots__ = ("data", "file", "lines")

    def __init__(self, file: str, data: Any, lines: Mapping[Path, int]) -> None:
        self.file = file
        self.data = data
        self.lines = lines

    def line(self, path: Path) -> int:
        """The line, from 1, of a key or item, or of the nearest one above it that the file has."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1

    def mistake(self, path: Path, message: str) -> Mistake:
        """A mistake at a place of this document."""
        return Mistake(self.file, self.line(path), dotted(path), message)


def dotted(path: Path) -> str:
    """A path as people write it: ``list[0].filters.status``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shortened(part)}"
    return text.removeprefix(".")


def shortened(key: str) -> str:
    """A key as far as a message shows it."""
    return key if len(key) <= SHOWN_KEY else key[:SHOWN_KEY] + "..."
