"""The value functions and the context functions."""

import time

import pytest

from proxy.language.compiled import Expression
from proxy.language.context import VALUES, Context, SetChange
from proxy.language.faults import EvaluationError
from proxy.language.syntax import parse


def run(text, value=None, context=None):
    return Expression(text, parse(text))(value, context)


RESULTS = {
    "rows(@)": ({"a": 1, "b": None}, [{"key": "a", "value": 1}, {"key": "b", "value": None}]),
    "object(@)": ([{"key": "a", "value": 1}, {"key": "b"}, {"key": "a", "value": 2}], {"a": 2, "b": None}),
    "object(rows(@))": ({"x": [1], "y": {}}, {"x": [1], "y": {}}),
    "split(@, ', ')": ("a, b", ["a", "b"]),
    "replace(@, 'a', 'bb')": ("aXa", "bbXbb"),
    "lower(@)": ("ÀB", "àb"),
    "digits(@)": ("+49 (0)170-12 ٣x", "49017012"),
    "join('-', @)": (["a", "b"], "a-b"),
    "file_name(@)": ("https://files.example/a/b%20c%2Fd.png?sign=/x#y", "b c/d.png"),
}


@pytest.mark.parametrize(("text", "value", "expected"), [(text, *row) for text, row in RESULTS.items()])
def test_a_value_function_gives(text, value, expected):
    assert run(text, value) == expected


NULL_FOR_NULL = ["rows(@)", "object(@)", "text(@)", "html(@)", "mime(@)", "file_name(@)", "lower(@)"]
NULL_FOR_NULL += ["digits(@)", "split(@, ',')", "replace(@, 'a', 'b')"]


@pytest.mark.parametrize("text", NULL_FOR_NULL)
def test_a_value_function_gives_null_for_null(text):
    assert run(text, None) is None


@pytest.mark.parametrize("text", [*NULL_FOR_NULL[2:], "rows(@)", "object(@)"])
def test_a_value_function_fails_on_another_type(text):
    with pytest.raises(EvaluationError, match="takes"):
        run(text, 5)


@pytest.mark.parametrize("entries", [[{"value": 1}], [{"key": 5}], ["x"], [None]])
def test_object_wants_entries_with_a_string_key(entries):
    with pytest.raises(EvaluationError, match="string keys"):
        run("object(@)", entries)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.PNG", "image/png"),
        ("voice.ogg", "audio/ogg"),
        ("a.webp", "image/webp"),
        ("https://files.example/x/report.pdf?token=a.b/c", "application/pdf"),
        ("letter.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("nothing", None),
        ("a.unknown-ending", None),
        ("", None),
        ("https://files.example/", None),
        ("data:text/html,x", None),
    ],
)
def test_mime_knows_a_type_by_the_ending_of_the_name(name, expected):
    assert run("mime(@)", name) == expected


@pytest.mark.parametrize("url", ["https://files.example/", "", "https://files.example"])
def test_a_url_without_a_last_segment_has_no_file_name(url):
    assert run("file_name(@)", url) is None


@pytest.mark.parametrize("function", ["file_name(@)", "mime(@)"])
def test_a_malformed_url_fails_as_an_evaluation_error_or_gives_something(function):
    with pytest.raises(EvaluationError):
        run(function, "https://[::1/x.png")


TEXTS = {
    "plain": ("Hello  world", "Hello world"),
    "entities": ("Fish &amp; chips &euro;5&nbsp;&lt;now&gt;", "Fish & chips €5 <now>"),
    "paragraphs": ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
    "blocks": ("<div>One</div><div>Two</div>", "One\n\nTwo"),
    "lists": ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
    "hidden": ("<style>p{}</style>a<script>if (a<b) alert('<p>')</script>b", "ab"),
    "head": ("<html><head><title>T</title></head><body>x</body></html>", "x"),
    "comments": ("a<!-- <b>no</b> -->b<![endif]-->c<!doctype html>", "abc"),
    "unclosed comment": ("a<!-- b", "a"),
    "a lone sign": ("a < b and c", "a < b and c"),
    "an unclosed tag": ("a <b", "a <b"),
    "pre keeps its lines": ("<pre>a\n  b</pre>", "a\nb"),
    "line ends are spaces": ("a\nb", "a b"),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("html", "expected"), TEXTS.values(), ids=TEXTS)
def test_text_is_what_a_person_would_see(html, expected):
    assert run("text(@)", html) == expected


HTML = {
    "lines": ("a\nb\r\nc", "<p>a<br>b<br>c</p>"),
    "paragraphs": ("a\n\n\nb", "<p>a</p><p>b</p>"),
    "markup is escaped": ("<b>&\"'", "<p>&lt;b&gt;&amp;&quot;&#x27;</p>"),
    "empty": ("\n", ""),
}


@pytest.mark.parametrize(("text", "expected"), HTML.values(), ids=HTML)
def test_html_shows_text_as_it_stands(text, expected):
    assert run("html(@)", text) == expected


HOSTILE = ["<a ", "<!--", "<![CDATA[", '<a b="', "<?", "</", "<", "&#", "<script><!--", "<title>", "<a <b>"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_text_takes_linear_time_over_hostile_html(piece):
    started = time.process_time()
    run("text(@)", piece * (300_000 // len(piece)))
    assert time.process_time() - started < 2


def test_context_functions_read_the_context_from_anywhere():
    context = Context(**{name: {"x": name} for name in VALUES})
    for name in sorted(VALUES):
        assert run(f"[`1`][].{{a: [@][].{name}().x}}", {}, context) == [{"a": [name]}]
        assert run(f"{name}()") is None


def test_the_functions_of_sets_read_one_attribute():
    context = Context(sets={"tags": SetChange(added=[1], removed=[2], whole=[3])})
    text = "[added('tags'), removed('tags'), whole('tags'), added('other')]"
    assert run(text, {}, context) == [[1], [2], [3], None]
    assert run("added('tags')") is None
