"""The one connection of a worker to Redis: order, cancelled askers, losses, and a server that is none."""

import asyncio
import random
import ssl
from contextlib import asynccontextmanager

import pytest

from proxy.coordination import link as link_module
from proxy.coordination.link import SharedStateLost
from proxy.coordination.pipe import Pipe, Script
from tests.coordination.peer import PATIENT, Peer, own, silent
from tests.faults.certificate import own_certificate

UNKNOWN = b"-NOSCRIPT No matching script.\r\n"
ECHO = Script("return { tonumber(ARGV[1]), ARGV[2] }")


@asynccontextmanager
async def a_peer(context=None):
    """A server that gives right answers until the test says otherwise."""
    made = Peer(own)
    await made.start(context)
    yield made
    await made.aclose()


@asynccontextmanager
async def pipes():
    """``open_pipe(url, seconds)``; all are closed at the end."""
    opened = []

    def make(url, seconds=PATIENT):
        opened.append(Pipe(url, seconds))
        return opened[-1]

    yield make
    for pipe in opened:
        await pipe.aclose()


@pytest.fixture
async def peer():
    async with a_peer() as made:
        yield made


@pytest.fixture
async def open_pipe():
    async with pipes() as make:
        yield make


async def ask(pipe, word):
    """The word that comes back."""
    (answer,) = await pipe.run(ECHO, (b"key",), (word,))
    return answer.decode()


async def is_lost(pipe, reason):
    """A question that gets no answer, for this reason."""
    with pytest.raises(SharedStateLost, match=reason):
        await ask(pipe, "lost")


async def ended(pipe):
    """Waits until this side has seen the end of the connection."""
    async with asyncio.timeout(PATIENT):
        while not pipe._link.lost:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)


async def test_a_thousand_at_once_share_a_connection_and_each_reads_its_own(valkey, open_pipe):
    pipe = open_pipe(valkey.url)
    with valkey.client() as client:
        before = client.info("stats")
        words = [f"word-{number}" for number in range(1000)]
        assert await asyncio.gather(*(ask(pipe, word) for word in words)) == words
        after = client.info("stats")
        assert len(client.client_list()) == 2
    assert after["total_commands_processed"] - before["total_commands_processed"] >= 1000
    assert after["total_reads_processed"] - before["total_reads_processed"] < 500


async def test_what_is_asked_while_it_opens_waits_for_the_same_connection(peer, open_pipe):
    pipe = open_pipe(peer.url)
    words = [f"word-{number}" for number in range(100)]
    assert await asyncio.gather(*(ask(pipe, word) for word in words)) == words
    assert peer.connections == 1
    assert [one.words[0] for one in peer.asked] == words


async def test_the_answer_of_who_was_cancelled_is_read_and_dropped(peer, open_pipe):
    pipe, drawn = open_pipe(peer.url), random.Random(7)
    peer.answer = silent
    tasks = [asyncio.create_task(ask(pipe, f"word-{number}")) for number in range(200)]
    await peer.until(lambda: len(peer.asked) == 200)
    gone = set(drawn.sample(range(200), 80))
    for number in gone:
        tasks[number].cancel()
    peer.write(b"".join(own(one) for one in peer.asked))
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    for number, answer in enumerate(answers):
        assert isinstance(answer, asyncio.CancelledError) if number in gone else answer == f"word-{number}"
    peer.answer = own
    assert await ask(pipe, "next") == "next"
    assert peer.connections == 1


async def test_what_nobody_waits_for_any_more_is_not_asked(peer, open_pipe):
    pipe = open_pipe(peer.url)
    await ask(pipe, "first")
    tasks = [asyncio.create_task(ask(pipe, word)) for word in ("gone", "here")]
    await asyncio.sleep(0)  # both have asked, and nothing is written before this turn ends
    tasks[0].cancel()
    assert await tasks[1] == "here"
    assert [one.words[0] for one in peer.asked] == ["first", "here"]


async def test_an_answer_may_come_byte_by_byte(peer, open_pipe):
    pipe = open_pipe(peer.url)
    peer.answer = silent
    tasks = [asyncio.create_task(ask(pipe, word)) for word in ("one", "two")]
    await peer.until(lambda: len(peer.asked) == 2)
    for byte in b"".join(own(one) for one in peer.asked):
        peer.write(bytes([byte]))
        await asyncio.sleep(0)
    assert [await task for task in tasks] == ["one", "two"]


