"""Settings: every mistake at once, no secret shown, names near to right ones suggested."""

import sys
from base64 import b64encode

import pytest
from msgspec.structs import fields

from proxy.bounds import Bounds
from proxy.seal import new_key
from proxy.settings import Settings, SettingsMistake, load_settings

KEY = new_key()


def _load(**values):
    given = {f"INTERLINE_{name.upper()}": value for name, value in values.items()}
    return load_settings({"INTERLINE_SEALING_KEYS": KEY, "PATH": "/bin"} | given)


def _mistakes(**values):
    with pytest.raises(SettingsMistake) as caught:
        _load(**values)
    return caught.value.mistakes


def test_a_sealing_key_alone_is_enough_and_the_rest_is_safe():
    settings = _load()
    assert (settings.host, settings.port, settings.docs, settings.metrics_public) == ("127.0.0.1", 8080, False, False)
    assert settings.database_url == "sqlite+aiosqlite:///interline.sqlite3"
    assert settings.bounds == Bounds()


def test_without_a_sealing_key_the_server_does_not_start_and_says_how_to_make_one():
    for env in ({}, {"INTERLINE_SEALING_KEYS": "  "}):
        with pytest.raises(SettingsMistake, match="interline secrets new-key"):
            load_settings(env)


def test_every_setting_is_read():
    settings = _load(
        database_url="postgresql+asyncpg://u:p@db/interline",
        host="0.0.0.0",
        port="9000",
        workers="2",
        redis_url="redis://cache.lan:6379/0",
        redis_open="true",
        log_level="debug",
        docs="true",
        metrics_public="1",
        private_hosts="10.0.0.5:3000, [::1]:80",
        provider_bases="desk=http://127.0.0.1:9001/api/v2/,other=http://127.0.0.1:9002",
        mappings_dir="/srv/mappings",
        bounds_limit_max="50",
        bounds_deadline_seconds="12.5",
    )
    assert (settings.host, settings.port, settings.log_level, settings.docs) == ("0.0.0.0", 9000, "debug", True)
    assert settings.metrics_public is True
    assert (settings.workers, settings.redis_url) == (2, "redis://cache.lan:6379/0")
    assert settings.private_hosts == ("10.0.0.5:3000", "[::1]:80")
    assert settings.provider_bases == {"desk": "http://127.0.0.1:9001/api/v2", "other": "http://127.0.0.1:9002"}
    assert settings.mappings_dir == "/srv/mappings"
    assert (settings.bounds.limit_max, settings.bounds.deadline_seconds) == (50, 12.5)


@pytest.mark.parametrize(
    "address",
    [
        "redis://127.0.0.1:6379/0",
        "redis://[::1]/0",
        "redis://localhost",
        "redis://:p@10.0.0.5:6379/0",
        "redis://user:p@cache.lan",
        "redis://cache.lan/0?password=p",
        "rediss://:p@9.9.9.9/0",
    ],
)
def test_a_redis_that_is_here_or_has_a_password_is_taken(address):
    assert _load(redis_url=address).redis_url == address


def test_a_redis_elsewhere_without_a_password_needs_a_word():
    (mistake,) = _mistakes(redis_url="rediss://cache.lan/0")
    assert "INTERLINE_REDIS_OPEN=true" in mistake
    assert _load(redis_url="rediss://cache.lan/0", redis_open="true").redis_open is True


def test_no_word_lets_a_password_cross_the_internet_in_the_clear():
    (mistake,) = _mistakes(redis_url="redis://:p@9.9.9.9/0", redis_open="true")
    assert "use rediss://" in mistake


@pytest.mark.parametrize("name", [info.name for info in fields(Bounds)])
def test_every_bound_can_be_set(name):
    assert getattr(_load(**{f"bounds_{name}": "7"}).bounds, name) == 7


