"""Expressions made to hurt: bounded when they are compiled, and when they run.

``compile_limited`` and ``run_limited`` are for expressions of tenants; nothing calls them yet. An operator's are
compiled without their bounds, but for one on the length.
"""

import subprocess
import sys

import pytest

from proxy.language import nullness
from proxy.language.compiled import Expression, compile_expression
from proxy.language.expression import EvaluationError, ExpressionMistake, compile_limited, run_limited
from proxy.language.syntax import TEXT_MAX, parse, walk
from tests.hostile.effort import Effort

COMPILE_CALLS = 400_000
RUN_CALLS = 1_500_000

TEXTS = {
    "a thousand pipes": "a" + "|a" * 1000,
    "as many pipes as fit": "a" + "|a" * 99,
    "as many conditions as fit": "a" + "&&a" * 99,
    "as many choices as fit": "a" + "||a" * 99,
    "as many comparisons as fit": "a" + "==a" * 99,
    "negations": "!" * 190 + "a",
    "two thousand negations": "!" * 2000 + "a",
    "dots": "a" + ".a" * 99,
    "projections": "a" + "[*].a" * 60,
    "filters on filters": "a" + "[?b && c]" * 38,
    "parentheses": "(" * 1000 + "a" + ")" * 1000,
    "parentheses as many as fit": "(" * 32 + "a && b" + " && c)" * 32,
    "lists in lists": "[" * 32 + "a" + "]" * 32,
    "objects in objects": "{a: " * 32 + "a" + "}" * 32,
    "calls in calls": "not_null(" * 32 + "a" + ")" * 32,
    "many arguments": "not_null(" + ",".join(["a && b"] * 60) + ")",
    "a literal of the largest size": "`" + str(list(range(250))) + "`",
    "a literal that is too large": "`[" + "1," * 900 + "1]`",
    "brackets in a literal": "`" + "[" * 900 + "]" * 900 + "`",
    "a number without end": "`" + "9" * 2000 + "`",
    "an exponent": "a[?b == `1e99999`]",
    "quotes": "'" * 2000,
    "maps": "map(&map(&map(&a, b), c), d)",
    "half a character": "'\ud800'",
    "an index beyond all": "a[" + "9" * 2000 + "]",
    "a slice without steps": "a[::0]",
}


def outcome(function, *given):
    """What came of it: a result and no message, or no result and the message of a refusal."""
    try:
        return function(*given), ""
    except (ExpressionMistake, EvaluationError) as refused:
        return None, str(refused)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_from_outside_is_compiled_or_refused_at_a_bounded_effort(text):
    with Effort(COMPILE_CALLS):
        compiled, message = outcome(compile_limited, text)
    assert compiled is None or len(list(walk(compiled.tree))) <= 200
    assert len(message) < 4500


@pytest.mark.parametrize("joined", ["|", "&&"])
def test_no_part_of_an_expression_is_written_out_twice(joined, monkeypatch):
    """The search for traps compares parts by their text: for each place anew, that is cubic in the length."""
    written = []
    monkeypatch.setattr(nullness, "same", lambda node: written.append(1) or repr(node))
    expression = compile_expression("a" + f" {joined} a" * 99)
    assert 0 < len(written) <= 2 * len(list(walk(expression.tree)))


def test_bounds_come_before_the_work(monkeypatch):
    monkeypatch.setattr("proxy.language.limits.compile_expression", lambda text: pytest.fail("compiled"))
    for text in (TEXTS["a thousand pipes"], TEXTS["a literal that is too large"], TEXTS["maps"]):
        with pytest.raises(ExpressionMistake):
            compile_limited(text)


OPERATORS = {
    "pipes": "a" + " | a" * 4000,
    "dots": "a" + ".a" * 8000,
    "parentheses": "(" * 8000 + "a" + ")" * 8000,
    "lists": "[" * 8000 + "a" + "]" * 8000,
    "calls": "not_null(" * 1500 + "a" + ")" * 1500,
    "indexes": "a" + "[0]" * 5000,
    "negations": "!" * 16_000 + "a",
    "literal": "`[" + "1," * 7_900 + "1]`",
    "raw text": "'" + "x" * 16_000 + "'",
    "a text beyond the bound": "`[" + "1," * 2_500_000 + "1]`",
}


