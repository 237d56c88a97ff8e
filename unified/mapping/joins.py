"""Attributes made of the rows of a small list: the members of a team, the teams of a user."""

from collections.abc import Iterable, Sequence
from typing import Any

from unified.mapping.model import Join


def join_rows(records: Sequence[dict[str, Any]], join: Join, rows: Iterable[dict[str, Any]]) -> None:
    """Sets the attribute of each record to what its rows give; what cannot be one stays null, told in ``_errors``."""
    by_record: dict[str, list[Any]] = {}
    for row in rows:
        of = column(row, join.on)
        if of is not None:
            by_record.setdefault(str(of), []).append(given(row, join))
    for record in records:
        try:
            record[join.attribute] = join.convert(by_record.get(record["id"], []))
        except ValueError as mistake:
            told = {"attribute": join.attribute, "detail": str(mistake)}
            errors = record.setdefault("_errors", [])
            errors += [] if told in errors else [told]


def given(row: dict[str, Any], join: Join) -> Any:
    """What one row gives."""
    if isinstance(join.give, tuple):
        return column(row, join.give)
    return {name: column(row, path) for name, path in join.give.items()}


def column(row: Any, path: Sequence[str]) -> Any:
    """The value of a column, down into nested objects; null where there is none."""
    for part in path:
        row = row.get(part) if isinstance(row, dict) else None
    return row
