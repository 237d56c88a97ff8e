"""Builds the plans of a resource's writes, and finds which attributes of a body each makes use of."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from proxy.language.context import SETS
from proxy.language.expression import Expression, paths
from proxy.language.syntax import NEW_ROOT, Node, at_root, parts, walk
from unified.mapping.parts import Parts, Path
from unified.mapping.plan import Call, Leaf, Need, Plan, Probe, Refusal, Step, Template, leaves
from unified.mapping.plan_words import LeafWords, PlanWords, ProbeWords, StepWords
from unified.mapping.vocabulary import MappingWords
from unified.schemas.resources import Resource

VERBS = ("get", "post", "put", "patch", "delete")
SAFE_VERBS = frozenset({"GET", "PUT", "DELETE"})
"""Repeating them changes nothing more (RFC 9110 9.2.2)."""
LEAF_KEYS = frozenset(LeafWords.__struct_encode_fields__)
TEXTS = frozenset({"comment", "html_body"})
"""Attributes that hold what somebody wrote on a ticket; ``body`` too, where the resource is such a text itself."""
ADDITIONS = ("_add", "_remove")
FILES = "attachments"
"""The files that came with a body, as the attribute that they are there."""


class PlanBuild:
    """Makes the plans of one mapping file."""

    def __init__(self, parts_: Parts, words: MappingWords, resource: Resource) -> None:
        self._parts = parts_
        self._words = words
        self._resource = resource
        writes = resource.writes
        self._bodies = {
            "create": writes and writes.create,
            "update": writes and writes.update,
            "merge": writes and writes.merge,
            "delete": writes.delete if writes else None,
        }
        private = writes is not None and writes.create is not None and "is_private" in attributes_of(writes.create)
        self._texts = TEXTS | {"body"} if private else TEXTS

    def plans(self) -> dict[str, Plan]:
        """Every plan of the file, by method."""
        words = {method: getattr(self._words, method) for method in self._bodies}
        return {method: self._plan(method, one, (method,)) for method, one in words.items() if one is not None}

    def _plan(self, method: str, words: PlanWords | str, path: Path) -> Plan:
        body = self._bodies[method]
        if not body:
            self._parts.note(path, f"{self._resource.name} has no {method}")
        if isinstance(words, str):
            call = Call("DELETE", self._parts.template(words, path))
            return Plan(method, (Step("delete", call, safe=True),))
        steps = tuple(self._step(one, (*path, "steps", index)) for index, one in enumerate(words.steps))
        self._check_steps(words, path)
        if method == "create" and words.id is None:
            self._parts.note((*path, "id"), "a create says the id of what it made")
        known = attributes_of(body) if isinstance(body, type) else frozenset()
        for index, step in enumerate(steps):
            self._check_attributes(step, known, (*path, "steps", index))
        mentioned = frozenset().union(*(self._mentioned(step) for step in steps))
        return Plan(
            method,
            steps,
            needs=tuple(
                Need(tuple(self._parts.expression(text, (*path, "needs", index)) for text in one.one_of), one.detail)
                for index, one in enumerate(words.needs)
            ),
            refusals=tuple(
                Refusal(self._parts.expression(one.when, (*path, "refuse", index, "when")), one.path, one.detail)
                for index, one in enumerate(words.refuse)
            ),
            id=self._id(words.id, (*path, "id")),
            created=self._parts.optional(words.created, (*path, "created")),
            otherwise=self._parts.expressions(words.otherwise, (*path, "otherwise")),
            attributes=frozenset(name for name in known if name in mentioned or _base(name) in mentioned),
        )

    def _id(self, words: str | dict[str, str] | None, path: Path) -> Expression | Mapping[str, Expression] | None:
        if isinstance(words, dict):
            if tuple(words) != tuple(self._words.id or ()):
                self._parts.note(path, "has the parts of the resource's 'id', in their order")
            return self._parts.expressions(words, path)
        if words is not None and self._words.id is not None:
            self._parts.note(path, "is made of the parts of the resource's 'id'")
        return self._parts.optional(words, path)

    def _check_steps(self, words: PlanWords, path: Path) -> None:
        names = [one.step for one in words.steps]
        for index, name in enumerate(names):
            if name in names[:index]:
                self._parts.note((*path, "steps", index, "step"), f"there is a step {name!r} already")
        if sum(one.main for one in words.steps) > 1:
            self._parts.note((*path, "steps"), "one step at most is the main one")

    def _check_attributes(self, step: Step, known: frozenset[str], path: Path) -> None:
        files = {FILES} if self._resource.writes and self._resource.writes.files else set()
        for name in sorted(self._mentioned(step) - known - files):
            self._parts.note(path, f"{name!r} is no attribute of the body")

    def _step(self, words: StepWords, path: Path) -> Step:
        call = self._call(words, path)
        probe = None if words.probe is None else self._probe(words.probe, words.keep, (*path, "probe"))
        reads = words.reads or call.method == "GET"
        safe = reads or call.method in SAFE_VERBS if words.retry is None else words.retry == "safe"
        if words.reads and words.post is None:
            self._parts.note((*path, "reads"), "is for a POST")
        if reads and not safe:
            self._parts.note((*path, "retry"), "what only reads may be repeated")
        if probe is not None and safe:
            self._parts.note((*path, "probe"), "is for a step that must not be repeated")
        if words.files is not None and not isinstance(call.body, dict | None):
            self._parts.note((*path, "body"), "the body beside files is a mapping of fields")
        made = Step(
            name=words.step,
            call=call,
            given=(words.given,) if isinstance(words.given, str) else tuple(words.given or ()),
            when=self._parts.optional(words.when, (*path, "when")),
            each=self._parts.optional(words.each, (*path, "each")),
            files=words.files,
            keep=self._parts.expressions(words.keep, (*path, "keep")),
            safe=safe,
            reads=reads,
            main=words.main,
            private=self._parts.optional(words.private, (*path, "private")),
            probe=probe,
        )
        says_text = bool(self._texts & self._said(made))
        if says_text and made.private is None:
            self._parts.note(path, "sends the text of a comment: 'private' says how its privacy is proved")
        return msgspec.structs.replace(made, says_text=says_text, fields=_fields(call.body))

    def _call(self, words: StepWords | ProbeWords, path: Path) -> Call:
        verbs = [verb for verb in VERBS if getattr(words, verb, None) is not None]
        if len(verbs) != 1:
            self._parts.note(path, f"has exactly one of {', '.join(verb for verb in VERBS if hasattr(words, verb))}")
        verb = verbs[0] if verbs else "get"
        return Call(
            method=verb.upper(),
            path=self._parts.template(getattr(words, verb) or "/", (*path, verb)),
            query=self._parts.expressions(words.query, (*path, "query")),
            body=None if words.body is None else self._template(words.body, (*path, "body")),
        )

    def _probe(self, words: ProbeWords, keep: Mapping[str, str], path: Path) -> Probe:
        return Probe(
            call=self._call(words, path),
            items=self._parts.expression(words.items, (*path, "items")),
            id=self._parts.expression(words.id, (*path, "id")),
            same=tuple(
                (self._parts.expression(row, (*path, "same")), self._parts.expression(ours, (*path, "same", row)))
                for row, ours in words.same.items()
            ),
            keep=self._parts.expressions(keep if words.keep is None else words.keep, (*path, "keep")),
        )

    def _template(self, words: Any, path: Path) -> Template:
        if isinstance(words, str):
            return Leaf(self._parts.expression(words, path))
        if isinstance(words, list):
            return [self._template(one, (*path, index)) for index, one in enumerate(words)]
        if isinstance(words, dict) and "from" in words and set(words) <= LEAF_KEYS:
            return self._leaf(words, path)
        if isinstance(words, dict):
            return {key: self._template(one, (*path, key)) for key, one in words.items()}
        self._parts.note(path, "is an expression, a list or a mapping of them")
        return {}

    def _leaf(self, words: dict[str, Any], path: Path) -> Leaf:
        try:
            leaf = msgspec.convert(words, LeafWords)
        except msgspec.ValidationError as mistake:
            self._parts.note(path, str(mistake))
            return Leaf(self._parts.expression("@", path))
        table = None if leaf.enum is None else self._parts.enum(leaf.enum, (*path, "enum"))
        names = None if table is None else {str(row.get("name")): word for word, row in reversed(list(table.items()))}
        return Leaf(self._parts.expression(leaf.from_, (*path, "from")), names, leaf.send_null, leaf.given)

    def _said(self, step: Step) -> frozenset[str]:
        """The attributes whose values leave with a step."""
        call = step.call
        sent = [*call.path.expressions, *call.query.values(), *(leaf.expression for _, leaf in leaves(call.body))]
        each = () if step.each is None else mentioned(step.each)
        return frozenset(name for one in sent for name in mentioned(one)).union(each)

    def _mentioned(self, step: Step) -> frozenset[str]:
        """The attributes that a step makes use of."""
        conditions = [one for one in (step.when, step.each) if one is not None]
        files = {FILES} if step.files is not None else set()
        given = {leaf.given for _, leaf in leaves(step.call.body) if leaf.given is not None}
        return self._said(step).union(step.given, given, files, *(mentioned(one) for one in conditions))


def attributes_of(body: type[msgspec.Struct]) -> frozenset[str]:
    """The attributes of a body."""
    return frozenset(body.__struct_encode_fields__) - {"remote_data"}


def mentioned(expression: Expression) -> frozenset[str]:
    """The attributes of the unified body that an expression makes use of: its root fields, ``body()``, the sets."""
    return frozenset(paths(expression)).union(_by_functions(expression.tree))


def _by_functions(tree: Node) -> Iterator[str]:
    for node in walk(tree):
        if node["type"] == "function_expression" and node["value"] in SETS:
            yield node["children"][0]["value"]
        elif node["type"] in NEW_ROOT and _is_body(node["children"][0]):
            yield from _fields_below(node["children"][1:])


def _is_body(node: Node) -> bool:
    """Whether a node is ``body()``."""
    return bool(node["type"] == "function_expression" and node["value"] == "body")


def _fields_below(nodes: Iterable[Node]) -> Iterator[str]:
    waiting = list(nodes)[:1]
    while waiting:
        node = waiting.pop()
        if node["type"] == "field":
            yield node["value"]
        else:
            waiting.extend(at_root(node) if node["type"] in NEW_ROOT else parts(node))


def _base(name: str) -> str:
    """``tags`` for ``tags_add``."""
    return next((name.removesuffix(end) for end in ADDITIONS if name.endswith(end)), name)


def _fields(template: Template | None) -> dict[str, str]:
    """The fields of a provider's body whose value is one attribute of ours, so that its complaints can be told."""
    found: dict[str, str] = {}
    for path, leaf in leaves(template):
        names = mentioned(leaf.expression)
        whole = leaf.expression.text if "(" not in leaf.expression.text and " " not in leaf.expression.text else None
        if names and path:
            found[".".join(map(str, path))] = whole or sorted(names)[0]
    return found
