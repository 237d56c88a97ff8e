"""Agent and team directory sync: keeps a copy of a helpdesk's users and teams in a file, and tells what has changed.

python docs/recipes/directory_sync.py directory.json
"""

import json
import sys
from pathlib import Path
from typing import Any

from client import Interline, connect

Directory = dict[str, dict[str, Any]]


def read_directory(api: Interline) -> Directory:
    """Users and teams as your product needs them, by id."""
    users = {
        one["id"]: {"name": one["name"], "email": next((mail["email"] for mail in one["emails"]), None)}
        | {"roles": [role["name"] for role in one["roles"] or []], "status": one["status"]}
        for one in api.walk("user-directory/users")
    }
    teams = {
        one["id"]: {"name": one["name"], "members": sorted(member["id"] for member in one["members"] or [])}
        for one in api.walk("ticketing/teams")
    }
    return {"users": users, "teams": teams}


def changes(before: Directory, after: Directory) -> list[str]:
    """One line for each user or team that came, went or changed."""
    lines = []
    for kind, now in after.items():
        was = before.get(kind, {})
        lines += [f"{kind}: {one} added, {now[one]['name']}" for one in sorted(now.keys() - was.keys())]
        lines += [f"{kind}: {one} removed, {was[one]['name']}" for one in sorted(was.keys() - now.keys())]
        lines += [f"{kind}: {one} changed" for one in sorted(now.keys() & was.keys()) if now[one] != was[one]]
    return lines


def main(path: str) -> None:
    """Brings the file up to date; it is replaced only after everything was read, so a failure leaves the old one."""
    file = Path(path)
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    after = read_directory(connect())
    print("\n".join(changes(before, after)) or "no changes")
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(after, indent=2, ensure_ascii=False), encoding="utf-8")
    fresh.replace(file)


if __name__ == "__main__":
    main(sys.argv[1])
