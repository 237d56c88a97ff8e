"""The engine on the loop that the server runs on, whose sockets, TLS and flow control are not asyncio's."""

import pytest
import uvloop

from proxy.errors import ProviderUnreachable
from tests.outbound import test_desync, test_wire
from tests.outbound.test_tls import ask, certificate  # noqa: F401 - a fixture

ON_ONE_TRANSPORT = [
    test_wire.test_what_waits_in_the_kernel_is_seen_before_the_loop_has_read_it,
    test_wire.test_a_connection_that_is_used_again_keeps_its_one_timer,
    test_wire.test_a_caller_who_does_not_read_makes_the_provider_wait,
    test_wire.test_an_upload_that_is_refused_before_its_end_stops_and_costs_the_connection,
    test_wire.test_an_upload_goes_on_after_an_early_answer_of_success,
    test_wire.test_a_cancelled_exchange_closes_its_connection_and_no_other,
    test_wire.test_an_endless_row_of_interim_answers_ends,
]


@pytest.mark.parametrize("test", ON_ONE_TRANSPORT, ids=lambda test: test.__name__.removeprefix("test_"))
def test_the_server_s_loop_too(test):
    async def run():
        transport = test_wire.make_transport()
        await test(transport)
        await transport.aclose()

    uvloop.run(run())


def test_a_provider_that_does_not_read_makes_the_caller_wait():
    uvloop.run(test_wire.test_a_provider_that_does_not_read_makes_the_caller_wait())


@pytest.mark.parametrize("kind", test_desync.KINDS)
def test_stray_bytes_are_nobodys_answer(kind):
    uvloop.run(test_desync.test_the_same_account_never_reads_stray_bytes_as_its_next_answer(kind))


def test_a_certificate_that_fits_is_taken(certificate):  # noqa: F811 - the fixture
    assert uvloop.run(ask(certificate, "desk.example", trusted=True)) == (200, 1)


@pytest.mark.parametrize(("host", "trusted"), [("desk.example", False), ("other.example", True)])
def test_a_certificate_that_does_not_fit_gets_no_request(certificate, host, trusted):  # noqa: F811 - the fixture
    with pytest.raises(ProviderUnreachable) as raised:
        uvloop.run(ask(certificate, host, trusted=trusted))
    assert raised.value.members["outcome"] == "not_sent"
