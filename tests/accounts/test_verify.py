"""A credential is proved before it is stored."""

import pytest

from proxy.accounts.verify import verify, verify_path
from proxy.errors import (
    InvalidCredential,
    ProviderError,
    ProviderForbidden,
    ProviderUnreachable,
    ReauthRequired,
)
from proxy.secret import Secret

GOOD = {"name": "Ada's desk", "accounts": [{"id": 7}]}


@pytest.fixture
def url(sqlite_tables_url):
    """Nothing is stored here: one kind of database will do."""
    return sqlite_tables_url


@pytest.fixture
def candidate(accounts, provider, canary):
    fields = {"base_url": "https://desk.example", "account_id": 7}
    return accounts.assembler.candidate("t1", provider, fields, {"token": Secret(canary)})


def _answering(status, body, calls=None):
    async def call(account, method, path):
        if calls is not None:
            calls.append((account.origin, method, path))
        return status, body

    return call


def _raising(error):
    async def call(_account, _method, _path):
        raise error

    return call


async def test_a_good_credential_gives_identity_and_label(candidate):
    calls = []
    verified = await verify(candidate, _answering(200, GOOD, calls))
    assert (verified.identity, verified.label) == ("7", "Ada's desk")
    assert calls == [("https://desk.example", "GET", "/api/v1/profile")]


async def test_a_nameless_account_is_labelled_by_its_provider_and_a_long_name_is_cut(candidate):
    assert (await verify(candidate, _answering(200, GOOD | {"name": None}))).label == "Desk"
    assert len((await verify(candidate, _answering(200, GOOD | {"name": "x" * 999}))).label) == 200


async def test_a_name_with_a_nul_is_kept_without_it_since_no_text_of_postgresql_holds_one(candidate):
    assert (await verify(candidate, _answering(200, GOOD | {"name": "A\0da"}))).label == "Ada"
    assert (await verify(candidate, _answering(200, GOOD | {"name": "\0"}))).label == "Desk"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        pytest.param(_answering(401, {"error": "no"}), "credentials", id="401"),
        pytest.param(_answering(403, None), "credentials", id="403"),
        pytest.param(_answering(404, None), "credentials", id="404"),
        pytest.param(_answering(302, None), "credentials", id="a redirect to a login page"),
        pytest.param(_raising(ReauthRequired("x", provider="desk")), "credentials", id="raised as reauth"),
        pytest.param(_raising(ProviderForbidden("x", provider="desk")), "credentials", id="raised as forbidden"),
        pytest.param(_answering(200, GOOD | {"accounts": [{"id": 8}]}), "context", id="another account's token"),
        pytest.param(_answering(200, None), "context", id="a page instead of JSON"),
        pytest.param(_answering(200, {"accounts": "text"}), "context", id="an answer the expression cannot read"),
        pytest.param(_answering(200, []), "context", id="a list"),
    ],
)
async def test_a_credential_that_does_not_fit_is_refused_with_the_part_that_is_wrong(candidate, call, path, canary):
    with pytest.raises(InvalidCredential) as caught:
        await verify(candidate, call)
    assert [error.path for error in caught.value.errors] == [path]
    assert canary not in repr(caught.value.body(request_id="r", instance="/"))


async def test_a_provider_that_fails_gives_no_verdict(candidate):
    for status in (500, 503, 429):
        with pytest.raises(ProviderError) as caught:
            await verify(candidate, _answering(status, None))
        assert caught.value.members["provider_status"] == status
    with pytest.raises(ProviderUnreachable):
        await verify(candidate, _raising(ProviderUnreachable("x", provider="desk")))


async def test_an_answer_that_names_no_account_is_refused(make_provider, accounts):
    from proxy.provider.model import VerifyWords

    words = VerifyWords(get="/me", expect="`true`", identity="id", label="name")
    provider = make_provider(verify=words)
    candidate = accounts.assembler.candidate(
        "t1", provider, {"base_url": "https://desk.example", "account_id": 7}, {"token": Secret("x")}
    )
    for body in ({}, {"id": None}, {"id": ""}, {"id": True}, {"id": {"x": 1}}, {"id": []}, {"id": "7\0"}):
        with pytest.raises(InvalidCredential):
            await verify(candidate, _answering(200, body))
    for number in (0, 1):
        assert (await verify(candidate, _answering(200, {"id": number}))).identity == str(number)


def test_the_path_of_the_call_stands_below_the_prefix_or_the_base(make_provider):
    from proxy.provider.model import VerifyWords

    connection = {"account_id": 7}
    below = VerifyWords(get="/users?page=1", expect="@", identity="@", label="@")
    assert verify_path(make_provider(verify=below).words, connection) == "/api/v1/accounts/7/users?page=1"
    assert verify_path(make_provider().words, connection) == "/api/v1/profile"
