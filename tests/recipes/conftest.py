"""Recipes run as a reader would run them, and a look at the helpdesk behind our API."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes"
PREFIX = {"trengo": "/api/v2", "chatwoot": "/api/v1/accounts/3"}
LOOKS = ("/contacts/filter", "/conversations/filter")


def writes(account):
    """What changed something at the helpdesk since its log was cleared."""
    return [
        one
        for one in account.sandbox.log()
        if one["method"] != "GET" and not one["target"].partition("?")[0].endswith(LOOKS)
    ]


def direct(account, method, path, **options):
    """A call of the simulator itself, past our API; the decoded answer."""
    token = account.sandbox.token
    headers = {"Authorization": f"Bearer {token}"} if account.name == "trengo" else {"api_access_token": token}
    answer = account.http.request(method, account.sandbox.url + PREFIX[account.name] + path, headers=headers, **options)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
def recipe(account):
    """``recipe("name", *arguments)`` runs a script against the account: exit status, lines, and its writes."""

    def run(name, *arguments):
        account.sandbox.clear_log()
        made = subprocess.run(
            [sys.executable, RECIPES / f"{name}.py", *map(str, arguments)],
            env={**os.environ, "INTERLINE_URL": account.base_url, "INTERLINE_TOKEN": account.token},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert made.stderr == ""
        return made.returncode, made.stdout.splitlines(), writes(account)

    return run


@pytest.fixture
def ask(account):
    """``ask("GET", path)``: the simulator itself, past our API."""
    return lambda method, path, **options: direct(account, method, path, **options)
