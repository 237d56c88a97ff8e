"""docs/errors.md and proxy/errors.py say the same."""

import re
from pathlib import Path

import pytest
from msgspec import json

from proxy.errors import CallerProblem, ProviderProblem, ServerProblem, all_problems

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
FAMILIES = {
    "The request is wrong, or may not be made": CallerProblem,
    "The provider refused, failed, or answered what cannot be used": ProviderProblem,
    "We cannot serve now": ServerProblem,
}
ENTRY = re.compile(r"^### (?P<code>[a-z-]+)\n\n(?P<status>\d{3}) · (?P<title>.+)\n\n(?P<rest>(?:(?!^##).*\n?)+)", re.M)
KINDS = {kind.code: kind for kind in all_problems()}


def sections():
    """Heading of each family to its text."""
    parts = re.split(r"^## (.+)\n", TEXT, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def entries(text=TEXT):
    return {found["code"]: found for found in ENTRY.finditer(text)}


def examples():
    return [(code, json.decode(body)) for code, found in entries().items() for body in _json_blocks(found["rest"])]


def _json_blocks(text):
    return re.findall(r"^```json\n(.*?)^```", text, flags=re.M | re.S)


def test_every_code_has_an_entry_and_no_entry_is_stale():
    assert set(entries()) == set(KINDS)


def test_every_third_level_heading_is_an_entry():
    assert re.findall(r"^### (.+)$", TEXT, flags=re.M) == list(entries())


@pytest.mark.parametrize("code", KINDS)
def test_status_and_title_are_those_of_the_class(code):
    found = entries()[code]
    assert (int(found["status"]), found["title"]) == (KINDS[code].status, KINDS[code].title)


@pytest.mark.parametrize("heading", FAMILIES)
def test_a_family_holds_its_codes_in_the_order_of_the_tree(heading):
    assert list(entries(sections()[heading])) == [kind.code for kind in all_problems(FAMILIES[heading])]


@pytest.mark.parametrize("code", KINDS)
def test_an_entry_says_who_refuses_when_and_what_to_do(code):
    lines = [line for line in entries()[code]["rest"].splitlines() if line.startswith("- ")]
    assert [line.partition(":")[0] for line in lines] == ["- Refused by", "- When", "- Do"]


def test_there_are_examples():
    assert len(examples()) >= 5


@pytest.mark.parametrize(("code", "body"), examples(), ids=[code for code, _ in examples()])
def test_an_example_is_a_body_that_the_class_makes(code, body):
    kind = KINDS[code]
    made = _problem(kind, body).body(request_id=body["request_id"], instance=body["instance"])
    assert made | {"errors": body["errors"]} == {name: body[name] for name in made}


def _problem(kind, body):
    """The problem that a body tells of; the provider's ones cannot be made without the provider."""
    remote = {name: body[name] for name in ("provider", "provider_status") if issubclass(kind, ProviderProblem)}
    return kind(body["detail"], **remote)


@pytest.mark.parametrize(("code", "body"), examples(), ids=[code for code, _ in examples()])
def test_an_example_of_a_providers_problem_says_so(code, body):
    assert body.get("is_remote_error", False) is issubclass(KINDS[code], ProviderProblem)


def test_the_tree_in_the_module_lists_every_code_with_its_status():
    import proxy.errors

    drawn = re.findall(r"-- \w+ +(\d{3}) ([a-z-]+)$", proxy.errors.__doc__, flags=re.M)
    assert {code: int(status) for status, code in drawn} == {code: kind.status for code, kind in KINDS.items()}
