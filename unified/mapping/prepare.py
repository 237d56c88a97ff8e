"""From what a caller wrote to what a plan works on: enums chosen, references found, sets compared, refusals made."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from proxy.errors import (
    FieldError,
    InvalidRequest,
    ReferenceNotFound,
    RequiredAttribute,
    UnsupportedAttribute,
    UnsupportedChange,
)
from proxy.language.expression import Context, SetChange
from unified.mapping.model import EnumTable, Reference, ResourceMapping
from unified.mapping.plan import Plan, leaves, truth, value_of

Body = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]
SIDES = ("", "_add", "_remove")
"""A set is written whole, or by what is added and removed."""
VALUE = "value"
"""An element that has one is a field's value: such sets are merged, and a null clears."""
CATEGORY = "category"


def refuse_unsupported(mapping: ResourceMapping, plan: Plan, body: Body) -> None:
    """Raises ``UnsupportedAttribute`` for what no step of the plan makes use of."""
    missing = [name for name in body if name not in plan.attributes]
    if missing:
        label = mapping.provider.words.label
        raise UnsupportedAttribute(
            f"{label} cannot set {', '.join(missing)} by {plan.method}",
            errors=[FieldError(name, _why_not(name, mapping, plan)) for name in missing],
        )


def _why_not(name: str, mapping: ResourceMapping, plan: Plan) -> str:
    others = [method for method, other in mapping.plans.items() if other is not plan and name in other.attributes]
    return mapping.unsupported.get(name) or (f"set by {' or '.join(others)} alone" if others else "not supported")


def choose_enums(mapping: ResourceMapping, body: Body, now: Mapping[str, Any] | None) -> Body:
    """The body with each enum value as the provider's word and what it means; raises ``UnsupportedChange``.

    ``exact`` is false where the category alone was said, which any word in it meets.
    """
    chosen = dict(body)
    for name, table in mapping.enums.items():
        given = body.get(name)
        if isinstance(given, dict):
            word = _choice(name, given, table, (now or {}).get(name), mapping.provider.words.label)
            chosen[name] = {**word, "exact": set(given) != {CATEGORY}}
    return chosen


def _choice(name: str, given: Body, table: EnumTable, now: Any, label: str) -> Body:
    if not given:
        raise InvalidRequest(f"say {name} by id or name", errors=[FieldError(name, "is empty")])
    rows = [{"id": word, **row} for word, row in table.rows.items()]
    rows = [row for row in rows if all(row.get(key) == value for key, value in given.items())]
    if set(given) == {CATEGORY}:
        if now and now.get(CATEGORY) == given[CATEGORY]:
            return dict(now)
        rows = [row for row in rows if row["id"] == table.write.get(given[CATEGORY])]
    if not rows:
        possible = sorted({str(value) for value in _possible(set(given), table)})
        raise UnsupportedChange(
            f"{label} has no such {name}",
            errors=[FieldError(f"{name}.{key}", f"possible: {', '.join(possible)}") for key in given],
        )
    return {key: value for key, value in rows[0].items() if key != "description"}


def _possible(keys: set[str], table: EnumTable) -> Iterator[Any]:
    if keys == {CATEGORY}:
        return iter(table.write)
    key = "name" if "name" in keys else "id"
    return (word if key == "id" else row.get(key) for word, row in table.rows.items())


def spoken_of(reference: Reference, body: Body) -> list[str]:
    """The attributes of a body that name what a reference points at."""
    return [name for name in (reference.attribute + side for side in SIDES) if body.get(name)]


def find_in(reference: Reference, name: str, given: Any, now: Mapping[str, Any] | None, rows: Rows) -> Any:
    """An attribute's references, each with every column of its row; raises ``ReferenceNotFound``."""
    present = (now or {}).get(reference.attribute)
    known = elements([present] if isinstance(present, dict) else present)
    if isinstance(given, dict):
        return _one_found(reference, name, given, known, rows)
    return [_one_found(reference, f"{name}[{index}]", one, known, rows) for index, one in enumerate(given)]


def _one_found(reference: Reference, path: str, given: Body, known: Sequence[Body], rows: Rows) -> Body:
    """The element with every column of its row; what the record has already is found there too."""
    said = {column: given[column] for column in ("id", "email", "name") if given.get(column) is not None}
    if not said:
        raise InvalidRequest("a reference is named by id or name", errors=[FieldError(path, "names nothing")])
    for one in known:
        if all(_alike(one.get(column), value) for column, value in said.items()):
            return {**one, **given, **{column: one.get(column) for column in ("id", "name") if column in one}}
    matching = [row for row in rows if all(_alike(row.get(reference.columns.get(c, c)), v) for c, v in said.items())]
    if len(matching) != 1:
        told = ", ".join(f"{column} {value!r:.60}" for column, value in said.items())
        if matching:
            told, why = f"{path} is not unique: several have {told}", "is not unique: name it by id"
        else:
            told, why = f"{path} does not exist: none has {told}", "does not exist"
        raise ReferenceNotFound(told, errors=[FieldError(path, why)])
    columns = {ours: matching[0].get(theirs) for ours, theirs in reference.columns.items()}
    return {**given, **{ours: str(value) for ours, value in columns.items() if value is not None}}


