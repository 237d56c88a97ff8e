"""Settings that are unsafe or unusable: no command starts with them, and none repeats a secret that stands in them."""

import base64

import pytest
from click.testing import CliRunner

from proxy.seal import new_key
from unified.cli import main

CANARY = "cAnAry7f3b9d1e5a"
KEY = new_key()
WEAK = base64.b64encode(b"\0" * 32).decode()
REFUSED = {
    "no sealing key": {"SEALING_KEYS": ""},
    "an empty sealing key": {"SEALING_KEYS": " , "},
    "a sealing key of zeros": {"SEALING_KEYS": f"k1:{WEAK}"},
    "a password as a sealing key": {"SEALING_KEYS": CANARY},
    "a sealing key without an id": {"SEALING_KEYS": base64.b64encode(CANARY.encode() * 2).decode()},
    "a short sealing key": {"SEALING_KEYS": f"k1:{base64.b64encode(CANARY.encode()).decode()}"},
    "a sealing key that is not base64": {"SEALING_KEYS": f"k1:{CANARY}!"},
    "one sealing key twice": {"SEALING_KEYS": f"{KEY},{KEY}"},
    "id and key exchanged": {"SEALING_KEYS": ":".join(reversed(KEY.split(":")))},
    "a synchronous driver": {"DATABASE_URL": f"postgresql://u:{CANARY}@db/x"},
    "a driver that is not known": {"DATABASE_URL": f"mysql+aiomysql://u:{CANARY}@db/x"},
    "a password for a port": {"DATABASE_URL": f"postgresql+asyncpg://u@db:{CANARY}/x"},
    "a password with a sign": {"DATABASE_URL": f"postgresql+asyncpg://u:x@{CANARY}@db/x"},
    "a password with another sign": {"DATABASE_URL": f"postgresql+asyncpg://u:x@y:{CANARY}@db/x"},
    "sslmode": {"DATABASE_URL": f"postgresql+asyncpg://u:{CANARY}@db/x?sslmode=disable"},
    "a Redis that is none": {"REDIS_URL": f"http://:{CANARY}@cache/0"},
    "a Redis without a host": {"REDIS_URL": f"redis://:{CANARY}@/0"},
    "a Redis with a password for a port": {"REDIS_URL": f"redis://cache:{CANARY}/0"},
    "a Redis database that is no number": {"REDIS_URL": f"redis://:{CANARY}@cache/zero"},
    "a Redis without a password": {"REDIS_URL": f"redis://{CANARY}@cache:6379/0"},
    "a Redis with an empty password": {"REDIS_URL": f"rediss://{CANARY}:@10.0.0.5/0?password="},
    "a Redis over the internet without TLS": {"REDIS_URL": f"redis://:{CANARY}@9.9.9.9/0"},
    "a provider over plain http": {"PROVIDER_BASES": "trengo=http://app.trengo.com/api/v2"},
    "a provider with a user": {"PROVIDER_BASES": f"trengo=https://u:{CANARY}@app.trengo.com"},
    "a provider with a query": {"PROVIDER_BASES": f"trengo=https://app.trengo.com?token={CANARY}"},
    "a public host as a private one": {"PRIVATE_HOSTS": "1.1.1.1:80"},
    "a private host with a user": {"PRIVATE_HOSTS": f"u:{CANARY}@10.0.0.5:80"},
    "everybody as a proxy": {"TRUSTED_PROXIES": "0.0.0.0/0"},
    "everybody as a proxy, in IPv6": {"TRUSTED_PROXIES": "::/0"},
    "a proxy that is no address": {"TRUSTED_PROXIES": "nginx"},
    "debugging": {"DEBUG": "true"},
    "unverified certificates": {"VERIFY": "false"},
    "CORS for everybody": {"CORS_ORIGINS": "*"},
    "link pages for everybody": {"LINK_ORIGINS": "*"},
    "a public address with a user": {"PUBLIC_URL": f"https://u:{CANARY}@interline.example"},
    "no wrong keys": {"BOUNDS_WRONG_KEYS": "0"},
    "no end": {"BOUNDS_DEADLINE_SECONDS": "0"},
    "a negative bound": {"BOUNDS_JSON_BYTES": "-1"},
    "a port that is none": {"PORT": CANARY},
    "a level that is none": {"LOG_LEVEL": "trace"},
}
COMMANDS = (["serve"], ["db", "upgrade"], ["keys", "list"])


def run(command, given):
    """The exit code and all that was said; nothing of this process's own environment."""
    environment = {"INTERLINE_SEALING_KEYS": KEY} | {f"INTERLINE_{name}": value for name, value in given.items()}
    made = CliRunner().invoke(main, command, env=environment)
    return made.exit_code, made.output + repr(made.exception)


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_starts_and_none_repeats_a_secret(command, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, said = run(command, given)
    assert code != 0
    (name,) = given
    assert f"INTERLINE_{name}" in said
    assert CANARY not in said
    assert base64.b64encode(CANARY.encode()).decode().rstrip("=") not in said
    assert KEY.partition(":")[2] not in said
    assert list(tmp_path.iterdir()) == []


def test_enough_of_them_are_tried():
    assert len(REFUSED) >= 30
