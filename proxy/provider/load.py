"""From ``provider.yaml`` to a ``Provider``: expressions compiled, zone opened, every mistake reported."""

import re
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec.structs import replace

from proxy.errors import ProviderProblem, all_problems
from proxy.language.document import Document, Mistake, convert
from proxy.language.expression import Expression, ExpressionMistake, compile_expression
from proxy.provider.model import Envelope, EnvelopeWords, ErrorRule, ListWords, Provider, ProviderWords, SmallListPlan
from proxy.provider.paging import paging_of
from proxy.provider.template import compile_template

Made = TypeVar("Made")
FIELD = re.compile(r"\{(\w+)\}")

REFUSAL_CODES = frozenset(problem.code for problem in all_problems(ProviderProblem))
"""The codes that an error rule of a provider file may give."""


def load_provider(document: Document) -> tuple[Provider | None, list[Mistake]]:
    """The provider that a document describes, or its mistakes."""
    words, mistakes = convert(document, ProviderWords)
    if words is None:
        return None, mistakes
    build = _Build(document, mistakes)
    provider = Provider(
        name=words.name,
        words=words,
        zone=build.at(("zone",), lambda: _zone(words.zone), ZoneInfo("UTC")),
        errors=tuple(build.error_rule(index, words) for index in range(len(words.errors))),
        verify_expect=build.expression(words.verify.expect, ("verify", "expect")),
        verify_identity=build.expression(words.verify.identity, ("verify", "identity")),
        verify_label=build.expression(words.verify.label, ("verify", "label")),
        lists={name: build.small_list(name, one) for name, one in words.lists.items()},
        envelopes=tuple(one for index, row in enumerate(words.envelopes) for one in build.envelopes(index, row, words)),
        version=None if words.version is None else build.expression(words.version.read, ("version", "read")),
    )
    build.references(words)
    return (None if mistakes else provider), mistakes


def with_limit(provider: Provider, calls: int) -> Provider:
    """The same provider where its operator allows another number of calls a minute; limits of single paths stay."""
    limits = [one if one.path is not None else replace(one, calls=calls, per=60) for one in provider.words.limits]
    return replace(provider, words=replace(provider.words, limits=limits))


class _Build:
    """Collects mistakes while the parts are made."""

    def __init__(self, document: Document, mistakes: list[Mistake]) -> None:
        self._document = document
        self._mistakes = mistakes

    def note(self, path: tuple[str | int, ...], message: str) -> None:
        self._mistakes.append(self._document.mistake(path, message))

    def at(self, path: tuple[str | int, ...], make: Callable[[], Made], otherwise: Made) -> Made:
        try:
            return make()
        except (ExpressionMistake, ValueError) as mistake:
            self.note(path, str(mistake))
        return otherwise

    def expression(self, text: str, path: tuple[str | int, ...]) -> Expression:
        return self.at(path, lambda: compile_expression(text), compile_expression("@"))

    def error_rule(self, index: int, words: ProviderWords) -> ErrorRule:
        rule = words.errors[index]
        at = ("errors", index)
        if rule.code not in REFUSAL_CODES:
            self.note((*at, "code"), f"is none of {', '.join(sorted(REFUSAL_CODES))}")
        return ErrorRule(
            status=rule.status,
            code=rule.code,
            when=None if rule.when is None else self.expression(rule.when, (*at, "when")),
            fields=None if rule.fields is None else self.expression(rule.fields, (*at, "fields")),
        )

    def small_list(self, name: str, words: ListWords) -> SmallListPlan:
        return SmallListPlan(
            get=self.at(("lists", name, "get"), lambda: compile_template(words.get), compile_template("/")),
            each=words.each,
            query=words.query,
            items=self.expression(words.items, ("lists", name, "items")),
            more=None if words.more is None else self.expression(words.more, ("lists", name, "more")),
        )

    def envelopes(self, index: int, row: EnvelopeWords, words: ProviderWords) -> Iterator[Envelope]:
        at = ("envelopes", index)
        items = self.expression(row.items, (*at, "items"))
        paging = paging_of(
            row.paging, lambda text, word: None if text is None else self.expression(text, (*at, "paging", word))
        )
        if paging.style == "whole" and paging.more is not None:
            self.note((*at, "paging", "more"), "is for style page here: the envelope joins the pages itself")
        lists: tuple[tuple[Literal["GET", "POST"], list[str]], ...] = (("GET", row.get), ("POST", row.post))
        for method, paths in lists:
            for place, path in enumerate(paths):
                if not path.startswith(("/", "^/")):
                    self.note((*at, method.lower(), place), "is a path that starts with / or ^/")
                below = path[1:] if path.startswith("^") else words.prefix + path
                yield Envelope(method, below, items, row.id, paging, tuple(row.not_with))

    def references(self, words: ProviderWords) -> None:
        places: dict[tuple[str | int, ...], str] = {("base",): words.base, ("prefix",): words.prefix}
        for name in ("allow", "credential_operations"):
            for index, text in enumerate(getattr(words.passthrough, name)):
                places["passthrough", name, index] = text
        for name, one in words.lists.items():
            if one.each is not None and (one.each == name or one.each not in words.lists):
                self.note(("lists", name, "each"), f"there is no other list {one.each!r}")
        self.at(("id_pattern",), lambda: _pattern(words.id_pattern), None)
        if words.claims is not None and words.claims not in words.credential:
            self.note(("claims",), f"{words.claims!r} is no credential field")
        for path, text in places.items():
            for field in FIELD.findall(text):
                if field not in words.connection:
                    self.note(path, f"{field!r} is no connection field")
        for field in FIELD.findall(words.auth.value):
            if field not in words.credential:
                self.note(("auth", "value"), f"{field!r} is no credential field")


def _pattern(text: str | None) -> None:
    try:
        re.compile(text or "")
    except re.error as mistake:
        raise ValueError(f"is no regular expression: {mistake}") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError(f"there is no time zone {name!r}") from None
