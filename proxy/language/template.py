"""Shapes of generated code, written as Python once and filled in as ``ast`` nodes.

A template's text is ours and parsed when the module is imported. What a mapping says enters only as the *name* of a
variable, or as a constant node that holds the very object, so no text of an expression ever becomes source.
"""

import ast
from collections.abc import Mapping
from typing import Any

Names = Mapping[str, str | ast.expr]
Bodies = Mapping[str, list[ast.stmt]]


class Template:
    """Statements with places: lower-case names are renamed, a line of one capital name takes a list of statements."""

    def __init__(self, text: str) -> None:
        self.statements = ast.parse(text).body

    def fill(self, names: Names, bodies: Bodies | None = None) -> list[ast.stmt]:
        """A fresh copy with the places filled; a name without a filling stays as it is."""
        return [made for statement in self.statements for made in _filled_statement(statement, names, bodies or {})]


def _filled_statement(statement: ast.stmt, names: Names, bodies: Bodies) -> list[ast.stmt]:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Name) and statement.value.id in bodies:
        return bodies[statement.value.id]
    made: ast.stmt = _filled(statement, names, bodies)
    return [made]


def _filled(node: Any, names: Names, bodies: Bodies) -> Any:
    if isinstance(node, ast.Name):
        filling = names.get(node.id, node.id)
        return ast.Name(filling, node.ctx) if isinstance(filling, str) else filling
    if not isinstance(node, ast.AST):
        return node
    return type(node)(**{field: _filled_field(getattr(node, field), names, bodies) for field in node._fields})


def _filled_field(held: Any, names: Names, bodies: Bodies) -> Any:
    if not isinstance(held, list):
        return _filled(held, names, bodies)
    if held and isinstance(held[0], ast.stmt):
        made = [part for statement in held for part in _filled_statement(statement, names, bodies)]
        return made or [ast.Pass()]
    return [_filled(part, names, bodies) for part in held]


VIEW = Template("out = value if type(value) is dict else EMPTY if value is None else fields_of(value)")
FIELD = Template("out = view.get(key)")
ROOT_GET = Template("get = item.get")
ROOT_FIELD = Template("out = get(key)")
INDEX = Template("out = value[key] if isinstance(value, list) and len(value) > last else None")
SLICE = Template("out = value[key] if isinstance(value, list) else None")
FRESH = Template("out = copied(value)")
FRESH_FLAT = Template("out = value.copy()")

AND = Template(
    "out = left\nif left or (left is not None and left is not False and is_true(left)):\n    BODY\n    out = right"
)
AND_BOOLEAN = Template("out = left\nif left:\n    BODY\n    out = right")
OR = Template(
    "out = left\nif not left and (left is None or left is False or is_false(left)):\n    BODY\n    out = right"
)
OR_BOOLEAN = Template("out = left\nif not left:\n    BODY\n    out = right")
NOT = Template("out = False if value else True if value is None else negated(value)")

IS = Template("out = left is right")
IS_NOT = Template("out = left is not right")
EQUAL = Template("out = left == right")
NOT_EQUAL = Template("out = left != right")
EQUAL_NUMBER = Template("out = left == right and type(left) is not bool")
NOT_EQUAL_NUMBER = Template("out = left != right or type(left) is bool")
EQUAL_ANY = Template("out = left == right if type(left) is str else equals(left, right)")
NOT_EQUAL_ANY = Template("out = left != right if type(left) is str else not equals(left, right)")

UNLESS_NULL = Template("if value is None:\n    out = None\nelse:\n    BODY")
FIRST_OF_TWO = Template("out = left\nif out is None:\n    BODY\n    out = right")
NOT_NULL = Template("out = left if left is not None else right")

FLAT = Template("out = flat(base) if isinstance(base, list) else None")
VALUES = Template("out = base.values() if type(base) is dict else values_of(base)")
EACH_OF_LIST = Template(
    "if isinstance(base, list):\n    out = []\n    for item in base:\n        BODY\nelse:\n    out = None"
)
EACH_OF_FLAT = Template(
    "if isinstance(base, list):\n"
    "    out = []\n"
    "    for item in flat(base) if base else base:\n"
    "        BODY\n"
    "else:\n"
    "    out = None"
)
EACH_OF_VALUES = Template(
    "if base is not None:\n    out = []\n    for item in base:\n        BODY\nelse:\n    out = None"
)
SKIP_NULL = Template("if item is None:\n    continue")
KEEP = Template("out.append(found)")
KEEP_UNLESS_NULL = Template("if found is not None:\n    out.append(found)")
IF_TRUE = Template("if left or (left is not None and left is not False and is_true(left)):\n    BODY")
IF_BOOLEAN = Template("if left:\n    BODY")

OF_SET = Template("out = of_set(context, part, name)")
REFERENCE = Template("out = expression_reference(function, context)")
TO_STRING = Template("out = value if type(value) is str else str(value) if type(value) is int else to_string(value)")
JOIN_STRINGS = Template("out = separator.join(values)")
OUTLINED = Template("out = function(value, context)")
