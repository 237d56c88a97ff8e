"""``docs/coverage.md`` tells every write of every provider, attribute by attribute."""

from tests.unified.acme import build, provider
from tests.unified.test_writable import FIELDS, TICKETS
from unified.coverage import coverage
from unified.mapping.model import Mappings

PAGE = coverage(
    Mappings(
        {"acme": provider()},
        {
            ("acme", "ticketing", "tickets"): build(TICKETS, "tickets"),
            ("acme", "ticketing", "fields"): build(FIELDS, "fields"),
        },
    )
)


def table(resource, method):
    """The rows of a write's table, by their first cell."""
    part = PAGE.partition(f"## ticketing: {resource}\n")[2].partition("\n## ")[0]
    lines = part.partition(f"| {method} | Acme |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
    return dict(line.strip("| ").split(" | ", 1) for line in lines)


def test_a_create_tells_its_calls_and_every_attribute():
    rows = table("tickets", "create")
    assert rows["calls"] == "1 or more"
    assert rows["all or nothing"] == "no: several calls"
    assert rows["needed"] == "Acme opens tickets for somebody"
    assert rows["refused"] == "`tags`: three tags at most"
    assert (rows["`status`"], rows["`tags_add`"], rows["`priority`"]) == ("yes", "yes", "no: Acme has no priority")
    assert rows["`comment`"] == "no: Acme cannot set it by create"


def test_a_set_that_is_replaced_whole_is_named():
    assert table("tickets", "update")["all or nothing"] == "no: replaces `tags` as a whole"


def test_a_delete_has_no_attributes():
    assert table("tickets", "delete") == {
        "calls": "1",
        "all or nothing": "yes",
        "needed": "nothing",
        "refused": "nothing",
    }


def test_a_write_that_no_provider_has_is_no_table():
    assert table("tickets", "merge") == {}
    assert table("fields", "update") == {}
    assert table("fields", "create")["needed"] == "label is needed in every body<br>entity_type is needed in every body"
