"""What an answer lacks, told in its ``warnings``, and the rows of a small list that was not read to its end."""

from typing import Any

from msgspec import Struct


class Gap(Struct, frozen=True, order=True):
    """One warning; an answer with one is ``partial``."""

    code: str
    detail: str


class CutRows(list[dict[str, Any]]):
    """Rows of a small list that has more than are read."""


def unavailable(name: str) -> Gap:
    """A small list that could not be read."""
    return Gap("reference-unavailable", f"the provider's list of {name} could not be read; names may be null")


def references_cut(name: str) -> Gap:
    """A small list that was not read to its end, where that shows."""
    return Gap("reference-cut", f"the provider's list of {name} is longer than what is read of it; names may be null")


def list_cut(name: str, pages: int) -> Gap:
    """A list that is read whole and was not."""
    return Gap("list-cut", f"the provider's list of {name} goes on after {pages} pages; what follows was not read")
