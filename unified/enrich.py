"""Records enriched from the provider's small lists: references completed, joins made."""

from collections.abc import Sequence
from typing import Any

from proxy.errors import Problem
from unified.mapping.joins import join_rows
from unified.mapping.model import Join, Reference
from unified.references import SmallLists, complete
from unified.upstream import Upstream

Record = dict[str, Any]


async def enrich(
    records: Sequence[Record],
    references: Sequence[Reference],
    joins: Sequence[Join],
    upstream: Upstream,
    lists: SmallLists,
) -> list[str]:
    """Fills in what the lists know; the answer names the lists that could not be read, whose attributes stay null."""
    account = upstream.account.id
    failed = await complete(records, references, account, lists, upstream.small_list)
    for join in joins if records else ():
        try:
            rows = await lists.get(account, join.list, upstream.small_list)
        except Problem:
            failed.append(join.list)
            continue
        join_rows(records, join, rows.rows)
    return failed