async def test_a_connection_that_ends_amid_an_answer_is_lost_to_all_who_wait(peer, open_pipe):
    pipe = open_pipe(peer.url)
    peer.answer = silent
    tasks = [asyncio.create_task(ask(pipe, word)) for word in ("one", "two", "three")]
    await peer.until(lambda: len(peer.asked) == 3)
    peer.write(own(peer.asked[0]) + own(peer.asked[1])[:-4])
    peer.close_last()
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert first == "one"
    assert [type(other) for other in others] == [SharedStateLost] * 2
    peer.answer = own
    assert await ask(pipe, "again") == "again"
    assert peer.connections == 2


async def test_a_connection_that_ends_while_nobody_asks_is_no_loss(peer, open_pipe):
    pipe = open_pipe(peer.url)
    await ask(pipe, "before")
    peer.close_last()
    await ended(pipe)
    assert await ask(pipe, "after") == "after"
    assert peer.connections == 2


@pytest.mark.parametrize("half", [b"", b"*2\r\n", b"*2\r\n:1\r\n$5\r\nlo"])
async def test_half_an_answer_is_not_waited_for(peer, open_pipe, half):
    pipe = open_pipe(peer.url, 0.3)
    peer.answer = lambda _: half or None
    await is_lost(pipe, "no answer in 0.3 s")
    peer.answer = own
    assert await ask(pipe, "again") == "again"
    assert peer.connections == 2


async def test_a_server_that_accepts_and_never_greets_is_given_up(peer, open_pipe):
    pipe, peer.greets = open_pipe(peer.url, 0.3), False
    await asyncio.gather(*(is_lost(pipe, "no answer in 0.3 s") for _ in range(10)))
    assert (peer.connections, peer.asked) == (1, [])
    peer.greets = True
    assert await ask(pipe, "again") == "again"
    await peer.until(lambda: peer.open == 1)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (b"+OK\r\n", "another question"),
        (b":{number}\r\n", "another question"),
        (b"$3\r\nabc\r\n", "another question"),
        (b"*-1\r\n", "another question"),
        (b"*0\r\n", "another question"),
        (b"*1\r\n$1\r\n1\r\n", "another question"),
        (b"*1\r\n-ERR inside\r\n", "another question"),
        (b"*2\r\n:0\r\n$4\r\nlost\r\n", "another question"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not understood"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "LOADING"),
        (b"-READONLY You can't write against a read only replica.\r\n", "READONLY"),
        (b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", "OOM"),
        (b"-NOAUTH Authentication required.\r\n", "NOAUTH"),
    ],
)
async def test_what_is_no_answer_ends_the_connection(peer, open_pipe, odd, reason):
    pipe = open_pipe(peer.url)
    peer.answer = lambda question: odd.replace(b"{number}", str(question.number).encode())
    await is_lost(pipe, reason)
    peer.answer = own
    assert await ask(pipe, "again") == "again"
    assert peer.connections == 2


async def test_an_answer_too_many_is_not_taken_for_that_of_the_next(peer, open_pipe):
    pipe = open_pipe(peer.url)
    peer.answer = silent
    tasks = [asyncio.create_task(ask(pipe, word)) for word in ("one", "two", "three")]
    await peer.until(lambda: len(peer.asked) == 3)
    one, two, three = map(own, peer.asked)
    peer.write(one + one + two + three)
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert first == "one"
    assert [type(other) for other in others] == [SharedStateLost] * 2


async def test_an_answer_that_nobody_asked_for_ends_the_connection(peer, open_pipe):
    pipe = open_pipe(peer.url)
    peer.answer = lambda question: own(question) * 2
    assert await ask(pipe, "one") == "one"
    await peer.until(lambda: peer.open == 0)
    assert await ask(pipe, "two") == "two"
    assert peer.connections == 2


async def test_scripts_that_the_server_forgot_are_sent_once_for_all(valkey, open_pipe):
    pipe = open_pipe(valkey.url)
    with valkey.client() as client:
        for _ in range(2):
            client.script_flush()
            client.config_resetstat()
            words = [f"word-{number}" for number in range(50)]
            assert await asyncio.gather(*(ask(pipe, word) for word in words)) == words
            assert client.info("commandstats")["cmdstat_eval"]["calls"] == 1


