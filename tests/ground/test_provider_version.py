"""Versions of a provider: compared number by number, and asked again once they are a day old."""

import asyncio

import pytest

from proxy.provider.account import LinkedAccount
from proxy.provider.version import reached, version_in
from unified.folders import data_folder
from unified.mapping.load import load_mappings
from unified.version import LIFE_SECONDS, Versions

PROVIDERS = load_mappings(data_folder("mappings")).providers
COMPARED = [
    ("4.14.2", "4.14.2", True),
    ("4.15", "4.14.2", True),
    ("v5.0.1", "4.14.2", True),
    ("4.9.9", "4.14.2", False),
    ("4.14.1", "4.14.2", False),
    ("4.14", "4.14.0", True),
    ("4.14.2-rc1", "4.14.2", False),
    ("4.15.0-rc1", "4.14.2", True),
    ("latest", "4.14.2", False),
    ("", "4.14.2", False),
    (None, "4.14.2", False),
]


@pytest.mark.parametrize(("version", "since", "expected"), COMPARED)
def test_a_version_has_reached_another(version, since, expected):
    assert reached(version, since) is expected


ANSWERS = [
    ({"version": "4.15.1"}, "4.15.1"),
    ({"version": 4}, None),
    ({"version": "4.1\n"}, None),
    ({"version": "newest"}, None),
    ({}, None),
    (None, None),
    ({"version": "4.15.1-" + "x" * 90}, "4.15.1-" + "x" * 57),
]


@pytest.mark.parametrize(("body", "expected"), ANSWERS)
def test_a_version_is_taken_from_an_answer_where_it_is_one(body, expected):
    assert version_in(PROVIDERS["chatwoot"], body) == expected
    assert version_in(PROVIDERS["trengo"], body) is None


class House:
    """A provider that tells a version, and what was kept of it."""

    def __init__(self, told):
        self.told, self.asked, self.kept, self.now = told, 0, [], 1_000_000.0

    async def ask(self, _account, _trace):
        self.asked += 1
        return self.told

    async def note(self, account_id, version):
        self.kept.append((account_id, version))

    def of(self, version, age, provider="chatwoot"):
        account = LinkedAccount(
            "a1",
            "t1",
            PROVIDERS[provider],
            {},
            {},
            "https://desk.example",
            "",
            version=version,
            version_at=None if age is None else self.now - age,
        )
        return asyncio.run(Versions(self.ask, self.note, lambda: self.now).of(account, None))


ASKED = [
    # kept, its age in seconds, what the provider tells, the version, whether it was asked
    ("4.14.1", LIFE_SECONDS - 1, "4.15.1", "4.14.1", False),
    ("4.14.1", LIFE_SECONDS, "4.15.1", "4.15.1", True),
    ("4.14.1", LIFE_SECONDS, None, "4.14.1", True),
    ("4.14.1", -60, "4.15.1", "4.15.1", True),
    (None, None, "4.15.1", "4.15.1", True),
    (None, 5, "4.15.1", None, False),
]


@pytest.mark.parametrize(("version", "age", "told", "expected", "asked"), ASKED)
def test_a_version_is_asked_again_once_it_is_a_day_old(version, age, told, expected, asked):
    house = House(told)
    assert (house.of(version, age), house.asked) == (expected, int(asked))
    assert house.kept == ([("a1", told)] if asked else [])


def test_a_provider_without_the_word_is_never_asked():
    house = House("1.0")
    assert (house.of(None, None, "trengo"), house.asked) == (None, 0)
