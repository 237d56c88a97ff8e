"""Two-way ticket status sync: a task of your product and its ticket are closed and reopened together.

    python docs/recipes/status_sync.py tasks.json

``tasks.json``: ``{"tasks": [{"id": "T-1", "ticket_id": "731191756", "state": "open"}]}``, brought up to date in place.
Each task is given ``synced``, the state that both sides had after the run, so that the next one knows which side has
changed. Where both have, the helpdesk wins; on the first run the task does.
"""

import json
import sys
from pathlib import Path
from typing import Any

from client import Interline, connect, each, key_of

Ticket = dict[str, Any]


def sync(api: Interline, task: dict[str, Any], seen: dict[str, Ticket]) -> str:
    """Carries the change of one side over to the other; ``seen`` are the tickets that changed since the last run."""
    before, ticket_id = task.get("synced"), task["ticket_id"]
    if before == task["state"] and ticket_id not in seen:
        return f"{task['id']}: in step"
    ticket = seen.get(ticket_id) or api.get("ticketing/tickets", ticket_id)
    theirs = "done" if ticket["status"]["category"] == "closed" else "open"
    if theirs == task["state"]:
        said = "in step"
    elif before in (None, theirs):
        category = "closed" if task["state"] == "done" else "open"
        # The ticket's last change is part of the key: closing it again another day is a new write.
        key = key_of("status", task["id"], category, ticket["updated_at"])
        ticket = api.update("ticketing/tickets", ticket_id, {"status": {"category": category}}, key)
        said = f"ticket {category}, as the task is"
    else:
        task["state"], said = theirs, f"{theirs}, as the ticket is"
    seen[ticket_id], task["synced"] = ticket, task["state"]
    return f"{task['id']}: {said}"


def main(path: str) -> int:
    """Brings every task of a file into step with its ticket."""
    file, api = Path(path), connect()
    state = json.loads(file.read_text(encoding="utf-8"))
    # The helpdesk's own times, so that no two clocks are compared; [gte] meets a change of that same moment again.
    since = {"updated_at[gte]": state["since"]} if "since" in state else None
    seen = {one["id"]: one for one in api.walk("ticketing/tickets", **since)} if since else {}
    failed = each(state["tasks"], lambda task: sync(api, task, seen))
    if seen and not failed:  # what was refused must be seen again
        state["since"] = max(one["updated_at"] for one in seen.values())
    file.write_text(json.dumps(state, indent=2), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) > 0)