async def test_who_was_to_send_the_script_and_is_cancelled_keeps_no_other_waiting(peer, open_pipe):
    pipe = open_pipe(peer.url)
    peer.answer = silent
    tasks = [asyncio.create_task(ask(pipe, word)) for word in ("gone", "here")]
    await peer.until(lambda: len(peer.asked) == 2)
    peer.answer = lambda one: own(one) if one.command == "EVAL" else UNKNOWN
    peer.write(UNKNOWN * 2)
    while not pipe._sent_whole:  # noqa: ASYNC110 - from here to its cancelling no turn passes, so nothing is written
        await asyncio.sleep(0)
    tasks[0].cancel()
    assert await tasks[1] == "here"
    assert [one.command for one in peer.asked] == ["EVALSHA", "EVALSHA", "EVALSHA", "EVAL"]


async def test_a_server_that_never_knows_a_script_is_not_asked_for_ever(peer, open_pipe):
    pipe = open_pipe(peer.url)
    peer.answer = lambda _: UNKNOWN
    await is_lost(pipe, "keeps no script")
    assert [one.command for one in peer.asked] == ["EVALSHA", "EVAL", "EVAL"]


async def test_answers_that_come_after_a_freeze_are_nobodys(valkey, open_pipe):
    pipe = open_pipe(valkey.url, 1.0)
    await ask(pipe, "before")
    valkey.freeze()
    try:
        await asyncio.gather(*(is_lost(pipe, "no answer") for _ in range(20)))
        await is_lost(pipe, "no answer")
    finally:
        valkey.thaw()
    words = [f"word-{number}" for number in range(20)]
    assert await asyncio.gather(*(ask(pipe, word) for word in words)) == words


async def test_too_many_who_wait_are_refused_and_do_not_harm_the_others(peer, open_pipe, monkeypatch):
    monkeypatch.setattr(link_module, "MOST_WAITING", 10)
    pipe = open_pipe(peer.url)
    peer.answer = silent
    tasks = [asyncio.create_task(ask(pipe, f"word-{number}")) for number in range(10)]
    await peer.until(lambda: len(peer.asked) == 10)
    await is_lost(pipe, "10 questions wait")
    peer.write(b"".join(own(one) for one in peer.asked))
    assert await asyncio.gather(*tasks) == [f"word-{number}" for number in range(10)]


async def test_closing_tells_those_who_wait_and_ends_the_connection(peer, open_pipe):
    pipe = open_pipe(peer.url)
    peer.answer = silent
    waiting = asyncio.create_task(is_lost(pipe, "closed"))
    await peer.until(lambda: len(peer.asked) == 1)
    await pipe.aclose()
    await waiting
    await peer.until(lambda: peer.open == 0)
    await is_lost(pipe, "closed")
    assert peer.connections == 1


async def test_a_password_and_a_database_of_the_address_are_used(valkey, open_pipe):
    where = Script("redis.call('SET', KEYS[1], ARGV[2]) return { tonumber(ARGV[1]), ARGV[2] }")
    with valkey.client() as client:
        client.config_set("requirepass", "s3cret-word")
        try:
            pipe = open_pipe(f"redis://:s3cret-word@127.0.0.1:{valkey.port}/3")
            assert await pipe.run(where, (b"here",), ("told",)) == [b"told"]
            with pytest.raises(SharedStateLost) as raised:
                await ask(open_pipe(f"redis://:wr0ng-word@127.0.0.1:{valkey.port}/3"), "lost")
            assert "word" not in str(raised.value).replace("password", "")
        finally:
            client.config_set("requirepass", "")
        client.execute_command("SELECT", 3)
        assert client.get("here") == "told"


async def test_over_tls_the_same(open_pipe, tmp_path):
    certificate = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with a_peer(context) as peer:
        pipe = open_pipe(f"rediss://{peer.address}/0?ssl_ca_certs={certificate}")
        words = [f"word-{number}" for number in range(300)]
        assert await asyncio.gather(*(ask(pipe, word) for word in words)) == words
        peer.close_last()
        await ended(pipe)
        assert await ask(pipe, "after") == "after"
        await is_lost(open_pipe(f"rediss://{peer.address}/0"), "CERTIFICATE_VERIFY_FAILED")
        await pipe.aclose()
