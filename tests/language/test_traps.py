"""Which expressions are refused at load, and which are let through."""

import pytest

from proxy.language.expression import ExpressionMistake, compile_expression, functions, paths

REFUSED = {
    "!a.b": "! binds closer",
    "!a.b.c": "! binds closer",
    "!a[?b]": "! binds closer",
    "!a[].b": "! binds closer",
    "[!a.b]": "! binds closer",
    "a && '' || b": "is always y",
    "a && `[]` || b": "is always y",
    "a && `null` || b": "is always y",
    "a && `false` || b": "is always y",
    "{x: a && `{}` || b}": "is always y",
    "length(a)": "length() fails where its argument is absent",
    "length(a.b)": "length() fails",
    "length(a[0])": "length() fails",
    "length(a[].b)": "length() fails",
    "length(a || b)": "length() fails",
    "length(a && b)": "length() fails",
    "length(not_null(a, b))": "length() fails",
    "a || length(b)": "length() fails",
    "b && length(a)": "length() fails",
    "a.length(@)": "length() fails",
    "a.length(b)": "length() fails",
    "meta.max([a, b][?@])": "max() fails where",
    "contains(a, 'x')": "contains() fails",
    "starts_with(a, 'x')": "starts_with() fails",
    "starts_with('x', a)": "starts_with() fails",
    "reverse(a)": "reverse() fails",
    "keys(a)": "keys() fails",
    "abs(to_number(a))": "abs() fails",
    "merge(a, `{}`)": "merge() fails",
    "merge(`{}`, `{}`, a)": "merge() fails",
    "split(a, b)": "split() fails",
    "join(', ', a[].b)": "join() fails where",
    "join(' ', [a, b])": "join() fails on an array that holds null",
    "max([a, b])": "max() fails on an array that holds null",
    "sort(to_array(a))": "sort() fails on an array that holds null",
    "sort_by(a || `[]`, &b)": "sort_by() fails on an element without the key",
    "max_by(a || `[]`, &b)": "max_by() fails on an element without the key",
    "to_string(a)": "to_string(null)",
    "to_string(a.b)": "to_string(null)",
    "a && to_string(b)": "to_string(null)",
    "a || to_string(a)": "to_string(null)",
    "to_string(now())": "to_string(null)",
    "a[].{x: to_string(b)}": "to_string(null)",
    "map(&to_string(b), a || `[]`)": "to_string(null)",
    "foo(a)": "there is no function foo()",
    "length()": "takes 1 arguments, not 0",
    "length(a, b)": "takes 1 arguments, not 2",
    "not_null()": "takes at least 1 arguments, not 0",
    "parent(a)": "takes 0 arguments, not 1",
    "added(tags)": "in quotes",
    "`text`": "must be JSON",
    "a.": "ends too early",
    "a b": "unexpected 'b' in column 3",
    "a # b": "in column 3",
    "": "is empty",
    "'a": "Unclosed",
    "a[" + "9" * 5000 + "]": "too many digits",
}

ALLOWED = [
    "!(a.b)",
    "!a && b",
    "!a == b",
    "!a[0]",
    "a && 'x' || ''",
    "a && `0` || b",
    "(a && b) || ''",
    "length(not_null(a, `[]`))",
    "length(a || `[]`)",
    "length(a[].b || `[]`)",
    "a && length(a)",
    "a.b && length(a)",
    "a.b && a.b.c && length(a.b)",
    "a != `null` && length(a) > `1`",
    "type(a) == 'array' && length(a) > `1`",
    "a == `null` || length(a) > `1`",
    "!a || length(a) > `1`",
    "a && b && starts_with(a, b)",
    "max([a, b][?@])",
    "max([a, b][?@ != `null`])",
    "sort([a, b][?@])",
    "join(' ', [a, b][?@])",
    "join(' ', [a || '', not_null(b, '')])",
    "join(' ', not_null(a[].b, `[]`))",
    "join(' ', (a || `[]`)[].b)",
    "meta.{x: max([a, b][?@])}",
    "a[?b].length(b)",
    "a[?starts_with(not_null(b, ''), 'x')]",
    "a[].to_string(@)",
    "sort_by(a || `[]`, &not_null(b, ''))",
    "sort_by((a || `[]`)[?b], &not_null(b, ''))",
    "to_string(not_null(id, ''))",
    "id && to_string(id)",
    "id && join('', ['https://desk.example/', to_string(id)])",
    "to_string(a == b)",
    "to_string(id())",
    "to_number(a)",
    "to_array(a)",
    "type(a)",
    "not_null(a, b)",
    "rows(a)[].{name: key, value: value}",
    "object(a[].{key: name, value: value})",
    "text(a.b) || html(c) || mime(d) || file_name(e) || lower(f) || split(g, ',') || replace(h, 'a', 'b')",
    "length(split(a || '', ','))",
    "parent().a || query().b || body().c || connection().d || now().e || each().f || steps().g.h || id().i",
    "added('tags') || removed('tags') || whole('tags')[].name",
]


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_a_trap_is_refused_with_the_reason(text, message):
    with pytest.raises(ExpressionMistake) as caught:
        compile_expression(text)
    assert message in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("text", ALLOWED)
def test_what_is_meant_is_let_through(text):
    compile_expression(text)


def test_what_is_declared_present_needs_no_guard():
    text = "join('/', [connection().base_url, to_string(id)])"
    with pytest.raises(ExpressionMistake):
        compile_expression(text)
    compiled = compile_expression(text, present=["connection().base_url", "id"])
    assert functions(compiled) == {"connection"}


def test_only_context_functions_are_the_same_in_another_place():
    with pytest.raises(ExpressionMistake):
        compile_expression("to_string(query == '') == 'x' && a[].length(query)")
    compile_expression("query().b && a[].length(query().b)")


def test_what_is_declared_of_context_holds_inside_projections():
    compile_expression("a[].{x: length(connection().name)}", present=["connection().name"])
    with pytest.raises(ExpressionMistake):
        compile_expression("a[].{x: length(name)}", present=["name"])


@pytest.mark.parametrize(
    ("text", "fields", "called"),
    [
        ("a.b", {"a"}, set()),
        ("a.{x: b} | c", {"a"}, set()),
        ("a[?b == c].d", {"a"}, set()),
        ("@.a || b[0].c", {"a", "b"}, set()),
        ("{x: a, y: [b, !c]}", {"a", "b", "c"}, set()),
        ("sort_by(not_null(a, b, `[]`), &to_string(not_null(c, query().x, '')))", {"a", "b"}, {"query"}),
        ("parent().a && added('tags')", set(), {"parent", "added"}),
        ("a[1:2].b", {"a"}, set()),
    ],
)
def test_an_expression_tells_what_it_reads_and_calls(text, fields, called):
    compiled = compile_expression(text)
    assert paths(compiled) == fields
    assert functions(compiled) == called
