"""Expression text to the JMESPath library's tree, with what the library itself would only notice when it runs."""

import json
import warnings
from collections.abc import Iterator
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, LexerError, ParseError

from proxy.language.context import SETS, VALUES
from proxy.language.faults import ExpressionMistake
from proxy.language.functions import ContextFunctions

Node = dict[str, Any]
"""A node of the library's tree: ``type``, ``children`` and mostly ``value``."""

TABLE: dict[str, Any] = ContextFunctions.FUNCTION_TABLE

STEPS = frozenset({"subexpression", "pipe", "index_expression"})
"""Nodes whose children each see the result of the one before."""

NEW_ROOT = STEPS | {"projection", "value_projection", "filter_projection"}
"""Nodes whose first child sees the value around them and whose other children see another one."""

ORDERINGS = frozenset({"lt", "lte", "gt", "gte"})

STAYS = frozenset({"current", "identity"})

TEXT_MAX = 16 * 1024
"""Characters of any expression; the library's lexer is quadratic in the length of a literal."""


def parse(text: str) -> Node:
    """The tree of an expression whose functions exist and have the right number of arguments."""
    if len(text) > TEXT_MAX:
        raise ExpressionMistake(f"is longer than {TEXT_MAX} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PendingDeprecationWarning)
            tree: Any = jmespath.compile(text).parsed
    except PendingDeprecationWarning:
        raise ExpressionMistake("text between backquotes must be JSON: write 'text' for a string") from None
    except RecursionError:
        raise ExpressionMistake("is nested too deeply") from None
    except JMESPathError as error:
        raise ExpressionMistake(place(error)) from None
    except ValueError:
        raise ExpressionMistake("holds a number with too many digits") from None
    for node in walk(tree):
        if node["type"] == "function_expression":
            check_call(node)
    checked: Node = tree
    return checked


def place(error: JMESPathError) -> str:
    """What the parser did not like, in one line with its column."""
    if isinstance(error, LexerError):
        return f"{error.message} in column {error.lex_position + 1}"
    if isinstance(error, ParseError) and error.token_value:
        return f"unexpected {error.token_value!r} in column {error.lex_position + 1}"
    if isinstance(error, ParseError):
        return "ends too early"
    return "is empty"


def check_call(node: Node) -> None:
    """Refuse a call that could only fail: no such function, or another number of arguments."""
    name, given = node["value"], len(node["children"])
    if name not in TABLE:
        raise ExpressionMistake(f"there is no function {name}()")
    wanted = TABLE[name]["signature"]
    variadic = bool(wanted) and wanted[-1].get("variadic", False)
    if given < len(wanted) or (given > len(wanted) and not variadic):
        least = "at least " if variadic else ""
        raise ExpressionMistake(f"{name}() takes {least}{len(wanted)} arguments, not {given}")
    if name in SETS and not is_literal(node["children"][0], str):
        raise ExpressionMistake(f"{name}() takes the name of an attribute in quotes")


def is_literal(node: Node, kind: type) -> bool:
    """Whether the node is a literal of that Python type."""
    return node["type"] == "literal" and isinstance(node["value"], kind)


def parts(node: Node) -> list[Node]:
    """The child nodes; those of a slice are numbers and no nodes."""
    return [] if node["type"] == "slice" else node["children"]


def walk(tree: Node) -> Iterator[Node]:
    """Every node of a tree, without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(parts(node))


def same(node: Node) -> str:
    """A text that is equal for equal expressions."""
    return json.dumps(node, sort_keys=True)


def context_functions(tree: Node) -> set[str]:
    """The names of the context functions that a tree calls."""
    called = {node["value"] for node in walk(tree) if node["type"] == "function_expression"}
    return called & (VALUES | SETS)


def root_fields(tree: Node) -> set[str]:
    """The fields that a tree reads of the value it is applied to."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node["type"] == "field":
            found.add(node["value"])
        elif node["type"] in NEW_ROOT:
            waiting.extend(at_root(node))
        elif node["type"] != "expref":
            waiting.extend(parts(node))
    return found


def at_root(node: Node) -> list[Node]:
    """The children that see the same value as the node: the first, and what follows an ``@``."""
    seen: list[Node] = []
    for child in node["children"]:
        seen.append(child)
        if child["type"] not in STAYS or node["type"] not in STEPS:
            break
    return seen
