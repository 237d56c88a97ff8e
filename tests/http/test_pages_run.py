"""The lines of README.md and docs/writing.md work when pasted, and answer what the page shows.

What a page leaves out is ``...``. A comment ``<!-- fault: {..} -->`` lets Trengo's simulator fail, until
``<!-- no fault -->``.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PART = re.compile(
    r"<!-- (?P<fault>fault: .*?|no fault) -->\n|^```(?P<kind>sh|json|text|python)\n(?P<text>.*?)^```$", re.M | re.S
)
CHANCE = re.compile(r'("(?:next_cursor|request_id)":")[^"]*"')
GAP = re.compile(r"\.\.\.")
OUTSIDE = re.compile(r'"(?:[^"\\]|\\.)*"|\s+')
PAGES = {"README.md": ("## Try it\n", "\n## Install it"), "docs/writing.md": ("", "\x00")}


def parts(page):
    start, end = PAGES[page]
    text = (ROOT / page).read_text(encoding="utf-8")
    return [*PART.finditer(text.partition(start)[2].partition(end)[0] if start else text)]


def squeezed(text):
    """Without the space outside of quotes."""
    return OUTSIDE.sub(lambda found: found[0] if found[0].startswith('"') else "", text)


def shown(text):
    """What a page shows, as a pattern; what is of chance alone may be anything."""
    fixed = CHANCE.sub(r'\1..."', squeezed(text))
    return re.compile(".*?".join(re.escape(piece) for piece in GAP.split(fixed)), re.S)


def run(part, account, chatwoot, folder):
    given = {
        **os.environ,
        "BASE": account.base_url,
        "TRENGO": account.token,
        "CHATWOOT": chatwoot.token,
        "INTERLINE_URL": account.base_url,
        "INTERLINE_TOKEN": account.token,
        "PYTHONPATH": str(ROOT / "docs" / "recipes"),
    }
    command = ["bash", "-euc", part["text"]] if part["kind"] == "sh" else [sys.executable, "-c", part["text"]]
    made = subprocess.run(command, env=given, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert (made.returncode, made.stderr) == (0, ""), part["text"]
    return made.stdout


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_is_what_happens(page, demo, tmp_path):
    trengo, chatwoot = demo.accounts["trengo"], demo.accounts["chatwoot"]
    said, compared = "", 0
    for part in parts(page):
        if part["fault"]:
            trengo.sandbox.faults(*([] if part["fault"] == "no fault" else [json.loads(part["fault"][7:])]))
        elif part["kind"] in ("sh", "python"):
            said = run(part, trengo, chatwoot, tmp_path)
        elif part["kind"] == "text":
            assert said.strip().replace("\r", "") == part["text"].strip()
            compared += 1
        else:
            assert shown(part["text"]).fullmatch(squeezed(said.strip())), f"{part['text']}\nbut was\n{said}"
            compared += 1
    assert compared >= 7
