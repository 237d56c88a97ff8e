"""Path templates: ``/tickets/{id().ticket}/messages``, each expression one encoded segment."""

import re
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

from msgspec import Struct

from proxy.errors import NotFound
from proxy.language.expression import Context, Expression, compile_expression

PART = re.compile(r"\{([^{}]*)\}")
FORBIDDEN = frozenset("/\\%?#;")


class PathTemplate(Struct, frozen=True):
    """Literal texts around expressions; ``at_base`` paths start at the provider's base, others at its prefix."""

    text: str
    at_base: bool
    literals: tuple[str, ...]
    expressions: tuple[Expression, ...]

    def fill(self, context: Context, value: Any = None) -> str:
        """The path with every expression, applied to ``value``, as one percent-encoded segment.

        Raises NotFound for a result that cannot be a segment: the id of no record.
        """
        path = self.literals[0]
        for expression, literal in zip(self.expressions, self.literals[1:], strict=True):
            path += segment(expression(value, context)) + literal
        return path


def compile_template(text: str) -> PathTemplate:
    """Reads a template; raises ExpressionMistake for an expression that does not compile."""
    at_base = text.startswith("^")
    pieces = PART.split(text.removeprefix("^"))
    return PathTemplate(
        text=text,
        at_base=at_base,
        literals=tuple(pieces[0::2]),
        expressions=tuple(compile_expression(piece) for piece in pieces[1::2]),
    )


def segment(value: object) -> str:
    """A value as one path segment; raises NotFound for what no provider may receive there.

    Also asked of the compatibility form: a server that normalises sees slash and dot in their wide spellings.
    """
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text.isprintable() or not all(_harmless(one) for one in (text, normalize("NFKC", text))):
        raise NotFound("no such record")
    return quote(text, safe="")


def _harmless(text: str) -> bool:
    return bool(text.strip(". ")) and FORBIDDEN.isdisjoint(text)
