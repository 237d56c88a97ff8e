"""The README and the pages beside it name what is there, and nothing that is not."""

import re
from pathlib import Path

import click
import pytest

from unified.cli import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "openapi/README.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
]
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
STAGE = re.compile(r'\.stage\("(\w+)"\)')
ROOMS = sorted(
    path.name
    for package in (ROOT / "proxy", ROOT / "unified")
    for path in package.iterdir()
    if (path.suffix == ".py" and path.name != "__init__.py") or (path / "__init__.py").is_file()
)
GENERATED = {"openapi.json"}
"""What a command writes: a page may name it before it is there."""


def commands(group, words=("interline",)):
    """Every command as it is typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name))


def anchor(heading):
    """How a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page):
    return {anchor(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.M)}


def local_links():
    for page in PAGES:
        for found in LINK.finditer(page.read_text(encoding="utf-8")):
            if not found[1].startswith("http"):
                yield pytest.param(page, found[1], id=f"{page.name} to {found[1]}")


@pytest.mark.parametrize("command", sorted(commands(main)))
def test_every_command_is_in_the_readme(command):
    assert f"`{command}`" in README


def test_every_command_the_pages_name_exists():
    known = set(commands(main))
    for page in PAGES:
        named = re.findall(r"`(interline [a-z-]+(?: [a-z-]+)?)", page.read_text(encoding="utf-8"))
        for one in named:
            assert any(one == command or one.startswith(command + " ") for command in known), f"{page.name}: {one}"


@pytest.mark.parametrize(("page", "link"), list(local_links()))
def test_a_link_leads_somewhere(page, link):
    path, _, fragment = link.partition("#")
    target = page.parent / path if path else page
    assert target.exists()
    if fragment and target.suffix == ".md":
        assert anchor(fragment) in {one.strip("-") for one in anchors(target)}


def test_every_make_target_the_pages_name_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.M))
    for page in PAGES:
        named = set(re.findall(r"(?:^|[`(]|or: )make ([a-z]+)", page.read_text(encoding="utf-8"), flags=re.M))
        assert named <= targets, page.name


def test_the_readme_begins_with_the_two_commands():
    block = README.partition("```sh\n")[2].partition("```")[0]
    assert re.findall(r"^make (\w+)", block, flags=re.M) == ["demo", "test"]
    assert README.index("make demo") < 200


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_file_that_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"\b((?:proxy|unified|sandbox|tests|docs|mappings|openapi)/[\w/.-]+\.\w+)", text))
    assert {one for one in named if not (ROOT / one).exists() and Path(one).name not in GENERATED} == set()


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_on_the_map(room):
    name = room if room.endswith(".py") else f"{room}/"
    assert f"`{name}`" in DESIGN


def test_the_map_names_the_stages_of_the_code():
    sources = [path for top in ("proxy", "unified") for path in (ROOT / top).rglob("*.py")]
    stages = {stage for path in sources for stage in STAGE.findall(path.read_text(encoding="utf-8"))}
    drawn = set(re.findall(r"^    (\w+)  ", DESIGN, flags=re.M))
    assert stages == drawn
