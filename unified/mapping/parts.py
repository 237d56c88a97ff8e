"""The small parts of a mapping: expressions, path templates, enum tables; each mistake noted with its place."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from proxy.language.document import Document, Mistake
from proxy.language.expression import Expression, ExpressionMistake, compile_expression
from proxy.provider.model import Provider
from proxy.provider.template import PathTemplate, compile_template

Path = tuple[str | int, ...]
Made = TypeVar("Made")

WRITE = "write"
"""The key of an enum table that serves writing alone."""


class Parts:
    """Makes the parts of one file and collects what is wrong with them."""

    def __init__(self, document: Document, provider: Provider) -> None:
        self._document = document
        self.provider = provider
        self.mistakes: list[Mistake] = []

    def note(self, path: Path, message: str) -> None:
        """A mistake at a place of the file."""
        self.mistakes.append(self._document.mistake(path, message))

    def expression(self, text: str, path: Path) -> Expression:
        """A compiled expression; a harmless one where it is wrong, so that the rest is still checked."""
        return self._try(path, lambda: compile_expression(text)) or compile_expression("@")

    def optional(self, text: str | None, path: Path) -> Expression | None:
        """A compiled expression where there is one."""
        return None if text is None else self.expression(text, path)

    def expressions(self, texts: Mapping[str, str], path: Path) -> dict[str, Expression]:
        """Compiled expressions by name."""
        return {name: self.expression(text, (*path, name)) for name, text in texts.items()}

    def template(self, text: str, path: Path) -> PathTemplate:
        """A path template."""
        return self._try(path, lambda: compile_template(text)) or compile_template("/")

    def enum(self, name: str, path: Path) -> Mapping[str, dict[str, Any]]:
        """A table of the provider file: the provider's words and what each means."""
        table = self.provider.words.enums.get(name)
        if table is None:
            self.note(path, f"the provider file has no enum {name!r}")
            return {}
        return {word: row for word, row in table.items() if word != WRITE}

    def small_list(self, name: str, path: Path) -> None:
        """Notes a name that is no small list of the provider file."""
        if name not in self.provider.words.lists:
            self.note(path, "names no list of the provider file")

    def _try(self, path: Path, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except ExpressionMistake as mistake:
            self.note(path, str(mistake))
            return None
