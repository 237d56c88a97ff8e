"""A storm of cut commands on the library's connections to Redis: nobody reads the answer to another's question.

The connections are those of the shared budgets. A library once handed the answer of a cancelled command
to the next one (CVE-2023-28858).
"""

import asyncio
import random

from redis.exceptions import RedisError

from proxy.coordination.redis import RedisCoordination

OPERATIONS = 10_000
AT_ONCE = 64
CUT = 0.2


async def test_ten_thousand_commands_a_fifth_of_them_cut_answer_their_own_question(valkey):
    rng = random.Random(3)
    numbers = iter(range(OPERATIONS))
    told = {"own": 0, "cut": 0, "foreign": [], "failed": 0}
    client = RedisCoordination(valkey.url)._client
    echo = client.register_script("return {KEYS[1], ARGV[1]}")

    async def work():
        for number in numbers:
            word = f"question-{number}".encode()
            seconds = rng.random() * 0.001 if rng.random() < CUT else 30.0
            try:
                async with asyncio.timeout(seconds):
                    answer = await (echo([word], [word]) if number % 2 else client.echo(word))
            except TimeoutError:
                told["cut"] += 1
            except RedisError:
                told["failed"] += 1
            else:
                own = answer in (word, [word, word])
                told["own"] += own
                told["foreign"] += [] if own else [(word, answer)]

    try:
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    finally:
        await client.aclose()
    assert told["foreign"] == []
    assert told["cut"] > 20
    assert told["failed"] == 0
    assert told["own"] + told["cut"] == OPERATIONS
