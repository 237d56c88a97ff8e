"""Which failures prove that a step had no effect."""

import pytest

from proxy.errors import (
    AccountBlocked,
    DeadlineExceeded,
    NotFound,
    Overloaded,
    ProviderError,
    ProviderInvalid,
    ProviderNotJson,
    ProviderUnreachable,
    RateLimited,
    ReauthRequired,
)
from unified.writing.outcome import had_no_effect


def of(kind, **members):
    return kind("x", provider="acme", **members)


@pytest.mark.parametrize(
    ("problem", "nothing"),
    [
        (of(ProviderInvalid, provider_status=422), True),
        (of(ProviderError, provider_status=408), False),
        (of(ProviderError, provider_status=500), False),
        (of(ProviderNotJson, provider_status=200), False),
        (of(ProviderUnreachable, outcome="not_sent"), True),
        (of(ProviderUnreachable, outcome="unknown"), False),
        (of(DeadlineExceeded, outcome="unknown"), False),
        (of(DeadlineExceeded), False),
        (of(RateLimited), True),
        (of(RateLimited, outcome="unknown"), False),
        (of(ProviderInvalid, provider_status=422, outcome="unknown"), False),
        (of(RateLimited, provider_status=429), True),
        (of(ReauthRequired), True),
        (Overloaded("x"), True),
        (AccountBlocked("x"), True),
        (NotFound("x"), True),
    ],
    ids=lambda value: value if isinstance(value, bool) else f"{value.code} {value.members}",
)
def test_only_what_is_proved_had_no_effect(problem, nothing):
    assert had_no_effect(problem) is nothing
