"""How a provider pages a list: the words of the files, and the same with their expressions compiled."""

from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from proxy.language.expression import Expression

ExpressionText = Annotated[str, Meta(description="A JMESPath expression over the provider's object.")]
Style = Literal["whole", "page", "id_before", "id_after"]
PARAMS: dict[Style, str] = {"page": "page", "id_before": "before", "id_after": "after", "whole": "page"}
"""The parameter that carries the position, where the file names none."""


class PagingWords(Struct, frozen=True, forbid_unknown_fields=True):
    """How a list is paged; the styles are described in ``proxy/paging/position.py``."""

    style: Style
    param: str | None = None
    """The query parameter that carries the position; ``page``, ``before`` or ``after`` where not said."""
    more: ExpressionText | None = None
    """page and whole: an expression that is true while another page follows."""
    count: ExpressionText | None = None
    """page: an expression that gives how many rows the whole list has."""
    first: str | None = None
    """id styles: the position of the first page, where it is not simply left out."""


class Paging(Struct, frozen=True):
    """How the list is paged: the words with their expressions compiled."""

    style: Style
    param: str
    more: Expression | None = None
    count: Expression | None = None
    first: str | None = None


def paging_of(
    words: Literal["whole"] | PagingWords, compiled: Callable[[str | None, str], Expression | None]
) -> Paging:
    """The words ready for use; ``compiled(text, word)`` makes the expression of a word, if there is any."""
    if isinstance(words, str):
        return Paging(style="whole", param=PARAMS["whole"])
    return Paging(
        style=words.style,
        param=words.param or PARAMS[words.style],
        more=compiled(words.more, "more"),
        count=compiled(words.count, "count"),
        first=words.first,
    )
