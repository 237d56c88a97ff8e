"""What is shared between requests is found by keys: equal where account or credential are equal, and nowhere else."""

from unicodedata import normalize

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.accounts.keys import kind_of
from proxy.outbound.budget import limits_of
from proxy.outbound.redact import needles_of
from proxy.provider.model import LimitWords
from proxy.secret import Secret
from tests.outbound.scripted import make_account, make_provider
from unified.references import SmallLists

SCOPES = ("token", "account", "host")
LIKE = st.sampled_from(["a", "ab", "a:b", "a:1:b", "é", "e\u0301", "\ufb01", "fi", "a b", "A", "1:a", "", "ab:", ":ab"])
"""Texts that a careless join, a folding of case or a normal form would take for each other."""


def keys(scope, **account):
    limit = [LimitWords(scope=scope, calls=5, per=60.0)]
    made = make_account(account.pop("origin", "https://desk.example"), provider=make_provider(limits=limit), **account)
    return {one.key for one in limits_of(made, "/api/v2/tickets")}


@settings(deadline=None)
@given(LIKE, LIKE, LIKE, LIKE)
def test_a_budget_is_shared_by_equal_credentials_alone(token, secret, other_token, other_secret):
    one, two = ({"token": Secret(a), "secret": Secret(b)} for a, b in ((token, secret), (other_token, other_secret)))
    shared = keys("token", credential=one, number=1) == keys("token", credential=two, number=2)
    assert shared == ((token, secret) == (other_token, other_secret))


@settings(deadline=None)
@given(LIKE, LIKE)
def test_a_budget_of_an_account_is_its_own(one, two):
    assert (keys("account", id=one) == keys("account", id=two)) == (one == two)


def test_no_two_scopes_share_a_key():
    found = [key for scope in SCOPES for key in keys(scope, id="x", token="x", origin="x")]
    assert len(set(found)) == len(found) >= len(SCOPES)


@settings(deadline=None)
@given(st.lists(st.tuples(LIKE, LIKE), min_size=2, max_size=6, unique=True))
async def test_small_lists_are_kept_apart_by_account_and_name(pairs):
    lists = SmallLists()

    async def read(account, name):
        async def rows(_name):
            return [{"of": (account, name)}]

        return await lists.get(account, name, rows)

    for account, name in pairs:
        await read(account, name)
    assert [(await read(*pair)).rows for pair in pairs] == [[{"of": pair}] for pair in pairs]


@settings(deadline=None)
@given(LIKE.map(lambda text: f"long-enough-{text}"), LIKE.map(lambda text: f"long-enough-{text}"))
def test_answers_are_searched_for_the_credential_of_their_own_account(one, two):
    first, second = (needles_of({"token": Secret(text)}) for text in (one, two))
    assert first.within(f"x{one}x".encode())
    assert first.within(f"{two}".encode()) == (one in two)
    assert second.within(f"{one}".encode()) == (two in one)


@settings(deadline=None)
@given(st.sampled_from(["il", "ila"]), st.text(min_size=1, max_size=60))
def test_no_other_form_of_a_key_is_that_key(kind, text):
    for form in (text, normalize("NFKD", text), text.casefold()):
        assert kind_of(f"{kind}_{form}") is None
