"""A plan ready for use: how one unified write becomes calls of the provider."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from proxy.language.expression import Context, EvaluationError, Expression
from proxy.provider.template import PathTemplate


class Leaf(Struct, frozen=True):
    """A value of a provider's body: an expression over the unified body, its plain words translated by ``words``."""

    expression: Expression
    words: Mapping[str, str] | None = None
    send_null: bool = False
    given: str | None = None
    """The attribute without which nothing is sent."""

    def value(self, body: Any, context: Context) -> Any:
        """The value, null where the expression cannot be evaluated."""
        found = value_of(self.expression, body, context)
        return found if self.words is None or found is None else self.words.get(found)

    def sent(self, value: Any, body: Any) -> bool:
        """Whether a value is in the provider's body at all."""
        if self.given is not None:
            return is_given(self.given, body)
        return value is not None or self.send_null


Template = Leaf | dict[str, Any] | list[Any]
"""A body as the file writes it, leaves at the ends."""


class Need(Struct, frozen=True):
    """Expressions of which one must not be null."""

    one_of: tuple[Expression, ...]
    detail: str

    @property
    def paths(self) -> list[str]:
        """The attributes among them, as a caller writes them."""
        return [one.text for one in self.one_of if "(" not in one.text]


class Refusal(Struct, frozen=True):
    """A change that is refused before any call."""

    when: Expression
    path: str
    detail: str


class Call(Struct, frozen=True):
    """One call of the provider: its method, path, query and body."""

    method: str
    path: PathTemplate
    query: Mapping[str, Expression] = {}
    body: Template | None = None


class Probe(Struct, frozen=True):
    """The list that would show the effect of a step, and how a row of it is told."""

    call: Call
    items: Expression
    id: Expression
    same: tuple[tuple[Expression, Expression], ...]
    keep: Mapping[str, Expression]


class Step(Struct, frozen=True):
    """One call of a plan, or one for each of several elements."""

    name: str
    call: Call
    given: tuple[str, ...] = ()
    when: Expression | None = None
    each: Expression | None = None
    files: str | None = None
    keep: Mapping[str, Expression] = {}
    safe: bool = False
    reads: bool = False
    """It changes nothing."""
    main: bool = False
    private: Expression | None = None
    probe: Probe | None = None
    says_text: bool = False
    """Its body holds the text of a comment."""
    fields: Mapping[str, str] = {}
    """The provider's body fields to the attributes they come from."""

    def wanted(self, body: Mapping[str, Any], context: Context) -> bool:
        """Whether the step runs at all."""
        if self.given and not any(is_given(name, body) for name in self.given):
            return False
        return self.when is None or truth(value_of(self.when, body, context))

    def elements(self, body: Mapping[str, Any], context: Context) -> list[Any] | None:
        """What the step runs for, one after the other; null for a step that is one call."""
        if self.each is None:
            return None
        found = value_of(self.each, body, context)
        return found if isinstance(found, list) else []


class Plan(Struct, frozen=True):
    """One unified write of one resource."""

    method: str
    steps: tuple[Step, ...]
    needs: tuple[Need, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    id: Expression | Mapping[str, Expression] | None = None
    created: Expression | None = None
    otherwise: Mapping[str, Expression] = {}
    attributes: frozenset[str] = frozenset()
    """The attributes of the body that the steps make use of."""


def each_call(plan: Plan, body: Mapping[str, Any], context: Context) -> Iterator[tuple[Step, int | None, Any]]:
    """The calls of a plan in order: the step, and for one of several its number and element.

    Made as it is asked for, since conditions see what the steps before have kept.
    """
    for step in plan.steps:
        if not step.wanted(body, context):
            continue
        elements = step.elements(body, context)
        if elements is None:
            yield step, None, None
        else:
            yield from ((step, index, element) for index, element in enumerate(elements))


def kept_of(keep: Mapping[str, Expression], answer: Any, context: Context) -> dict[str, Any]:
    """The values of an answer that later steps see."""
    return {name: value_of(one, answer, context) for name, one in keep.items()}


def value_of(expression: Expression, value: Any, context: Context) -> Any:
    """The result of an expression, null where it cannot be evaluated."""
    try:
        return expression(value, context)
    except EvaluationError:
        return None


def truth(value: Any) -> bool:
    """JMESPath's truth: null, false and what is empty are false, and 0 is true."""
    return value is not None and value is not False and value not in ("", [], {})


def is_given(name: str, body: Mapping[str, Any]) -> bool:
    """Whether an attribute is in the body, null included; a set also by what is added or removed."""
    return any(one in body for one in (name, f"{name}_add", f"{name}_remove"))


def filled(template: Template, body: Any, context: Context) -> Any:
    """The provider's body. Null values and objects that end empty are left out."""
    if isinstance(template, Leaf):
        return template.value(body, context)
    if isinstance(template, list):
        return [filled(one, body, context) for one in template]
    made = {}
    for name, part in template.items():
        value = filled(part, body, context)
        sent = part.sent(value, body) if isinstance(part, Leaf) else value != {} or isinstance(part, list)
        if sent:
            made[name] = value
    return made


def leaves(template: Template | None, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Leaf]]:
    """Every leaf of a body with its path."""
    if isinstance(template, Leaf):
        yield path, template
        return
    parts = enumerate(template) if isinstance(template, list) else (template or {}).items()
    for key, part in parts:
        yield from leaves(part, (*path, key))
