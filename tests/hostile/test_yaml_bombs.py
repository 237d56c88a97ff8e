"""Mapping files made to hurt: each is refused or read at a bounded effort, what it is told takes no room, nothing dies.

A tenant's override would be read by ``load_untrusted``; nothing calls it yet. An operator's folder is read by ``load``:
larger, by the fast parser, with the same words refused.
"""

import os
import subprocess
import sys

import pytest

from proxy.language.document import Mistakes, convert, load, load_untrusted
from proxy.provider.model import ProviderWords
from proxy.seal import new_key
from tests.hostile.effort import Effort
from unified.mapping.vocabulary import MappingWords

CALLS = 1_500_000
"""About a tenth of a second of Python on a machine of today."""
TOLD = 300_000
"""Characters that the mistakes of one file may take."""
LONG = "k" * 30_000


def laughs(depth):
    """Each line is nine of the line before."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, depth)]
    return "\n".join(lines) + "\n"


def merges(depth):
    lines = ["m0: &m0 {x: 1, y: 2}"]
    lines += [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}], z{n}: 1}}" for n in range(1, depth)]
    return "\n".join(lines) + "\n"


BOMBS = {
    "aliases of aliases": laughs(60),
    "merges of merges": merges(60),
    "an alias of itself": "a: &a [*a, *a]\n",
    "tags that make objects": "".join(f"a{n}: !!python/object/apply:os.system [x]\n" for n in range(1000)),
    "tags that name files": "".join(f"a{n}: !include /etc/passwd\n" for n in range(2000)),
    "anchors on anchors": "".join(f"a{n}: &x{n} 1\n" for n in range(3000)),
    "aliases below a long key": f"? {LONG}\n:\n" + " - *a\n" * 4000,
    "double keys below a long key": f"? {LONG}\n:\n" + " a: 1\n" * 2400,
    "long keys in long keys": "".join(f"{' ' * n}? {'k' * 3000}{n}\n{' ' * n}:\n" for n in range(15)),
    "unknown keys": "".join(f"recor{number}: 1\n" for number in range(2400)),
    "unknown words everywhere": "resource: tags\nrecord:\n" + "".join(f"  a{n}: {{form: b}}\n" for n in range(800)),
    "open brackets": "[" * 60_000,
    "open braces": "{a: " * 15_000,
    "closed brackets": "[" * 30_000 + "]" * 30_000,
    "dashes in a row": "- " * 30_000,
    "question marks": "? " * 30_000,
    "deep indents": "".join(" " * depth + "a:\n" for depth in range(300)),
    "one long line": "a: " + "x" * 60_000,
    "a long folded text": "a: >\n" + "  x\n" * 15_000,
    "a long quoted text": 'a: "' + "\\u0041" * 9_000 + '"\n',
    "comments": "# x\n" * 15_000,
    "documents": "--- a\n" * 10_000,
    "directives": "%TAG ! tag:x,2000:\n" * 3_000 + "---\na: 1\n",
    "a flood of colons": "a" + ":" * 60_000,
    "commas": "[" + "," * 60_000,
    "a huge number": "a: " + "9" * 60_000 + "\n",
    "numbers like times": "a: " + ":".join(["59"] * 20_000) + "\n",
    "control characters": "a: \x07\n",
}


def told(loader, text):
    """The mistakes of a text read as a mapping file and as a provider file."""
    try:
        document = loader(text, "f.yaml")
    except Mistakes as error:
        return error.mistakes
    return [*convert(document, MappingWords)[1], *convert(document, ProviderWords)[1]]


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_from_outside_takes_little_and_is_refused_in_few_words(text):
    told(load_untrusted, "a: 1\n")  # what is made once is not the bomb's
    assert len(text.encode()) <= 64 * 1024
    with Effort(CALLS):
        mistakes = told(load_untrusted, text)
    assert mistakes
    assert sum(len(str(one)) for one in mistakes) < TOLD


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_the_same_in_an_operators_folder(text):
    told(load, "a: 1\n")
    with Effort(CALLS):
        mistakes = told(load, text)
    assert mistakes
    assert sum(len(str(one)) for one in mistakes) < TOLD


def test_the_effort_is_one_that_would_be_noticed():
    """The measure itself: an honest file of the largest size passes, ten of them would not."""
    most = "record:\n" + "".join(f"  name{number}: a{number}\n" for number in range(2400))
    with Effort(CALLS) as effort:
        told(load_untrusted, most)
    assert CALLS / 10 < effort.calls < CALLS


@pytest.fixture
def minefield(tmp_path):
    """A folder whose every provider file is a bomb."""
    for number, text in enumerate(BOMBS.values()):
        file = tmp_path / f"provider{number}" / "provider.yaml"
        file.parent.mkdir()
        file.write_text(text)
    return tmp_path


def test_the_check_of_a_folder_of_bombs_names_every_file_and_lives(minefield):
    made = subprocess.run(
        [sys.executable, "-m", "unified", "mappings", "check", str(minefield)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert made.returncode == 1  # a signal would be negative
    assert "Traceback" not in made.stderr
    assert [n for n in range(len(BOMBS)) if f"provider{n}/provider.yaml:" not in made.stderr] == []
    assert len(made.stderr) < TOLD * 10


def test_a_server_does_not_start_on_a_folder_of_bombs(minefield, tmp_path):
    given = {
        **os.environ,
        "INTERLINE_SEALING_KEYS": new_key(),
        "INTERLINE_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/db.sqlite3",
        "INTERLINE_MAPPINGS_DIR": str(minefield),
        "INTERLINE_PORT": "1",
    }
    made = subprocess.run(
        [sys.executable, "-m", "unified", "serve"], env=given, capture_output=True, text=True, check=False, timeout=120
    )
    assert made.returncode > 0
    assert "provider0/provider.yaml:" in made.stdout + made.stderr
