"""A provider file's worth of facts, a database of each kind, and the accounts over them."""

from zoneinfo import ZoneInfo

import pytest

from proxy.accounts.caller import Caller
from proxy.accounts.keys import SCOPES
from proxy.accounts.store import Accounts
from proxy.database.engine import open_engine
from proxy.language.expression import compile_expression
from proxy.provider.model import AuthWords, FieldWords, PassthroughWords, Provider, ProviderWords, VerifyWords
from proxy.seal import Sealer, SealingKey, new_key
from proxy.settings import Settings

CANARY = "canary-9c41e7aa60f24b1d8e35"


def make_provider(name="desk", **changes):
    words = {
        "name": name,
        "label": "Desk",
        "base": "{base_url}",
        "prefix": "/api/v1/accounts/{account_id}",
        "auth": AuthWords(header="api-access-token", value="{token}"),
        "verify": VerifyWords(
            get="^/api/v1/profile",
            expect="contains(not_null(accounts[].id, `[]`), connection().account_id)",
            identity="connection().account_id",
            label="name",
        ),
        "passthrough": PassthroughWords(allow=["/api/v1/accounts/{account_id}/**"]),
        "connection": {
            "base_url": FieldWords(label="Address", help="", type="origin", default="https://desk.example"),
            "account_id": FieldWords(label="Account id", help="", type="integer"),
            "inbox_id": FieldWords(label="Inbox", help="", type="integer", optional=True),
        },
        "credential": {"token": FieldWords(label="Token", help="Under profile.", placeholder="abc")},
    }
    made = ProviderWords(**(words | changes))
    return Provider(
        name=name,
        words=made,
        zone=ZoneInfo("UTC"),
        errors=(),
        verify_expect=compile_expression(made.verify.expect),
        verify_identity=compile_expression(made.verify.identity),
        verify_label=compile_expression(made.verify.label),
    )


class Turned:
    """A clock that stands until it is turned."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


class Queries:
    """Counts the statements that reach the database."""

    def __init__(self, engine):
        from sqlalchemy import event

        self.count = 0
        event.listen(engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, _conn, _cursor, statement, *_rest):
        self.count += not statement.startswith(("BEGIN", "PRAGMA"))


@pytest.fixture(name="make_provider")
def make_provider_fixture():
    return make_provider


@pytest.fixture
def provider():
    return make_provider()


@pytest.fixture
def clock():
    return Turned()


@pytest.fixture
def sealing_key():
    return SealingKey.parse(new_key())


@pytest.fixture
def url(tables_url):
    return tables_url


@pytest.fixture
def settings(sealing_key, url):
    return Settings(sealing_keys=(sealing_key,), database_url=url, private_hosts=("127.0.0.1:9001",))


@pytest.fixture
async def engine(url):
    engine = open_engine(url)
    yield engine
    await engine.dispose()


@pytest.fixture
def queries(engine):
    return Queries(engine)


@pytest.fixture
def accounts(engine, sealing_key, provider, settings, clock):
    return Accounts(engine, Sealer([sealing_key]), {provider.name: provider}, settings, clock)


@pytest.fixture
def operator():
    return Caller("k-operator", "k-operator", frozenset(SCOPES))


@pytest.fixture
def canary():
    return CANARY