def test_an_operators_folder_of_such_expressions_is_told_of_and_kills_nothing(tmp_path):
    """The fast parser, the library's parser and Python's compiler all recurse: in a process that may die."""
    for name, text in OPERATORS.items():
        file = tmp_path / name.replace(" ", "-") / "provider.yaml"
        file.parent.mkdir()
        head = "name: x\nlabel: X\nbase: https://x.example\nauth: {header: A, value: '{token}'}\n"
        head += "credential: {token: {label: T, help: H}}\npassthrough: {allow: ['/**']}\n"
        quoted = text.replace("'", "''")
        file.write_text(f"{head}verify: {{get: /x, identity: id, label: name, expect: '{quoted}'}}\n")
    made = subprocess.run(
        [sys.executable, "-m", "unified", "mappings", "check", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert made.returncode == 1, made.stderr[-500:]
    assert "Traceback" not in made.stderr
    for name in ("pipes", "parentheses", "lists", "negations", "a-text-beyond-the-bound"):
        assert f"{name}/provider.yaml:7: verify.expect: " in made.stderr, made.stderr[:2000]
    assert len(made.stderr) < 100_000


def test_the_bound_on_an_operators_expression_is_exact():
    assert compile_expression("'" + "x" * (TEXT_MAX - 2) + "'")({}) == "x" * (TEXT_MAX - 2)
    with pytest.raises(ExpressionMistake, match="longer than"):
        compile_expression("'" + "x" * (TEXT_MAX - 1) + "'")


def deep(levels):
    value = {}
    for _ in range(levels):
        value = {"d": value}
    return value


VALUE = {
    "a": "x" * 1000,
    "b": ["y" * 1000] * 1000,
    "c": [{"k": number, "t": "x" * 50} for number in range(500)],
    "n": list(range(5000)),
    "s": "ab" * 50_000,
    "deep": deep(50_000),
}
RUNS = {
    "sorted again and again": "c" + " | sort_by(@, &k)" * 60,
    "the largest of the largest": "max_by(c, &max_by(c2 || `[]`, &k) || k)",
    "searched for each": "n[?contains(s2 || `[]`, @)]",
    "turned around": "n" + " | reverse(@)" * 60,
    "cut backwards": "n[::-1]" + " | [::-1]" * 60,
    "a text turned around": "s" + " | reverse(@)" * 60,
    "split and joined": "s | split(@, 'a')" + " | join('aa', @) | split(@, 'a')" * 20,
    "joined longer": "s | split(@, 'a') | join('aaaaaaaaaaaaaaaaaaaaaaaa', @)",
    "written out threefold": "to_string(c)" + " | to_string([@,@,@])" * 40,
    "quotes in quotes": "'\"\\\\'" + " | to_string(@)" * 60,
    "objects of themselves": "{a: @}" + " | {a: @, b: @}" * 40 + " | values(@)[] | [].a",
    "values of values": "[@]" + " | [].{a: @, b: @} | [].values(@) | []" * 16,
    "merged for each": "map(&merge(@, @, @, @), c)",
    "rows of rows": "rows(@) | rows(@) | rows(@)",
    "marked up again": "b | join('', @) | replace(@, 'y', '<') | html(@) | html(@)",
    "compared for each": "c[?@ != `1`] | [?@ == @]",
    "compared with themselves": " && ".join(["c == c"] * 60),
    "a long number": "'" + "9" * 1900 + "' | to_number(@)",
    "an endless exponent": "to_number('1e999999999')",
    "sums": "n" + " | [sum(@), sum(@)]" * 90,
    "sorted numbers": "sort(n)" + " | sort(@)" * 90,
    "deep written out": "to_string(deep)",
    "deep walked": "deep" + ".d" * 190,
    "deep compared": "deep == deep.d",
}


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS)
def test_a_run_ends_within_its_steps(text):
    expression = Expression(text, parse(text))
    with Effort(RUN_CALLS):
        _, message = outcome(run_limited, expression, VALUE)
    assert len(message) < 200
