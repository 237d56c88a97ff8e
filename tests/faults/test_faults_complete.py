"""Every fault of the table has a scenario, and ``docs/faults.md`` says which. Run as a program, it writes that page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.ledger import ARGUMENT
from tests.faults.promises import PROMISES

PAGE = Path("docs/faults.md")
BEGIN, END = "<!-- faults: written by tests/faults/test_faults_complete.py -->\n", "<!-- end of faults -->\n"


def collected():
    """Every scenario of this folder: ``(number, variant, file)``."""
    command = [sys.executable, "-m", "pytest", "tests/faults", "--collect-only", "-p", "no:cacheprovider"]
    made = subprocess.run([*command, ARGUMENT], check=False, capture_output=True, text=True, timeout=120)
    line = next((line for line in made.stdout.splitlines() if line.startswith("[")), None)
    assert line, made.stdout
    return [tuple(one) for one in json.loads(line)]


def table(scenarios):
    """The table of the page."""
    lines = ["| | what goes wrong | what is promised | scenarios |", "|---|---|---|---|"]
    for number, (fault, promise) in PROMISES.items():
        files = sorted({file for found, _, file in scenarios if found == number})
        where = ", ".join(f"`{file.removeprefix('tests/faults/')}`" for file in files)
        lines.append(f"| {number} | {fault} | {promise} | {where} |")
    return "\n".join(lines) + "\n"


def page_with(text, scenarios):
    """The page with its table as it should be."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table(scenarios) + END + rest.partition(END)[2]


@pytest.fixture(scope="module")
def scenarios():
    return collected()


def test_every_fault_has_a_scenario(scenarios):
    assert {number for number, _, _ in scenarios} == set(PROMISES)


def test_the_page_is_as_the_scenarios_are(scenarios):
    text = PAGE.read_text()
    assert text == page_with(text, scenarios), f"run python {Path(__file__).relative_to(Path.cwd())}"


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(), collected()))
