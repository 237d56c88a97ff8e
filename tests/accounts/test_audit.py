"""The audit tells who changed which key or account, and never what was in it."""

import asyncio
import json
import re
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from proxy.accounts.audit import entries
from proxy.accounts.cli_audit import audit_command, prune_command
from proxy.accounts.cli_keys import keys
from proxy.accounts.mint import NewKey, NewToken
from proxy.accounts.verify import Verified
from proxy.secret import Secret

FIELDS = {"base_url": "https://desk.example", "account_id": 7}


@pytest.fixture
def env(url, sealing_key):
    return {
        "INTERLINE_DATABASE_URL": url,
        "INTERLINE_SEALING_KEYS": f"{sealing_key.kid}:{sealing_key.material.reveal()}",
        "COLUMNS": "400",
    }


@pytest.fixture
def run(env):
    async def run(command, *arguments):
        result = await asyncio.to_thread(CliRunner().invoke, command, arguments, env=env)
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
async def day(accounts, operator, provider, canary, clock):
    """Everything that can be changed, changed once a minute."""
    mint = accounts.keyring.mint

    def candidate(token):
        return accounts.assembler.candidate("t1", provider, FIELDS, {"token": Secret(token)})

    key = await mint.key(NewKey(name="k", scopes=("read",)), "key:cli")
    account = await accounts.create(operator, candidate(canary), Verified("7", f"Desk {canary}"))
    steps = [
        lambda: mint.token(NewToken(account_id=account.id, key_id=key.id), f"key:{key.id}"),
        lambda: mint.rotate(key.id, 60, "key:cli"),
        lambda: mint.revoke(key.id, "key:cli"),
        lambda: accounts.describe(operator, account.id, status="blocked"),
        lambda: accounts.describe(operator, account.id, status="active"),
        lambda: accounts.note_refusal(account.id),
        lambda: accounts.note_refusal(account.id),
        lambda: accounts.note_refusal(account.id),
        lambda: accounts.relink(operator, account.id, candidate(f"fresh {canary}"), f"New {canary}"),
        lambda: accounts.delete(operator, account.id),
    ]
    for step in steps:
        clock.now += 60
        await step()
    return account.id, key.id


async def test_every_change_is_told_once_in_its_order(day, engine, canary):
    account_id, key_id = day
    found = await entries(engine, most=100)
    assert [one.action for one in found if one.subject == account_id] == [
        "account.create",
        "account.update",
        "account.update",
        "account.status",
        "account.relink",
        "account.delete",
    ]
    statuses = [one.detail.get("status") for one in found if one.subject == account_id]
    assert statuses == [None, "blocked", "active", "needs_reauth", "active", None]
    assert [one.action for one in found if one.subject == key_id] == ["key.create", "key.rotate", "key.revoke"]
    assert {one.action for one in found} - {"token.create"} == {
        one.action for one in found if one.subject in (account_id, key_id)
    }
    (ended,) = [one for one in found if one.action == "account.status"]
    assert ended.actor == "server"
    (gone,) = [one for one in found if one.action == "account.delete"]
    assert gone.detail == {"tenant": "t1", "integration": "desk"}
    assert canary not in repr(found)


async def test_it_is_narrowed_by_actor_subject_action_and_time(day, engine, clock):
    account_id, key_id = day
    assert {one.actor for one in await entries(engine, actor=key_id, most=100)} == {f"key:{key_id}"}
    assert len(await entries(engine, actor="server", most=100)) == 1
    assert len(await entries(engine, subject=account_id, action="account.update", most=100)) == 2
    assert [one.action for one in await entries(engine, since=int(clock.now * 1000), most=100)] == ["account.delete"]
    newest = await entries(engine, most=2)
    assert [one.action for one in newest] == ["account.relink", "account.delete"]


async def test_the_command_shows_a_table_or_a_line_of_json_each(day, run, canary):
    account_id, _ = day
    table = (await run(audit_command)).output
    assert re.search(rf"server\s+account.status\s+{account_id}.*status=needs_reauth", table)
    lines = (await run(audit_command, "--json", "--subject", account_id)).output.splitlines()
    told = [json.loads(line) for line in lines]
    assert [one["action"] for one in told][-1] == "account.delete"
    assert {"at", "actor", "action", "subject", "detail"} == set(told[0])
    assert told[0]["at"].endswith("Z")
    assert canary not in table + "".join(lines)


async def test_a_time_is_a_span_back_or_a_moment(run):
    await run(keys, "new", "--name", "now", "--scope", "read")
    for since, count in (("1h", 1), ("2999-01-01", 0), ("2000-01-01T00:00:00+02:00", 1), ("2000-01-01", 1)):
        assert len((await run(audit_command, "--json", "--since", since)).output.splitlines()) == count, since


def test_a_time_that_is_none_is_told(env):
    result = CliRunner().invoke(audit_command, ["--since", "yesterday"], env=env)
    assert (result.exit_code, "30m, 24h, 7d" in result.output) == (2, True)


async def test_what_is_older_than_a_time_is_deleted_and_that_is_told(day, run, engine, clock):
    kept = [one for one in await entries(engine, most=100) if one.at >= clock.now * 1000 - 120_000]
    moment = datetime.fromtimestamp(clock.now - 120, UTC).isoformat()
    assert (await run(prune_command, "--before", moment)).output.endswith(" lines deleted\n")
    found = await entries(engine, most=100)
    (told,) = [one for one in found if one.action == "audit.prune"]
    assert [one for one in found if one != told] == kept
    assert 0 < len(kept) < 10
    assert (told.actor, told.detail["lines"] > 0) == ("key:cli", True)
    assert (await run(prune_command, "--before", "2000-01-01")).output == "0 lines deleted\n"


def test_without_a_time_nothing_is_deleted(env):
    assert CliRunner().invoke(prune_command, [], env=env).exit_code == 2
