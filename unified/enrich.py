"""Records enriched from the provider's small lists: references completed, joins made."""

from collections.abc import Sequence
from typing import Any

from proxy.errors import Problem
from unified.gaps import Gap, references_cut, unavailable
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
) -> list[Gap]:
    """Fills in what the lists know; the answer says which could not be read, whose attributes stay null."""
    account = upstream.account.id
    gaps = await complete(records, references, account, lists, upstream.small_list)
    for join in joins if records else ():
        try:
            rows = await lists.get(account, join.list, upstream.small_list)
        except Problem:
            gaps.append(unavailable(join.list))
            continue
        if rows.cut:
            gaps.append(references_cut(join.list))
        join_rows(records, join, rows.rows)
    return gaps
