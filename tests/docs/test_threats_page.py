"""docs/threats.md names tests that are there, in every row."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
TEST = re.compile(r"`(tests/\w+/test_\w+\.py)`")
HELD = re.compile(r"^(?:async )?def test_", re.M)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:50])
def test_a_row_names_tests_that_are_there(row):
    *_, named, _ = row.split("|")
    files = TEST.findall(named)
    assert files, row
    assert TEST.sub("", named).strip(" ,") == ""
    for file in files:
        assert HELD.search((ROOT / file).read_text(encoding="utf-8")), file


def test_the_page_has_its_rows():
    assert len(ROWS) >= 15
