"""Strict YAML: the events of a parser to a Document, refusing whatever could mean two things.

Refused are duplicate keys, anchors, aliases, tags, merge keys, directives and several documents in one file. Events are
read one at a time and nothing recurses, so depth and size are bounded before they cost anything.
"""

from collections.abc import Iterable
from typing import Any

import yaml
from msgspec import Struct

from proxy.language.scalar import resolve
from proxy.language.source import MISTAKES_MOST, Document, Mistake, Path, dotted

PARSER_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What PyYAML raises beside its own errors on malformed input, for instance on an escape beyond Unicode."""


class Limits(Struct, frozen=True):
    """How large a document may be: nesting, and nodes with the keys counted."""

    depth: int
    nodes: int


class TooMuch(Exception):  # noqa: N818 (ends the reading; becomes a mistake)
    """A document that passes its limits."""


class _Open:
    """A list or mapping whose end has not come; ``key`` is the mapping's key that waits for its value."""

    __slots__ = ("held", "key", "path", "skipped")

    def __init__(self, held: Any, path: Path) -> None:
        self.held = held
        self.path = path
        self.key: str | None = None
        self.skipped = 0


class Builder:
    """Makes data of events and collects every mistake on the way."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self.data: Any = None
        self.lines: dict[Path, int] = {}
        self.mistakes: list[Mistake] = []
        self.open: list[_Open] = []
        self.nodes = 0
        self.documents = 0

    def document(self) -> Document:
        """What was built."""
        return Document(self.file, self.data, self.lines)

    def wrong(self, line: int, path: Path, message: str) -> None:
        """Note a mistake; ends the reading where there are too many."""
        self.note(line, path, message)
        if len(self.mistakes) >= MISTAKES_MOST:
            raise TooMuch("there are more mistakes than are told")

    def note(self, line: int, path: Path, message: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(self.file, line, dotted(path), message))

    def take(self, event: yaml.Event) -> None:
        """Go on by one event."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.start_document(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self.take_node(event, line)

    def start_document(self, event: yaml.DocumentStartEvent, line: int) -> None:
        """One document in a file, without directives."""
        self.documents += 1
        if self.documents > 1:
            self.wrong(line, (), "a file holds one document")
        if event.version or event.tags:
            self.wrong(line, (), "directives are not used here")

    def take_node(self, event: yaml.NodeEvent, line: int) -> None:
        """A scalar, an alias, or the start of a list or mapping."""
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise TooMuch(f"the document has more than {self.limits.nodes} parts")
        inside = self.open[-1] if self.open else None
        if inside is not None and isinstance(inside.held, dict) and inside.key is None:
            self.take_key(event, line, inside)
            return
        path = self.place(inside, line)
        self.refuse_features(event, line, path)
        self.put(inside, self.value(event, line, path))

    def place(self, inside: _Open | None, line: int) -> Path:
        """The path of the value that comes; an item's line is noted here, a key's with the key."""
        if inside is None:
            path: Path = ()
        elif isinstance(inside.held, list):
            path = (*inside.path, len(inside.held))
        else:
            return (*inside.path, inside.key or "")
        self.lines.setdefault(path, line)
        return path

    def put(self, inside: _Open | None, value: Any) -> None:
        """Set a value where it belongs."""
        if inside is None:
            self.data = value if self.documents == 1 else self.data
        elif isinstance(inside.held, list):
            inside.held.append(value)
        else:
            inside.held[inside.key] = value
            inside.key = None

    def value(self, event: yaml.NodeEvent, line: int, path: Path) -> Any:
        """The value of a node; a collection is empty yet and open."""
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, line, path)
        if isinstance(event, yaml.AliasEvent):
            return None
        if len(self.open) >= self.limits.depth:
            raise TooMuch(f"the document is nested more than {self.limits.depth} deep")
        held: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        # The collection is put into its place after this, while it is already open.
        self.open.append(_Open(held, path))
        return held

    def scalar(self, event: yaml.ScalarEvent, line: int, path: Path) -> Any:
        """A quoted scalar is a string; a plain one what the core schema says."""
        if not event.implicit[0]:
            return event.value
        try:
            return resolve(event.value)
        except ValueError as error:
            self.wrong(line, path, str(error))
            return None

    def refuse_features(self, event: yaml.NodeEvent, line: int, path: Path) -> None:
        """Anchors, aliases and tags make a reader look elsewhere for what a line means."""
        if isinstance(event, yaml.AliasEvent):
            self.wrong(line, path, "aliases are not used here: write the value out")
        elif event.anchor is not None:
            self.wrong(line, path, "anchors are not used here")
        if getattr(event, "tag", None) is not None:
            self.wrong(line, path, "tags are not used here")

    def take_key(self, event: yaml.NodeEvent, line: int, inside: _Open) -> None:
        """A key is its text, whatever it would be as a value: ``404:`` and ``no:`` are strings."""
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse_key(event, line, inside)
            return
        key = self.unique(event, line, inside)
        path = (*inside.path, key)
        self.refuse_features(event, line, path)
        if key == "<<" and event.implicit[0]:
            self.wrong(line, path, "merge keys are not used here: write the keys out")
        inside.key = key
        self.lines.setdefault(path, line)

    def unique(self, event: yaml.ScalarEvent, line: int, inside: _Open) -> str:
        """The key, or a stand-in for one that was there before."""
        key = event.value
        if key == "" and event.implicit[0]:
            self.wrong(line, inside.path, "a key is missing before the colon")
        if key not in inside.held:
            return key
        path = (*inside.path, key)
        self.wrong(line, path, f"the key stands already in line {self.lines[path]}")
        inside.skipped += 1
        return f"{key} ({inside.skipped + 1})"

    def refuse_key(self, event: yaml.NodeEvent, line: int, inside: _Open) -> None:
        """A list, a mapping or an alias as a key; a stand-in takes its value."""
        self.wrong(line, inside.path, "a key must be a word")
        inside.skipped += 1
        inside.key = f"key {inside.skipped}"
        if isinstance(event, yaml.CollectionStartEvent):
            self.value(event, line, inside.path)


def build(events: Iterable[yaml.Event], file: str, limits: Limits) -> tuple[Document, list[Mistake]]:
    """The document that events describe and all mistakes found; after a syntax error nothing more is read."""
    builder = Builder(file, limits)
    try:
        for event in events:
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        builder.note(mark.line + 1 if mark else 1, (), " ".join(filter(None, (error.context, error.problem))))
    except TooMuch as error:
        builder.note(line_of(builder), (), str(error))
    except (yaml.YAMLError, *PARSER_FAULTS) as error:
        builder.note(line_of(builder), (), f"cannot be read: {(str(error) or 'malformed').splitlines()[0]}")
    return builder.document(), builder.mistakes


def line_of(builder: Builder) -> int:
    """The last line that something was noted for."""
    return max(builder.lines.values(), default=1)