def _alike(theirs: Any, ours: Any) -> bool:
    return theirs is not None and str(theirs).strip().casefold() == str(ours).strip().casefold()


def changes(body: Body, now: Mapping[str, Any] | None) -> dict[str, SetChange]:
    """What the body adds to, removes from and makes of each set that it speaks of."""
    emptied = {name for name, value in body.items() if value is None and _is_set((now or {}).get(name))}
    names = {_bare(name) for name, value in body.items() if _is_set(value)} | emptied
    return {name: _change(name, body, elements((now or {}).get(name))) for name in sorted(names)}


def _bare(name: str) -> str:
    return next((name.removesuffix(side) for side in SIDES[1:] if name.endswith(side)), name)


def _is_set(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _change(name: str, body: Body, present: list[Body]) -> SetChange:
    given = elements(body.get(name))
    if any(is_field_value(one) for one in given):
        return _merged(given, present)
    if name in body:
        whole = _unique(given)
    else:
        gone = elements(body.get(f"{name}_remove"))
        kept = [one for one in present if not _among(one, gone)]
        whole = _unique([*kept, *elements(body.get(f"{name}_add"))])
    return SetChange(
        added=[one for one in whole if not _among(one, present)],
        removed=[one for one in present if not _among(one, whole)],
        whole=whole,
    )


def is_field_value(one: Any) -> bool:
    """Whether an element of a set is the value of a field, which it names; an option has a value and names none."""
    return isinstance(one, dict) and VALUE in one and not {"id", "name"}.isdisjoint(one)


def _merged(given: list[Body], present: list[Body]) -> SetChange:
    """Values of fields: those not spoken of stay, a null clears."""
    kept = [one for one in present if not _among(one, given)]
    set_ = [one for one in given if one[VALUE] is not None]
    cleared = [one for one in given if one[VALUE] is None]
    return SetChange(added=set_, removed=cleared, whole=[*kept, *set_])


def elements(value: Any) -> list[Body]:
    """The objects of a list, none where there is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _unique(given: Sequence[Body]) -> list[Body]:
    made: list[Body] = []
    for one in given:
        if not _among(one, made):
            made.append(one)
    return made


def _among(one: Body, others: Sequence[Body]) -> bool:
    return any(same_element(one, other) for other in others)


def same_element(one: Body, other: Body) -> bool:
    """Whether two elements of a set mean the same: by id where both have one, else by name without case."""
    if one.get("id") is not None and other.get("id") is not None:
        return str(one["id"]) == str(other["id"])
    names = [each.get("name") for each in (one, other)]
    return None not in names and _alike(*names)


def _strange_words(plan: Plan, body: Body, context: Context) -> Iterator[FieldError]:
    """The words of the body that the provider has none for."""
    for step in plan.steps:
        for path, leaf in leaves(step.call.body) if step.wanted(body, context) else ():
            word = None if leaf.words is None else value_of(leaf.expression, body, context)
            if leaf.words is not None and word is not None and word not in leaf.words:
                attribute = step.fields.get(".".join(map(str, path)), str(path[-1]))
                yield FieldError(attribute, f"possible: {', '.join(sorted(leaf.words))}")


def refuse_impossible(plan: Plan, body: Body, context: Context) -> None:
    """Raises ``RequiredAttribute`` and ``UnsupportedChange`` for what the plan knows to be impossible."""
    lacking = [need for need in plan.needs if all(value_of(one, body, context) is None for one in need.one_of)]
    if lacking:
        raise RequiredAttribute(
            "; ".join(need.detail for need in lacking),
            errors=[FieldError(path, need.detail) for need in lacking for path in need.paths or ["body"]],
        )
    refused = [one for one in plan.refusals if truth(value_of(one.when, body, context))]
    if refused:
        raise UnsupportedChange(
            "; ".join(dict.fromkeys(one.detail for one in refused)),
            errors=[FieldError(one.path, one.detail) for one in refused],
        )
    strange = list(_strange_words(plan, body, context))
    if strange:
        raise UnsupportedChange(f"the provider has no such {strange[0].path}", errors=strange)
