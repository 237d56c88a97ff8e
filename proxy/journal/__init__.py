"""The write journal: one row for each write that has an idempotency key, so that it is carried out once.

    claim = Claim(account_id, owner, method, path, key, fingerprint(content_type=.., query=.., body=..))
    found = await journal.claim(claim)            a StoredAnswer is replayed; an Entry is to be run
    await entry.sent("ticket")                    committed before the bytes go
    await entry.applied("ticket", {"id": "9"}, 201)
    await entry.finish(StoredAnswer(201, [], b"{}"))    or refused(), or suspended()

A row holds a lease while its run lives. A run that ended without a word (its worker died) is over with its lease; the
next request with the key then continues it: ``Entry.resumed``.
"""

from proxy.journal.claim import Claim, Fingerprint, StepRecord, StoredAnswer, fingerprint, new_key
from proxy.journal.entry import Entry
from proxy.journal.header import idempotency_key
from proxy.journal.reseal import reseal_journal
from proxy.journal.store import Journal

__all__ = [
    "Claim",
    "Entry",
    "Fingerprint",
    "Journal",
    "StepRecord",
    "StoredAnswer",
    "fingerprint",
    "idempotency_key",
    "new_key",
    "reseal_journal",
]
