"""A storm of cut questions on a worker's connection to Redis: nobody reads the answer to another's question.

A library once handed the answer of a cancelled command to the next one (CVE-2023-28858).
"""

import asyncio
import random

from proxy.coordination.link import SharedStateLost
from proxy.coordination.pipe import Pipe, Script

OPERATIONS = 10_000
AT_ONCE = 64
CUT = 0.2
PATIENT = 30.0
ECHO = Script("return { tonumber(ARGV[1]), KEYS[1], ARGV[2] }")


async def test_ten_thousand_questions_a_fifth_of_them_cut_are_answered_each_with_its_own(valkey):
    rng = random.Random(3)
    numbers = iter(range(OPERATIONS))
    told = {"own": 0, "cut": 0, "foreign": [], "failed": 0}
    pipe = Pipe(valkey.url, PATIENT)

    async def work():
        for number in numbers:
            word = f"question-{number}".encode()
            seconds = rng.random() * 0.001 if rng.random() < CUT else PATIENT
            try:
                async with asyncio.timeout(seconds):
                    answer = await pipe.run(ECHO, (word,), (word,))
            except TimeoutError:
                told["cut"] += 1
            except SharedStateLost:
                told["failed"] += 1
            else:
                told["own"] += answer == [word, word]
                told["foreign"] += [] if answer == [word, word] else [(word, answer)]

    with valkey.client() as client:
        before = client.info("stats")["total_connections_received"]
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        connections = client.info("stats")["total_connections_received"] - before
    await pipe.aclose()
    assert told["foreign"] == []
    assert told["cut"] > 20
    assert told["failed"] == 0
    assert told["own"] + told["cut"] == OPERATIONS
    assert connections == 1
