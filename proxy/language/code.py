"""The module that expressions are compiled into: its functions, blocks, variables and constants.

Names of fields and keys are constant nodes; all other constants are globals, by reference.
"""

import ast
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Literal

from proxy.language.semantics import RUNTIME
from proxy.language.syntax import Node
from proxy.language.template import OUTLINED, Bodies, Template

Emitter = Callable[[Node, str, "Block"], str]
"""Adds the statements of a node applied to a variable to a block; gives the name that holds the result."""

Kind = Literal["boolean", "string", "strings"]
"""``strings`` is an array of strings."""

LOOPS = 12
"""Loops inside each other before a function of its own begins; Python allows 20."""

DEPTH = 40
"""Branches inside each other before a function of its own begins; Python's compiler recurses over them."""


class Code:
    """One generated module."""

    def __init__(self, emitters: Mapping[str, Emitter]) -> None:
        self.emitters = emitters
        self.functions: list[ast.stmt] = []
        self.constants: dict[str, Any] = {}
        self.kinds: dict[str, Kind] = {}
        """What a variable can only be, where that is known."""
        self._named: dict[Hashable, str] = {}
        self._count = 0

    def fresh(self, letter: str = "t") -> str:
        """A name that is used nowhere else in the module."""
        self._count += 1
        return f"{letter}{self._count}"

    def constant(self, value: Any) -> str:
        """The name of a constant; equal scalars of one type share it."""
        scalar = value is None or isinstance(value, str | int | float)
        key: Hashable = (type(value), repr(value)) if scalar else id(value)
        if key not in self._named:
            self._named[key] = self.fresh("k")
            self.constants[self._named[key]] = value
        return self._named[key]

    def outline(self, node: Node) -> str:
        """The name of a new function of value and context that computes a node."""
        name, block = self.fresh("f"), Block(self)
        self.define(name, ["value", "context"], block, read(block.emit(node, "value")))
        return name

    def define(self, name: str, arguments: list[str], block: "Block", result: ast.expr) -> None:
        """Add a function that runs a block and returns a result."""
        given = [ast.arg(argument) for argument in arguments]
        signature = ast.arguments(posonlyargs=given, args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        body = [*block.statements, ast.Return(result)]
        self.functions.append(ast.FunctionDef(name, signature, body, decorator_list=[]))

    def load(self, name: str) -> Callable[..., Any]:
        """Compile the module and give one of its functions.

        :raises RecursionError: where the expression is nested too deeply for Python's compiler.
        """
        module = ast.fix_missing_locations(ast.Module(self.functions, type_ignores=[]))
        space = {**RUNTIME, **self.constants}
        exec(compile(module, "<expression>", "exec"), space)  # noqa: S102 (nodes of our templates; no text of a mapping)
        function: Callable[..., Any] = space[name]
        return function


class Block:
    """The statements of one branch, with what is already computed where they run.

    ``known`` maps an operation on variables to the variable that holds its result; a branch sees what the blocks around
    it know, and takes its own knowledge with it when it ends: shared sub-expressions stay lazy.
    """

    def __init__(self, code: Code, outer: "Block | None" = None, *, loops: int = 0) -> None:
        self.code = code
        self.outer = outer
        self.loops = loops
        self.depth: int = outer.depth + 1 if outer else 0
        self.statements: list[ast.stmt] = []
        self.known: dict[Hashable, str] = {}
        self.not_null: set[str] = set()

    def emit(self, node: Node, value: str) -> str:
        """Add the statements of a node applied to a variable; the name of the variable or constant with the result."""
        if self.loops >= LOOPS or self.depth >= DEPTH:
            return self.let(OUTLINED, function=self.code.outline(node), value=value)
        return self.code.emitters[node["type"]](node, value, self)

    def operand(self, node: Node, value: str) -> str:
        """Like ``emit`` for a result that is only looked at: a literal needs no copy."""
        return self.code.constant(node["value"]) if node["type"] == "literal" else self.emit(node, value)

    def branch(self, *, loop: bool = False) -> "Block":
        """A block inside this one."""
        return Block(self.code, self, loops=self.loops + loop)

    def around(self) -> Iterator["Block"]:
        """This block and those around it, from the inside."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.outer

    def is_not_null(self, name: str) -> bool:
        """Whether a variable or constant cannot be null here."""
        if name in self.code.constants:
            return self.code.constants[name] is not None
        return any(name in block.not_null for block in self.around())

    def add(self, template: Template, bodies: Bodies | None = None, /, **names: str | ast.expr) -> None:
        """Add statements."""
        self.statements.extend(template.fill(names, bodies))

    def let(self, template: Template, bodies: Bodies | None = None, /, **names: str | ast.expr) -> str:
        """Add statements that set ``out``, a new variable, and give its name."""
        out = self.code.fresh()
        self.add(template, bodies, out=out, **names)
        return out

    def once(self, operation: Hashable, template: Template, /, **names: str | ast.expr) -> str:
        """Like ``let``, unless the same operation was computed before."""
        for block in self.around():
            if operation in block.known:
                return block.known[operation]
        self.known[operation] = self.let(template, **names)
        return self.known[operation]

    def assign(self, out: str, value: ast.expr) -> None:
        """Set a variable to an expression."""
        self.statements.append(ast.Assign([ast.Name(out, ast.Store())], value))

    def is_a(self, kind: Kind, name: str) -> bool:
        """Whether a variable or constant can only be of that kind."""
        constant = self.code.constants.get(name)
        return self.code.kinds.get(name) == kind or (kind == "string" and isinstance(constant, str))

    def note(self, kind: Kind, out: str) -> str:
        """Note what a variable can only be; null is of no kind."""
        self.code.kinds[out] = kind
        self.not_null.add(out)
        return out


def read(name: str) -> ast.expr:
    """The node that reads a variable or a constant."""
    return ast.Name(name, ast.Load())


def key(name: str) -> ast.expr:
    """The node of a field's or a key's name: the string itself, which Python loads faster than a global."""
    return ast.Constant(name)
