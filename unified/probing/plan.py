"""The checks of a provider file's facts with their expressions compiled."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from proxy.language.document import Mistake, Mistakes
from proxy.language.expression import Context, Expression, ExpressionMistake, compile_expression
from proxy.provider.model import CallWords, CheckWords, FactWords, Provider
from proxy.provider.template import PART, PathTemplate, compile_template
from unified.mapping.model import Mappings


class QueryTemplate(Struct, frozen=True):
    """A query parameter: literal texts around expressions."""

    name: str
    literals: tuple[str, ...]
    expressions: tuple[Expression, ...]

    def fill(self, context: Context) -> str | None:
        """The value; ``None`` where an expression has none."""
        values = [expression({}, context) for expression in self.expressions]
        if any(value is None for value in values):
            return None
        filled = [f"{value}{literal}" for value, literal in zip(values, self.literals[1:], strict=True)]
        return self.literals[0] + "".join(filled)


class Call(Struct, frozen=True):
    """One call that reads."""

    path: PathTemplate
    query: tuple[QueryTemplate, ...]
    credential: Literal["own", "wrong"] = "own"


class Check(Struct, frozen=True):
    """What is called and what is expected of the answer."""

    call: Call
    before: Mapping[str, Call]
    status: int
    type: str
    times: Mapping[str, Expression]
    expect: Expression
    seen: Expression


class Fact(Struct, frozen=True):
    """An assumption, and how it is looked at where that is possible."""

    name: str
    words: FactWords
    check: Check | None


def facts_of(provider: Provider) -> list[Fact]:
    """The facts of a provider in the order of its file; raises ``Mistakes`` for all expressions that do not compile."""
    mistakes: list[Mistake] = []
    found: list[Fact] = []
    for name, words in provider.words.facts.items():
        try:
            found.append(Fact(name, words, None if words.check is None else _check(words.check)))
        except ExpressionMistake as mistake:
            mistakes.append(Mistake(f"{provider.name}/provider.yaml", 0, f"facts.{name}.check", str(mistake)))
    if mistakes:
        raise Mistakes(mistakes)
    return found


def fact_mistakes(mappings: Mappings) -> list[Mistake]:
    """What is wrong with the checks of every provider's facts."""
    found: list[Mistake] = []
    for provider in mappings.providers.values():
        try:
            facts_of(provider)
        except Mistakes as error:
            found += error.mistakes
    return found


def _check(words: CheckWords) -> Check:
    return Check(
        call=_call(CallWords(words.get, words.query), words.credential),
        before={name: _call(call) for name, call in words.before.items()},
        status=words.status,
        type=words.type,
        times={name: compile_expression(text) for name, text in words.times.items()},
        expect=compile_expression(words.expect),
        seen=compile_expression(words.seen),
    )


def _call(words: CallWords, credential: Literal["own", "wrong"] = "own") -> Call:
    return Call(
        compile_template(words.get), tuple(_parameter(name, text) for name, text in words.query.items()), credential
    )


def _parameter(name: str, text: str) -> QueryTemplate:
    pieces = PART.split(text)
    return QueryTemplate(name, tuple(pieces[0::2]), tuple(compile_expression(piece) for piece in pieces[1::2]))
