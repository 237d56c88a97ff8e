"""What a write does when nothing fails: its provider calls in order, which step made which, and the state it leaves."""

import json
import re
import sqlite3
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from proxy.journal.sealed import Progress, Request, Seals
from proxy.seal import Sealer, SealingKey
from tests.writing.cases import Case, comment_of

COLUMNS = ("id", "account_id", "state", "request", "progress", "answer")
TOLD_AGAIN = {"audits", "uploads", "media", "last_id", "attachments"}
"""What a step that may arrive twice leaves twice: lines of a history, files of no message, numbers given out."""


@dataclass
class Row:
    """A row of the journal, opened."""

    state: str
    request: Any
    progress: Any


def journal_rows(house):
    """The rows of a house's journal by their key."""
    seals = Seals(Sealer([SealingKey.parse(house.key)]))
    connection = sqlite3.connect(house.database_url.partition("///")[2])
    found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM journal").fetchall()
    connection.close()
    rows = [SimpleNamespace(**dict(zip(COLUMNS, one, strict=True))) for one in found]
    opened = {seals.open(one, "request", Request).key: one for one in rows}
    return {
        key: Row(one.state, seals.open(one, "request", Request), seals.open(one, "progress", Progress))
        for key, one in opened.items()
    }


@dataclass
class Recording:
    """A write without faults. ``steps`` are the numbers of the provider calls that they made."""

    case: Case
    before: Any
    after: Any
    log: list
    steps: dict
    made: str | None

    def number(self, step):
        """Where the call of a step is in the log; of several the last."""
        return max(number for key, number in self.steps.items() if key.partition(":")[0] == step)

    def call(self, step):
        """Method and path of the call of a step, and how many calls before it have the same."""
        calls = [(one["method"], one["target"].partition("?")[0]) for one in self.log]
        number = self.number(step)
        return *calls[number], calls[:number].count(calls[number])

    def forerunner(self, step):
        """The same of the call just before it."""
        calls = [(one["method"], one["target"].partition("?")[0]) for one in self.log]
        number = self.number(step) - 1
        return (*calls[number], calls[:number].count(calls[number])) if number >= 0 else (None, None, 0)

    def reaches(self, step):
        return any(key.partition(":")[0] == step for key in self.steps)


def record(case, send, place, house, plan, key):
    """Makes a write without faults; it must succeed. ``send`` sends a case with a key."""
    place.reset()
    if case.id == "comment":
        case = replace(case, id=comment_of(place.kept, case.provider))
    before = place.state()
    place.faults(*([case.bent] if case.bent else []))
    for _ in range(5):
        answer = send(case, key)
        if answer.status_code != 503:  # one file for all lanes: a commit may have waited too long on a busy disk
            break
    assert answer.status_code in (200, 201), answer.text
    assert {one["path"] for one in answer.json().get("warnings", ())} == set(case.told), answer.text
    log = place.log()
    keys = list(journal_rows(house)[key].progress.steps)
    made = answer.json()["result"]["id"] if case.method == "create" else None
    return Recording(case, before, place.state(), log, _numbers(keys, plan, log), made)


def _numbers(keys, plan, log):
    numbers, position = {}, 0
    for key in keys:
        step = next(one for one in plan.steps if one.name == key.partition(":")[0])
        fits = re.compile(".*" + "[^/]+".join(map(re.escape, step.call.path.literals)) + r"(\?.*)?")
        while not (log[position]["method"] == step.call.method and fits.fullmatch(log[position]["target"])):
            position += 1
        numbers[key] = position
        position += 1
    return numbers


def texts_in_the_open(provider, kept, text):
    """The messages that hold a text and that a customer sees."""
    if provider == "trengo":
        messages = [one for ticket in kept.tickets.values() for one in ticket.messages]
        return [one for one in messages if text in (one.text or "") and one.type != "NOTE"]
    messages = [one for conversation in kept.conversations.values() for one in conversation.messages]
    return [one for one in messages if text in (one.content or "") and not one.private]


def lasting(state):
    """A state without what a repeated step may leave twice."""
    if isinstance(state, dict):
        return {name: lasting(one) for name, one in state.items() if name not in TOLD_AGAIN}
    return [lasting(one) for one in state] if isinstance(state, list) else state


def dumped(state):
    """A state as lines of text, so that a difference can be read."""
    return json.dumps(state, indent=1, sort_keys=True, default=repr).splitlines()
