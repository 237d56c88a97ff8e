"""Which account a call is for, and what its caller may."""

import pytest

from proxy.accounts.caller import Caller, account_id_of
from proxy.errors import AccountRequired, AmbiguousAccount, MissingScope, NotFound

KEY = Caller("k", "k", frozenset({"read"}))
TOKEN = Caller("t", "k", frozenset({"read"}), account_id="own")


@pytest.mark.parametrize(
    ("caller", "query", "header", "expected"),
    [
        pytest.param(KEY, ["a"], None, "a", id="query"),
        pytest.param(KEY, [], "a", "a", id="header"),
        pytest.param(KEY, ["a", "a"], "a", "a", id="the same three times"),
        pytest.param(KEY, [""], "a", "a", id="an empty value names nothing"),
        pytest.param(KEY, [], None, AccountRequired, id="none"),
        pytest.param(KEY, [""], "", AccountRequired, id="only empty ones"),
        pytest.param(KEY, ["a", "b"], None, AmbiguousAccount, id="two in the query"),
        pytest.param(KEY, ["a"], "b", AmbiguousAccount, id="query and header differ"),
        pytest.param(TOKEN, [], None, "own", id="a token implies its account"),
        pytest.param(TOKEN, ["own"], "own", "own", id="a token may name its account"),
        pytest.param(TOKEN, ["a"], None, NotFound, id="a token names another account"),
        pytest.param(TOKEN, ["own"], "a", AmbiguousAccount, id="a token names its own and another"),
    ],
)
def test_the_account_of_a_call(caller, query, header, expected):
    if isinstance(expected, str):
        assert account_id_of(caller, query, header) == expected
    else:
        with pytest.raises(expected):
            account_id_of(caller, query, header)


def test_a_missing_scope_is_named_and_none_implies_another():
    KEY.require("read")
    admin = Caller("k", "k", frozenset({"admin", "write"}))
    for caller, scope in ((KEY, "write"), (admin, "read")):
        with pytest.raises(MissingScope, match=f"'{scope}'") as caught:
            caller.require(scope)
        assert caught.value.members == {"scope": scope}


@pytest.mark.parametrize(
    ("caller", "account", "tenant", "seen"),
    [
        (KEY, "a", "t1", True),
        (Caller("k", "k", frozenset(), frozenset({"t1"})), "a", "t1", True),
        (Caller("k", "k", frozenset(), frozenset({"t1"})), "a", "t2", False),
        (Caller("k", "k", frozenset(), frozenset()), "a", "t1", False),
        (TOKEN, "own", "t1", True),
        (TOKEN, "a", "t1", False),
    ],
)
def test_what_is_within_reach(caller, account, tenant, seen):
    assert caller.sees(account, tenant) is seen
