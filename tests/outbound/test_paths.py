"""A path is built from checked segments: no spelling of a traversal leaves the base."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import CredentialOperation, InvalidPath, InvalidRequest, PathNotAllowed
from proxy.outbound.paths import allowed, path_of, provider_path, query_of, segments_of
from proxy.provider.model import PassthroughWords
from tests.hostile.spellings import corpus, escapes
from tests.outbound.scripted import make_account, make_provider

SAFE_OUTSIDE_PERCENT = b"-._~!$&'()*+,=:@/"


def test_no_spelling_of_a_traversal_escapes_the_base():
    started = time.monotonic()
    cases = accepted = 0
    escaped = []
    for raw in corpus():
        cases += 1
        try:
            path = path_of(segments_of(raw))
        except InvalidPath:
            continue
        accepted += 1
        if escapes(path):
            escaped.append((raw, path))
    assert escaped == []
    assert cases >= 75_000
    assert 0 < accepted < cases / 20
    assert time.monotonic() - started < 15


def test_the_oracle_of_the_corpus_knows_an_escape():
    for path in ("/../admin", "/a/%2e%2e/%2e%2e/x", "/%252e%252e/x", "/a%0d%0ab", "/..;/x", "/..%5c..", "/%2e%2e%2f"):
        assert escapes(path), path
    assert not escapes("/tickets/a%20b/..c")


SEGMENTS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\%?#;"), min_size=1).filter(
    lambda text: text.strip(".")
)


@given(st.lists(SEGMENTS, min_size=1, max_size=6))
def test_what_is_accepted_has_one_spelling_that_reads_back_the_same(segments):
    try:
        read = segments_of(path_of(segments).encode())
    except InvalidPath:
        return  # a compatibility form of a slash or of dots
    assert read == tuple(segments)
    assert path_of(read) == path_of(segments)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_path_or_an_invalid_path(raw):
    try:
        path = path_of(segments_of(b"/" + raw))
    except InvalidPath:
        return
    assert not escapes(path)
    assert path.isascii()
    assert all(byte in SAFE_OUTSIDE_PERCENT or chr(byte).isalnum() or byte == 0x25 for byte in path.encode())


@pytest.mark.parametrize("raw", [b"", b"/", b"tickets", b"/tickets/", b"//tickets", b"/a//b", b"/a b", b"/caf\xc3\xa9"])
def test_these_are_no_paths(raw):
    with pytest.raises(InvalidPath):
        segments_of(raw)


WORDS = PassthroughWords(
    allow=["/api/v1/accounts/{account_id}/**", "/api/v1/ping", "/api/v1/users/*/avatar"],
    credential_operations=["/api/v1/accounts/{account_id}/profile", "/api/v1/accounts/*/tokens/**"],
)
OPEN = ["/api/v1/accounts/7/conversations", "/api/v1/accounts/7/a/b/c", "/api/v1/ping", "/api/v1/users/5/avatar"]
CLOSED = [
    "/api/v1/accounts/8/a",
    "/api/v1/accounts/77/a",
    "/api/v1/Ping",
    "/api/v1/ping/x",
    "/api/v1",
    "/api/v1/users/5/6/avatar",
]
OF_THE_CREDENTIAL = ["profile", "Profile", "profile.json", "PROFILE.xml", "tokens", "tokens/1", "Tokens.json/1"]


@pytest.mark.parametrize("path", OPEN)
def test_the_allow_list_opens(path):
    allowed(segments_of(path.encode()), WORDS, {"account_id": 7})


@pytest.mark.parametrize("path", CLOSED)
def test_the_allow_list_leaves_closed(path):
    with pytest.raises(PathNotAllowed):
        allowed(segments_of(path.encode()), WORDS, {"account_id": 7})


@pytest.mark.parametrize("path", OF_THE_CREDENTIAL)
def test_an_operation_on_the_credential_is_refused_in_every_spelling(path):
    with pytest.raises(CredentialOperation):
        allowed(segments_of(f"/api/v1/accounts/7/{path}".encode()), WORDS, {"account_id": 7})


def test_a_mapping_path_is_joined_to_base_and_prefix():
    provider = make_provider(prefix="/api/v1/accounts/{account_id}")
    account = make_account("https://desk.example", provider=provider, base_path="/base", connection={"account_id": 7})
    assert provider_path(account, "/tickets/a%20b") == "/base/api/v1/accounts/7/tickets/a%20b"
    assert provider_path(account, "^/api/v1/profile") == "/base/api/v1/profile"


@pytest.mark.parametrize("value", ["..", ".", "a%2Fb", "%2e%2e", "", "a%00"])
def test_a_value_filled_into_a_mapping_path_cannot_climb(value):
    with pytest.raises(InvalidPath):
        provider_path(make_account("https://desk.example"), f"/tickets/{value}")


QUERIES = {
    b"": (b"", (), {}),
    b"page=2&term=a%20b+c&term=": (b"page=2&term=a%20b+c&term=", (), {}),
    b"a=%zz&&b&=c&%ff=1": (b"a=%zz&&b&=c&%ff=1", (), {}),
    b"page=2&integrated_account_id=a1": (b"page=2", ("a1",), {}),
    b"integrated%5faccount_id=a1&%69ntegrated_account_id=a%32&page=2": (b"page=2", ("a1", "a2"), {}),
    b"interline_limit=5&%69nterline_x=1&interline=kept": (
        b"interline=kept",
        (),
        {"interline_limit": "5", "interline_x": "1"},
    ),
    b"integrated_account_id_x=1&x_interline_=2": (b"integrated_account_id_x=1&x_interline_=2", (), {}),
}


@pytest.mark.parametrize("raw", QUERIES)
def test_the_query_is_forwarded_byte_for_byte_without_the_reserved_names(raw):
    query = query_of(raw)
    assert (query.forwarded, query.account_ids, query.ours) == QUERIES[raw]


@pytest.mark.parametrize("raw", [b"a=b c", b"a=\r\nX: y", b"a=\x00", b"a=\xc3\xa9", b"a=1#b", b"a=\x7f", b"a=\t"])
def test_a_query_with_bytes_that_need_escapes_is_refused(raw):
    with pytest.raises(InvalidRequest):
        query_of(raw)
