"""The commands, over a real database of each kind."""

import json
import re

import pytest
from click.testing import CliRunner

from proxy.accounts.cli import accounts as accounts_group
from proxy.accounts.cli_keys import keys
from proxy.accounts.cli_secrets import secrets
from proxy.accounts.verify import Verified
from proxy.database.cli import db
from proxy.database.migrate import downgrade
from proxy.database.tables import HEAD
from proxy.seal import SealingKey
from proxy.secret import Secret


@pytest.fixture
def env(url, sealing_key):
    material = sealing_key.material.reveal()
    return {"INTERLINE_DATABASE_URL": url, "INTERLINE_SEALING_KEYS": f"{sealing_key.kid}:{material}"}


@pytest.fixture
def run(env):
    def run(group, *arguments, **changes):
        return CliRunner().invoke(group, arguments, env=env | changes)

    return run


def test_upgrade_makes_the_tables_and_may_be_repeated(run, database_url):
    for _ in range(2):
        result = run(db, "upgrade", INTERLINE_DATABASE_URL=database_url)
        assert (result.exit_code, result.output) == (0, f"The database of INTERLINE_DATABASE_URL is at {HEAD}.\n")


def test_a_key_is_printed_once_alone_on_standard_output(run):
    result = run(keys, "new", "--name", "backend", "--scope", "read", "--scope", "proxy", "--tenant", "t1")
    assert re.fullmatch(r"il_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\n", result.stdout)
    listed = run(keys, "list", COLUMNS="300").output
    assert "backend" in listed
    assert "read proxy" in listed
    assert result.stdout.strip() not in listed
    key_id = re.search(r"Key (\S+)\.", result.stderr)[1]
    assert run(keys, "revoke", key_id).exit_code == 0
    again = run(keys, "revoke", key_id)
    assert (again.exit_code, "no such key in force" in again.output) == (1, True)


def test_a_rotated_key_prints_its_successor_and_the_list_tells_when_which_ends(run):
    made = run(keys, "new", "--name", "backend", "--scope", "read", "--expires-in", "90d")
    key_id = re.search(r"Key (\S+)\.", made.stderr)[1]
    assert re.search(r"It ends \d{4}-", made.stderr)
    rotated = run(keys, "rotate", key_id, "--overlap", "24h")
    assert re.fullmatch(r"il_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\n", rotated.stdout)
    assert rotated.stdout != made.stdout
    listed = run(keys, "list", COLUMNS="300").stdout.splitlines()
    lives = [re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line) for line in listed[1:]]
    assert [len(moments) for moments in lives] == [2, 2]
    assert lives[0][1] < lives[1][1]
    gone = run(keys, "rotate", "nothing")
    assert (gone.exit_code, "no key nothing in force" in gone.output) == (1, True)


@pytest.mark.parametrize("span", ["0s", "-1h", "24", "1w", "", "1e3h", "h"])
def test_a_life_that_is_none_is_refused(run, span):
    assert run(keys, "new", "--name", "x", "--scope", "read", "--expires-in", span).exit_code == 2


def test_a_key_that_replaces_none_is_refused(run):
    result = run(keys, "new", "--name", "x", "--scope", "read", "--replaces", "nothing")
    assert (result.exit_code, "there is no key nothing" in result.output) == (1, True)
    assert run(keys, "new", "--name", "x", "--scope", "everything").exit_code == 2


def test_a_name_is_as_long_as_every_database_holds(run):
    results = [run(keys, "new", "--name", "x" * length, "--scope", "read") for length in (255, 256)]
    assert [result.exit_code for result in results] == [0, 2]
    assert "at most 255 characters" in results[1].output


@pytest.mark.parametrize(("group", "arguments"), [(keys, ["list"]), (accounts_group, ["list"]), (db, ["upgrade"])])
def test_wrong_settings_are_told_all_at_once(run, group, arguments):
    result = run(group, *arguments, INTERLINE_PORT="x", INTERLINE_SEALING_KEYS="")
    assert result.exit_code == 1
    assert "INTERLINE_PORT" in result.output
    assert "interline secrets new-key" in result.output


def test_a_database_without_tables_is_explained(run, database_url):
    assert run(db, "upgrade", INTERLINE_DATABASE_URL=database_url).exit_code == 0
    downgrade(database_url, "base")
    result = run(keys, "list", INTERLINE_DATABASE_URL=database_url)
    assert (result.exit_code, "interline db upgrade" in result.output) == (1, True)
    assert "api_keys" in result.output


def test_a_new_sealing_key_is_ready_for_the_settings():
    result = CliRunner().invoke(secrets, ["new-key"])
    assert SealingKey.parse(result.output.strip()).kid


def _linked(accounts, provider, operator, canary):
    candidate = accounts.assembler.candidate(
        "t1", provider, {"base_url": "https://d.example"}, {"token": Secret(canary)}
    )
    return accounts.create(operator, candidate, Verified("7", "Ada's desk"))


async def test_accounts_are_listed_shown_and_erased(run, accounts, provider, operator, canary):
    import asyncio

    account = await _linked(accounts, provider, operator, canary)
    steps = {
        "list": ["list", "--tenant", "t1"],
        "show": ["show", account.id],
        "block": ["block", account.id],
        "unblock": ["unblock", account.id],
        "delete": ["delete", account.id, "--yes"],
        "gone": ["show", account.id],
    }
    outputs = {name: await asyncio.to_thread(run, accounts_group, *step, COLUMNS="300") for name, step in steps.items()}
    assert account.id in outputs["list"].output
    assert json.loads(outputs["show"].output)["label"] == "Ada's desk"
    assert outputs["block"].output == f"{account.id} is blocked.\n"
    assert outputs["unblock"].output == f"{account.id} is active.\n"
    assert (outputs["delete"].exit_code, outputs["gone"].exit_code) == (0, 1)
    assert canary not in "".join(result.output for result in outputs.values())


NO_ROWS = "0 rows of the write journal sealed anew.\n"


async def test_credentials_are_sealed_anew_under_the_first_key(run, env, accounts, provider, operator, canary):
    import asyncio

    account = await _linked(accounts, provider, operator, canary)
    fresh = CliRunner().invoke(secrets, ["new-key"]).output.strip()
    both = f"{fresh},{env['INTERLINE_SEALING_KEYS']}"
    stranger = await asyncio.to_thread(run, secrets, "rotate", INTERLINE_SEALING_KEYS=fresh)
    assert (stranger.exit_code, "no configured key opens" in stranger.output) == (1, True)
    assert f"accounts.credential {account.id}" in stranger.output
    done = await asyncio.to_thread(run, secrets, "reseal", INTERLINE_SEALING_KEYS=both)
    assert (done.exit_code, done.stdout.partition("\n")[0]) == (0, "1 texts sealed anew.")
    assert NO_ROWS in done.stdout
    alone = await asyncio.to_thread(run, secrets, "rotate", INTERLINE_SEALING_KEYS=fresh)
    assert (alone.exit_code, alone.stdout.partition("\n")[0]) == (0, "0 texts sealed anew.")
    assert "live for 24 hours" in alone.stdout