def test_all_mistakes_are_reported_together_and_a_misspelt_name_is_recognised():
    mistakes = _mistakes(port="http", docs="perhaps", bounds_limit_max="0", databse_url="x", zzz="1")
    assert len(mistakes) == 5
    assert any(
        one == "INTERLINE_DATABSE_URL is not a setting; did you mean INTERLINE_DATABASE_URL?" for one in mistakes
    )
    for name in ("INTERLINE_PORT", "INTERLINE_DOCS", "INTERLINE_BOUNDS_LIMIT_MAX", "INTERLINE_ZZZ"):
        assert any(one.startswith(name) for one in mistakes), name


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"port": "0"}, "PORT"),
        ({"port": "65536"}, "PORT"),
        ({"log_level": "loud"}, "LOG_LEVEL"),
        ({"database_url": "sqlite:///x"}, "sqlite\\+aiosqlite"),
        ({"redis_url": "http://127.0.0.1:6379/0"}, "rediss"),
        ({"redis_url": "redis:///0"}, "rediss"),
        ({"redis_url": "redis://127.0.0.1/zero"}, "rediss"),
        ({"workers": "0", "redis_url": "redis://127.0.0.1/0"}, "WORKERS"),
        ({"workers": "2"}, "WORKERS: 2 workers share .* INTERLINE_REDIS_URL is not set"),
        ({"database_url": "postgresql+asyncpg://u:p@db/x?sslmode=require"}, "ssl=require"),
        ({"database_url": "postgresql+asyncpg://u@db:hush/x"}, "the port is not a number"),
        ({"database_url": "postgresql+asyncpg://u:a@hush@db/x"}, "written %40"),
        ({"private_hosts": "10.0.0.5"}, "host:port"),
        ({"private_hosts": "10.0.0.5:99999"}, "port"),
        ({"private_hosts": "u@h:1"}, "host:port"),
        ({"provider_bases": "http://127.0.0.1"}, "provider"),
        ({"provider_bases": "desk=ftp://127.0.0.1"}, "http or https"),
        ({"provider_bases": "desk=http://u:p@127.0.0.1"}, "without user"),
        ({"bounds_deadline_seconds": "-1"}, "BOUNDS_DEADLINE_SECONDS"),
        ({"sealing_keys": "nocolon"}, "<id>:<base64>"),
        ({"sealing_keys": "bad id:abcd"}, "<id>:<base64>"),
        ({"sealing_keys": "k1:%%%"}, "not base64"),
        ({"sealing_keys": "k1:" + b64encode(b"x" * 16).decode()}, "16 bytes instead of 32"),
        ({"sealing_keys": "k1:" + b64encode(b"\0" * 32).decode()}, "not random"),
        ({"sealing_keys": "k1:" + b64encode(b"password" * 4).decode()}, "not random"),
        ({"sealing_keys": f"{KEY},{KEY}"}, "same id"),
        ({"provider_bases": "trengo=http://app.trengo.com/api/v2"}, "plain http at app.trengo.com"),
        ({"provider_bases": "trengo=http://1.1.1.1/api/v2"}, "plain http at 1.1.1.1"),
        ({"provider_bases": "a=https://a.example,trengo=http://[2606:4700::1111]/"}, "plain http at 2606"),
        ({"provider_bases": "trengo=http://desk.lan:81", "private_hosts": "desk.lan:80"}, "plain http at desk.lan"),
        ({"private_hosts": "1.1.1.1:80"}, "of the internet"),
        ({"private_hosts": "[2606:4700::1111]:80"}, "of the internet"),
        ({"trusted_proxies": "0.0.0.0/0"}, "everybody"),
        ({"trusted_proxies": "::/0"}, "everybody"),
        ({"trusted_proxies": "proxy.example"}, "not an address"),
        ({"trusted_proxies": "10.0.0.1/8"}, "not an address"),
        ({"sealing_keys": "k1:" + b64encode(b"changeme" * 4).decode()}, "not random"),
        ({"sealing_keys": " , "}, "INTERLINE_SEALING_KEYS"),
        ({"bounds_wrong_keys": "0"}, "BOUNDS_WRONG_KEYS"),
        ({"debug": "true"}, "INTERLINE_DEBUG is not a setting"),
        ({"verify": "false"}, "INTERLINE_VERIFY is not a setting"),
        ({"cors": "*"}, "INTERLINE_CORS is not a setting"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(values, word):
    with pytest.raises(SettingsMistake, match=word):
        _load(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"provider_bases": "trengo=http://127.0.0.1:9001/api/v2"},
        {"provider_bases": "trengo=http://localhost:9001"},
        {"provider_bases": "trengo=http://10.0.0.5"},
        {"provider_bases": "trengo=http://[::1]:9001"},
        {"provider_bases": "trengo=http://desk.lan:81", "private_hosts": "desk.lan:81"},
        {"provider_bases": "trengo=https://app.trengo.com/api/v2"},
        {"trusted_proxies": "10.0.0.5,10.1.0.0/16,::1"},
        {"private_hosts": "10.0.0.5:80,chat.intern.example:3000"},
    ],
)
def test_what_stays_in_the_own_network_may_be_plain(values):
    assert _load(**values)


def test_postgresql_without_its_driver_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    assert any("interline[postgres]" in one for one in _mistakes(database_url="postgresql+asyncpg://u:p@db/x"))


def test_neither_repr_nor_mistakes_show_a_secret():
    kid, _, material = KEY.partition(":")
    shown = repr(
        _load(
            database_url="postgresql+asyncpg://user:hush@db/x?password=hush",
            redis_url="rediss://user:hush@cache:6379/1?password=hush",
        )
    )
    assert kid in shown
    assert material not in shown
    assert "hush" not in shown
    assert "limit_max=200" in shown
    broken = material[:-4]
    assert not any(broken in one for one in _mistakes(sealing_keys=f"k1:{broken}"))


def test_every_setting_and_the_struct_refuse_what_they_do_not_know():
    with pytest.raises(TypeError):
        Settings(sealing_keys=(), nonsense=1)
