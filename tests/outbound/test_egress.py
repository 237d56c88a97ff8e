"""A customer's host leads to public addresses only, and to the address that was checked."""

import pytest

from proxy.errors import ProviderUnreachable
from proxy.outbound.egress import Egress, EgressRefused, fault_of_address, fault_of_origin
from proxy.outbound.request import ProviderRequest
from tests.outbound.media_network import PUBLIC as PUBLIC_ONE
from tests.outbound.media_network import RoutedTransport, Storage, certificate
from tests.outbound.scripted import Door, Upstream, make_account, make_provider

CUSTOMERS = make_provider(base="{base_url}/api")

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.254",
    "198.18.0.1",
    "198.19.255.254",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "100::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::10.0.0.1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:c0a8:101::1",
    "5f00::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "172.15.0.1", "2606:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address):
    assert fault_of_address(address) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_fine(address):
    assert fault_of_address(address) is None


@pytest.mark.parametrize("text", ["", "localhost", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "1.2.3.4.5"])
def test_what_is_no_plain_address_is_refused(text):
    assert fault_of_address(text) is not None


REFUSED = [
    "http://desk.example",
    "ftp://desk.example",
    "https://localhost",
    "https://desk.local",
    "https://desk.internal",
    "https://intranet",
    "https://a.localhost",
    "https://desk.example:22",
    "https://desk.example:80",
    "https://user@desk.example",
    "https://[fe80::1%25eth0]",
    "https://metadata.google.internal",
    "https://localhost.",
    "https://desk.lan",
    "https://",
    "https://desk.home.arpa",
    "https://0127.112.249.127",
    "https://0x7f.1",
    "https://127.1",
    "https://2130706433",
    "https://93.184.216.034",
    "https://desk.123",
    "https://desk.0x1",
    "https://1.2.3.4.5",
]


@pytest.mark.parametrize("origin", REFUSED)
def test_an_origin_is_refused_by_its_looks(origin):
    assert fault_of_origin(origin) is not None


@pytest.mark.parametrize(
    "origin",
    ["https://desk.example", "https://desk.example:8443", "https://[2606:4700::1111]", "https://93.184.216.34"],
)
def test_an_origin_that_looks_fine_is_resolved(origin):
    assert fault_of_origin(origin) is None


class Names:
    """A resolver whose answers are given in turn; an exception is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host, port):
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found


class Turned:
    now = 0.0

    def __call__(self):
        return self.now


async def test_a_checked_address_is_pinned_so_a_name_that_moves_inside_later_is_not_followed():
    names, clock = Names(["93.184.216.34"], ["127.0.0.1"]), Turned()
    egress = Egress((), {}, clock, names)
    assert await egress.check("https://desk.example") == "93.184.216.34"
    assert await egress.check("https://desk.example") == "93.184.216.34"
    assert names.asked == 1
    clock.now = 31.0
    with pytest.raises(EgressRefused):
        await egress.check("https://desk.example")


@pytest.mark.parametrize("found", [["93.184.216.34", "10.0.0.1"], ["::1"], [], ["fe80::1%2"]])
async def test_one_address_that_is_not_public_condemns_the_name(found):
    with pytest.raises(EgressRefused):
        await Egress((), {}, Turned(), Names(found)).check("https://desk.example")


async def test_the_last_good_address_serves_a_minute_without_names():
    clock = Turned()
    egress = Egress((), {}, clock, Names(["93.184.216.34"], OSError("no name service")))
    await egress.check("https://desk.example")
    clock.now = 45.0
    assert await egress.check("https://desk.example") == "93.184.216.34"
    clock.now = 61.0
    with pytest.raises(EgressRefused):
        await egress.check("https://desk.example")


async def test_the_operators_own_words_need_no_check():
    names = Names(OSError("is not to be asked"))
    private = make_account("http://desk.lan:3000", provider=CUSTOMERS)
    assert await Egress(("desk.lan:3000",), {}, Turned(), names).address(private) is None
    assert await Egress((), {"desk": "http://127.0.0.1:1"}, Turned(), names).address(private) is None
    assert await Egress((), {}, Turned(), names).address(make_account("https://desk.example")) is None
    assert names.asked == 0


async def test_a_customers_loopback_host_is_never_connected_to():
    async with Upstream() as trap:
        async with Door() as door:
            account = make_account(f"https://127.0.0.1:{trap.port}", provider=CUSTOMERS)
            with pytest.raises(ProviderUnreachable) as raised:
                await door.outbound.call(account, ProviderRequest("GET", "/api/x"), door.trace())
        assert trap.connections == 0
        assert raised.value.members["outcome"] == "not_sent"


async def test_the_connection_goes_to_the_pinned_address_and_names_the_host():
    class Pinned:
        def concerns(self, account):
            return True

        async def address(self, account):
            return "127.0.0.1"

    async with Upstream() as upstream, Door(egress=Pinned()) as door:
        account = make_account(f"http://desk.example:{upstream.port}", provider=CUSTOMERS)
        await door.outbound.call(account, ProviderRequest("GET", "/api/x"), door.trace())
        assert upstream.got[0].header(b"host") == f"desk.example:{upstream.port}".encode()


async def test_an_accounts_host_is_checked_again_when_it_is_connected_to_later(tmp_path):
    """A name that was public when it was linked and leads inside now is not followed."""
    clock = Turned()
    server, client = certificate(tmp_path)
    async with Storage(context=server) as storage:
        names = Names([PUBLIC_ONE], ["127.0.0.1"])
        async with Door(egress=Egress((), {}, clock, names)) as door:
            door.outbound._transport = transport = RoutedTransport(door.bounds, client)
            transport.routes = {PUBLIC_ONE: storage.port}
            account = make_account("https://desk.example", provider=CUSTOMERS)
            for clock.now in (0.0, 29.0):
                await door.outbound.call(account, ProviderRequest("GET", "/api/x"), door.trace())
            assert (names.asked, len(storage.got)) == (1, 2)
            clock.now = 31.0
            with pytest.raises(ProviderUnreachable) as refused:
                await door.outbound.call(account, ProviderRequest("GET", "/api/x"), door.trace())
            assert "not a public address" in refused.value.detail
            assert (names.asked, len(storage.got)) == (2, 2)
            await transport.aclose()
