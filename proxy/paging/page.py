"""One page of a provider: the parameter that asks for it, and what its answer says of the rest."""

from collections.abc import Sequence
from typing import Any

from proxy.language.expression import Context
from proxy.paging.position import Page, Position, Row
from proxy.provider.paging import Paging


def position_params(paging: Paging, position: Position) -> list[tuple[str, str]]:
    """The parameter that asks for the page at a position; none where the provider needs none."""
    if paging.style == "page" or (paging.style == "whole" and position.page > 1):
        return [(paging.param, str(position.page))]
    if paging.style in ("id_before", "id_after"):
        mark = position.mark if position.mark is not None else paging.first
        return [] if mark is None else [(paging.param, mark)]
    return []


def page_of(paging: Paging, rows: Sequence[Row], items: int, answer: Any, context: Context) -> Page:
    """The page that rows make, of so many ``items`` of the provider's answer."""
    return Page(
        rows,
        more=more(paging, answer, context),
        count=None if paging.count is None else _count(paging.count(answer, context)),
        items=items,
    )


def more(paging: Paging, answer: Any, context: Context) -> bool | None:
    """Whether another page follows; None where the provider does not say."""
    if paging.more is None:
        return None
    value = paging.more(answer, context)
    return value is not None and value is not False and value != ""


def _count(value: Any) -> int | None:
    return value if type(value) is int else None
