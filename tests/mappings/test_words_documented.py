"""mappings/README.md names every word of the language, no other, and its expressions do what it says."""

import re

import jmespath.functions
import msgspec
import pytest

from proxy.language.expression import Context, ExpressionMistake, compile_expression
from proxy.language.functions import ContextFunctions
from proxy.provider import model, paging
from unified.folders import data_folder
from unified.mapping import plan_words, vocabulary

README = (data_folder("mappings") / "README.md").read_text()
TICKED = re.compile(r"``\s?(.+?)\s?``(?!`)|`([^`]+)`")

SECTIONS = {
    "provider.yaml": model.ProviderWords,
    "A field of `connection` or `credential`": model.FieldWords,
    "`translated`": model.TranslatedWords,
    "`auth`": model.AuthWords,
    "`verify`": model.VerifyWords,
    "`version`": model.VersionWords,
    "`passthrough`": model.PassthroughWords,
    "`envelopes`": model.EnvelopeWords,
    "`lists`": model.ListWords,
    "`errors`": model.ErrorWords,
    "`limits`": model.LimitWords,
    "`limit_headers`": model.LimitHeaders,
    "`facts`": model.FactWords,
    "`check`": model.CheckWords,
    "`before`": model.CallWords,
    "A mapping file": vocabulary.MappingWords,
    "An attribute": vocabulary.AttributeWords,
    "`joins`": vocabulary.JoinWords,
    "A list": vocabulary.ListWords,
    "`paging`": paging.PagingWords,
    "`filters`": vocabulary.FilterWords,
    "`get`": vocabulary.GetWords,
    "Examples": vocabulary.ExampleWords,
    "Writes": plan_words.PlanWords,
    "`needs`": plan_words.NeedWords,
    "`refuse`": plan_words.RefuseWords,
    "A step": plan_words.StepWords,
    "A leaf": plan_words.LeafWords,
    "`probe`": plan_words.ProbeWords,
    "Examples of writes": plan_words.PlanExampleWords,
    "`calls`": plan_words.CallExampleWords,
}


def section(title):
    """The text below a heading, up to the next heading of any depth."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {title!r}"
    return found[1]


def table(title, first="word"):
    """The rows of the table of a section whose first column has that name."""
    after = section(title).split(f"| {first} |", 1)[1].split("\n\n")[0]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in after.splitlines()[2:]]


def ticked(cell):
    """The code of a table's cell."""
    found = TICKED.search(cell)
    return None if found is None else (found[1] or found[2]).replace(r"\|", "|")


def structs_of(module):
    found = {one for one in vars(module).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)}
    return {one for one in found if one.__struct_config__.forbid_unknown_fields}


def test_every_kind_of_words_has_its_section():
    assert structs_of(model) | structs_of(vocabulary) | structs_of(plan_words) == set(SECTIONS.values())


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_names_every_word_and_no_other(title):
    assert sorted(ticked(row[0]) for row in table(title)) == sorted(SECTIONS[title].__struct_encode_fields__)


@pytest.mark.parametrize("title", SECTIONS)
def test_every_word_has_a_meaning_and_an_example(title):
    for row in table(title):
        assert len(row) == 3
        assert len(row[1].strip()) > 5
        assert row[2].strip()


def literals(kind):
    """The words that a field may have as its value."""
    if isinstance(kind, msgspec.inspect.LiteralType):
        yield from kind.values
    for inner in (*getattr(kind, "types", ()), *filter(None, [getattr(kind, "type", None)])):
        yield from literals(inner)
    if isinstance(kind, msgspec.inspect.DictType):
        yield from literals(kind.value_type)


@pytest.mark.parametrize("title", SECTIONS)
def test_every_value_that_a_word_may_have_is_named_in_its_section(title):
    fields = msgspec.inspect.type_info(SECTIONS[title]).fields
    missing = [word for field in fields for word in literals(field.type) if f"`{word}`" not in section(title)]
    assert missing == []


FUNCTIONS = [
    *table("Functions of values", "function"),
    *table("Functions of the context", "function"),
]


def test_every_function_of_ours_is_named_and_no_other():
    ours = set(ContextFunctions.FUNCTION_TABLE) - set(jmespath.functions.Functions.FUNCTION_TABLE)
    assert sorted(ticked(row[0]).partition("(")[0] for row in FUNCTIONS) == sorted(ours)


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: ticked(row[0]))
def test_the_example_of_a_function_compiles(row):
    example = ticked(row[2]) or ticked(row[0])
    for text in re.findall(r"\{([^{}]*)\}", example) if example.startswith("/") else [example]:
        compile_expression(text)


GIVES = [
    ("rows(custom_attributes)[].{name: key, value: value}", [{"name": "plan", "value": "gold"}]),
    ("object(rows(custom_attributes)[?value])", {"plan": "gold"}),
    ("message || text(email_message.html)", "Hi & bye"),
    ("mime_type || mime(client_name)", "application/pdf"),
    ("file_name(data_url)", "a b.png"),
    ("split(name, ' ')[0]", "Ada"),
    (r'replace(content, `"\\\n"`, `"\n"`)', "a\nb"),
    ("lower(role)", "owner"),
    ("digits(phone)", "4917012345"),
]
ITEM = {
    "custom_attributes": {"plan": "gold"},
    "email_message": {"html": "<p>Hi &amp; bye</p>"},
    "client_name": "a.PDF",
    "data_url": "https://files.example/x/a%20b.png?y=1",
    "name": "Ada Lovelace",
    "content": "a\\\nb",
    "role": "OWNER",
    "phone": "+49 170 / 123-45",
}


@pytest.mark.parametrize(("text", "expected"), GIVES, ids=[one[0] for one in GIVES])
def test_the_example_of_a_function_gives_what_is_meant(text, expected):
    assert text in [ticked(row[2]) for row in FUNCTIONS]
    assert compile_expression(text)(ITEM, Context()) == expected


REFUSED = table("Refused at load", "written")


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: ticked(row[0]))
def test_what_is_said_to_be_refused_is_refused(row):
    with pytest.raises(ExpressionMistake):
        compile_expression(ticked(row[0]))


@pytest.mark.parametrize("row", [row for row in REFUSED if row[2].strip()], ids=lambda row: ticked(row[2]))
def test_what_is_said_to_be_written_instead_compiles(row):
    compile_expression(ticked(row[2]))
