"""docs/settings.md lists every setting and every bound with its default and its meaning.

The tables are made from the docstrings of the fields: ``python tests/docs/test_docs_settings.py`` writes them anew.
"""

import ast
import inspect
import re
import sys
from itertools import pairwise
from pathlib import Path

import msgspec
from msgspec.structs import fields

from proxy import bounds, settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
TABLES = {
    "settings": (settings, settings.Settings, settings.PREFIX),
    "bounds": (bounds, bounds.Bounds, settings.BOUNDS_PREFIX),
}
BLOCK = re.compile(r"<!-- (settings|bounds): begin -->\n.*?<!-- \1: end -->", re.S)


def described(module, struct):
    """The text under each field of a struct."""
    tree = ast.parse(inspect.getsource(module))
    body = next(one.body for one in tree.body if isinstance(one, ast.ClassDef) and one.name == struct.__name__)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }


def shown(field):
    """A default as one would write it in the environment."""
    if field.required:
        return "must be set"
    value = field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None or value is msgspec.NODEFAULT or (not isinstance(value, int | float) and not value):
        return "nothing"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def meaning(text):
    """A docstring as a table's cell."""
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


def table(name):
    module, struct, prefix = TABLES[name]
    texts = described(module, struct)
    rows = [
        f"| `{prefix}{field.name.upper()}` | {shown(field)} | {meaning(texts[field.name])} |"
        for field in fields(struct)
        if field.name != "bounds"
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def page():
    """The page as it should be."""
    return BLOCK.sub(
        lambda found: f"<!-- {found[1]}: begin -->\n{table(found[1])}\n<!-- {found[1]}: end -->",
        PAGE.read_text(encoding="utf-8"),
    )


def test_the_tables_are_those_of_the_code():
    """If this fails: python tests/docs/test_docs_settings.py"""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_every_setting_and_bound_is_on_the_page_once():
    text = PAGE.read_text(encoding="utf-8")
    for _, struct, prefix in TABLES.values():
        for field in fields(struct):
            variable = f"| `{prefix}{field.name.upper()}` |"
            assert text.count(variable) == (field.name != "bounds"), variable


def test_no_page_names_a_variable_that_does_not_exist():
    root = PAGE.parent.parent
    known = {f"{prefix}{field.name.upper()}" for _, struct, prefix in TABLES.values() for field in fields(struct)}
    pages = [root / name for name in ("README.md", "CHANGELOG.md", "openapi/README.md")]
    for written in [*pages, *PAGE.parent.glob("*.md")]:
        named = set(re.findall(r"INTERLINE_[A-Z][A-Z_]*[A-Z]", written.read_text(encoding="utf-8")))
        assert named - known == set(), written.name


if __name__ == "__main__":
    sys.stdout.write(f"{PAGE.name}: {PAGE.write_text(page(), encoding='utf-8')} characters\n")
