"""Internal note injection: posts what another system knows as private notes on tickets, never seen by a customer.

    python docs/recipes/internal_note.py notes.json

``notes.json``: ``[{"id": "refund-81", "ticket_id": "731191756", "text": "Refund of 40 EUR approved"}]``
"""

import json
import sys
from pathlib import Path
from typing import Any

from client import Interline, connect, each, key_of


def inject(api: Interline, note: dict[str, Any]) -> str:
    """Posts one note. ``is_private`` is proved by the server before anything is sent, else the write is refused."""
    body = {"ticket": {"id": note["ticket_id"]}, "body": note["text"], "is_private": True}
    made = api.create("ticketing/comments", body, key_of("note", note["id"]))
    return f"{note['id']}: note {made['id']}"


def main(path: str) -> int:
    """Posts every note of a file."""
    api = connect()
    return each(json.loads(Path(path).read_text(encoding="utf-8")), lambda note: inject(api, note))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) > 0)
