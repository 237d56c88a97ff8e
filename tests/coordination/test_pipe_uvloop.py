"""The connection to Redis on the loop that the server runs on, whose sockets and TLS are not asyncio's."""

from inspect import signature

import pytest
import uvloop

from tests.coordination import test_pipe
from tests.coordination.test_pipe import a_peer, pipes

TESTS = [test for name, test in vars(test_pipe).items() if name.startswith("test_")]
ON_A_PEER = [test for test in TESTS if [*signature(test).parameters] == ["peer", "open_pipe"]]
ON_VALKEY = [test for test in TESTS if [*signature(test).parameters] == ["valkey", "open_pipe"]]


def name_of(test):
    return test.__name__.removeprefix("test_")


@pytest.mark.parametrize("test", ON_A_PEER, ids=name_of)
def test_with_a_peer(test):
    async def run():
        async with a_peer() as peer, pipes() as open_pipe:
            await test(peer, open_pipe)

    uvloop.run(run())


@pytest.mark.parametrize("test", ON_VALKEY, ids=name_of)
def test_with_valkey(test, valkey):
    async def run():
        async with pipes() as open_pipe:
            await test(valkey, open_pipe)

    uvloop.run(run())


def test_over_tls(tmp_path):
    async def run():
        async with pipes() as open_pipe:
            await test_pipe.test_over_tls_the_same(open_pipe, tmp_path)

    uvloop.run(run())
