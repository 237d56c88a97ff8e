"""The sealed columns of a row, each bound to its account, its column and its row."""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from proxy.journal.claim import Claim, StepRecord, StoredAnswer
from proxy.seal import Sealer, bind

USE = "journal"
ANSWER_MOST = 256 * 1024
"""Bytes of a stored answer's body; the rows of a day must not outgrow everything else in the database."""
COLUMNS = ("request", "progress", "answer")


class Request(Struct, frozen=True):
    """What was asked; it never changes. The scope's parts are here to find the row by under another sealing key."""

    owner: str
    method: str
    path: str
    key: str
    fingerprint: bytes
    body: bytes | None


class Progress(Struct, frozen=True):
    """How far the write has come. ``started_at`` is of the first run, in wall clock seconds."""

    started_at: float
    memory: dict[str, Any]
    steps: dict[str, StepRecord]

    @property
    def begun(self) -> bool:
        """Whether a step was applied, or may have been."""
        return any(step.state != "not_applied" for step in self.steps.values())


class Answered(Struct, frozen=True):
    """An answer; without a ``body`` it was too large, or could not be given to a caller at all."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | None

    @classmethod
    def of(cls, answer: StoredAnswer) -> "Answered":
        """The answer as it is kept: whole, or only that there was one."""
        if len(answer.body) > ANSWER_MOST:
            return cls(answer.status, [], None)
        return cls(answer.status, answer.headers, answer.body)


Content = TypeVar("Content", bound=Struct)


class Seals:
    """Seals and opens the columns, and makes the digests that rows are found by."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer.for_use(USE)

    def scopes(self, scope: bytes) -> tuple[str, ...]:
        """The digest of a scope under each sealing key, the current first."""
        return self._sealer.digests(scope)

    def seal(self, account_id: str, row_id: str, column: str, content: Struct) -> str:
        """The text of a column."""
        return self._sealer.seal(msgspec.json.encode(content), _place(account_id, row_id, column))

    def open(self, row: Any, column: str, kind: type[Content]) -> Content:
        """A column's content; raises ``SealBroken``."""
        plain = self._sealer.open(getattr(row, column), _place(row.account_id, row.id, column))
        return msgspec.json.decode(plain, type=kind)

    def renewed(self, row: Any) -> dict[str, str]:
        """The columns under the key that seals now, those that change; raises ``SealBroken``."""
        given = {column: getattr(row, column) for column in COLUMNS}
        old = {column: text for column, text in given.items() if text and not self._sealer.is_current(text)}
        fresh = {column: self._again(row, column, text) for column, text in old.items()}
        scope = self.scopes(_scope(row.account_id, self.open(row, "request", Request)))[0]
        return fresh if scope == row.scope else {**fresh, "scope": scope}

    def _again(self, row: Any, column: str, text: str) -> str:
        place = _place(row.account_id, row.id, column)
        return self._sealer.seal(self._sealer.open(text, place), place)


def request_of(claim: Claim) -> Request:
    """The column ``request`` of a claim."""
    return Request(claim.owner, claim.method, claim.path, claim.key, claim.fingerprint, claim.body)


def _scope(account_id: str, request: Request) -> bytes:
    return Claim(account_id, request.owner, request.method, request.path, request.key, request.fingerprint).scope()


def _place(account_id: str, row_id: str, column: str) -> bytes:
    return bind("journal", column, account_id, row_id)
