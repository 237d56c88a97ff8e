"""The real mapping file of tickets on a page of the sandbox: the JMESPath library, our translation, Python by hand."""

import json
from functools import partial
from typing import Any

import jmespath
from jmespath.visitor import Options
from msgspec import Struct
from tickets_by_hand import by_hand
from timing import Item, Way, medians, must_agree, table

from proxy.language.context import Context
from proxy.language.document import convert, read
from proxy.language.expression import Field, compile_record
from proxy.language.functions import ContextFunctions
from sandbox.http import Request
from sandbox.trengo import Trengo
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings
from unified.mapping.vocabulary import AttributeWords, MappingWords

MODEL, RESOURCE = "ticketing", "tickets"
TARGET_SEARCH, TARGET_BY_HAND = 25.0, 1.3


class Figures(Struct, frozen=True):
    """Medians in microseconds for one page of 25 tickets."""

    search: float
    """``jmespath.search`` for each attribute: the values alone, without enum, ids, times and nested schemas."""
    fused: float
    """The same values from our generated function."""
    translated: float
    """The whole record: the values, converted to the schema."""
    by_hand: float
    """The whole record from hand-written Python."""

    @property
    def faster(self) -> float:
        """How many times faster than ``jmespath.search`` the same values are had."""
        return self.search / self.fused

    @property
    def faster_whole(self) -> float:
        """How many times faster than ``jmespath.search`` without conversion the whole record is had."""
        return self.search / self.translated

    @property
    def over_by_hand(self) -> float:
        """How many times slower than hand-written Python the whole record is."""
        return self.translated / self.by_hand


def page() -> list[Item]:
    """The first page of the sandbox's ticket list."""
    simulator = Trengo(rate_limit=1_000_000)
    headers = (("Authorization", f"Bearer {simulator.credentials()['token']}"),)
    items: list[Item] = json.loads(simulator.handle(Request("GET", "/api/v2/tickets", headers)).body)["data"]
    return items


def expressions() -> dict[str, str]:
    """The expressions of the file by attribute, without those that are declared unsupported."""
    words, mistakes = convert(read(mappings_folder() / Trengo.name / MODEL / f"{RESOURCE}.yaml"), MappingWords)
    if words is None:
        raise ValueError(str(mistakes))
    found = {name: one.from_ if isinstance(one, AttributeWords) else one for name, one in words.record.items()}
    return {name: text for name, text in found.items() if text is not None}


def value_ways() -> dict[str, Way]:
    """The values alone."""
    texts = expressions()
    options = Options(custom_functions=ContextFunctions(Context()))
    return {
        "search": lambda item: {name: jmespath.search(text, item, options) for name, text in texts.items()},
        "fused": compile_record({name: Field(text) for name, text in texts.items()}),
    }


def record_ways() -> dict[str, Way]:
    """The whole record."""
    mapping = load_mappings(mappings_folder()).resources[Trengo.name, MODEL, RESOURCE]
    return {"translated": partial(_translated, mapping.translate, Context()), "by_hand": by_hand}


def _translated(translate: Any, context: Context, item: Item) -> Any:
    record, errors = translate(item, context)
    if errors:
        raise ValueError(f"{errors} in ticket {item.get('id')}")
    return record


def measure() -> Figures:
    """Times all ways in turns; raises ValueError where two that should agree do not."""
    items, values, records = page(), value_ways(), record_ways()
    must_agree(values, items)
    must_agree(records, items)
    return Figures(**medians(values | records, items))


def report(figures: Figures) -> str:
    """The table that is printed."""
    names = {
        "search": "jmespath.search per attribute, values only",
        "fused": "our generated function, values only",
        "translated": "our whole translation: values, enum, schema",
        "by_hand": "hand-written Python, whole translation",
    }
    taken = {said: getattr(figures, name) for name, said in names.items()}
    lines = table(taken, figures.translated)
    lines.append(
        f"values only: {figures.faster:.1f}x faster than jmespath.search (target {TARGET_SEARCH:g}x); "
        f"the whole translation: {figures.faster_whole:.1f}x"
    )
    lines.append(
        f"the whole translation takes {figures.over_by_hand:.2f}x the time of hand-written Python "
        f"(target {TARGET_BY_HAND:g}x)"
    )
    return "\n".join(lines)
