"""Reading files of the mapping language; every mistake of a file is reported at once."""

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import yaml

from proxy.language.shape import convert
from proxy.language.source import Document, Mistake, Mistakes, dotted
from proxy.language.yaml import Limits, TooMuch, build

__all__ = ["Document", "Mistake", "Mistakes", "convert", "dotted", "load", "load_untrusted", "read"]

OURS = Limits(depth=60, nodes=200_000)
OUTSIDE = Limits(depth=20, nodes=5_000)
OUTSIDE_BYTES = 64 * 1024
BYTE_ORDER_MARK = "\ufeff"
"""May begin a document and should not stand inside one (YAML 1.2.2 5.2); there parsers differ in what it means."""


class _ShallowLoader(yaml.SafeLoader):
    """Stops at open brackets before the scanner has looked at hundreds of them, which takes quadratic time."""

    def fetch_flow_collection_start(self, token_class: type[yaml.Token]) -> None:
        if self.flow_level > OUTSIDE.depth:
            raise TooMuch(f"the document is nested more than {OUTSIDE.depth} deep")
        super().fetch_flow_collection_start(token_class)


FAST_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str, file: str) -> Document:
    """A file of ours, read by the fast parser where PyYAML has it.

    :raises Mistakes: with every mistake found.
    """
    return _finished(text, FAST_LOADER, file, OURS)


def read(path: FilePath) -> Document:
    """``load`` for a file on disk; the mistakes name it as the path is given.

    :raises Mistakes: also where the file is not UTF-8.
    :raises OSError: where it cannot be read.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Mistakes([Mistake(str(path), line, "", "the file is not UTF-8")]) from None
    return load(text, str(path))


def load_untrusted(text: str, file: str) -> Document:
    """A file from outside: at most 64 KiB, 20 levels and 5,000 nodes, by the pure-Python parser, which cannot crash.

    :raises Mistakes: with every mistake found.
    """
    if len(text.encode("utf-8", "surrogatepass")) > OUTSIDE_BYTES:
        raise Mistakes([Mistake(file, 1, "", "the file is larger than 64 KiB")])
    return _finished(text, _ShallowLoader, file, OUTSIDE)


def _finished(text: str, loader: type[Any], file: str, limits: Limits) -> Document:
    if (at := text.find(BYTE_ORDER_MARK, 1)) > 0:
        line = text.count("\n", 0, at) + 1
        raise Mistakes([Mistake(file, line, "", "a byte order mark stands inside the text")])
    document, mistakes = build(_events(text, loader), file, limits)
    if mistakes:
        raise Mistakes(mistakes)
    return document


def _events(text: str, loader: type[Any]) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=loader)
