"""Two host processes over one storage, some of them killed: no number twice.

`make test` asks for a thousand single numbers; `make numbers` (ALLOCATIONS=10000) for ten thousand.
"""

import asyncio
import os
import time
from collections import Counter as Tally
from contextlib import AsyncExitStack

import aiohttp
import pytest

from localhost.stack import HostProcess
from tests.support.api import Api, api_of
from tests.support.deployed import Deployed

ALONE = True
"""Hosts are killed."""

CLIENTS = 32
ALLOCATIONS = int(os.environ.get("ALLOCATIONS", "250"))
"""Requests for one number each; ``make numbers`` sends 10,000."""

NUMBERS = 10 * ALLOCATIONS


async def test_thousands_of_numbers_through_two_hosts_none_twice(
    api: Api, host: HostProcess, deployed: Deployed
) -> None:
    service = await api.service()
    await api.agreement(service, "A")
    path = f"services/{service}/control-numbers/A/allocate"
    other = deployed.host()
    other.start()
    issued: list[int] = []

    async def client(one: Api) -> None:
        while len(issued) < NUMBERS:
            body = {"kind": "interchange", "count": 5}
            reply = await one.post(path, body)
            assert reply.status == 200, reply.body
            issued.extend(number["value"] for number in reply.body["numbers"])

    try:
        async with AsyncExitStack() as stack:
            clients = [api]
            url, key = other.base_url, other.keys.host
            clients.append(await stack.enter_async_context(api_of(url, key)))
            await asyncio.gather(*(client(clients[n % 2]) for n in range(CLIENTS)))
    finally:
        other.stop()
    assert len(issued) >= NUMBERS
    assert [n for n, times in Tally(issued).items() if times > 1] == []
    assert max(issued) == len(issued), "nothing was lost on the way: no gap without a fault"


@pytest.mark.timeout(3000)
async def test_single_numbers_through_two_hosts_none_twice(
    api: Api, host: HostProcess, deployed: Deployed
) -> None:
    service = await api.service()
    await api.agreement(service, "A")
    other = deployed.host()
    other.start()
    issued: list[int] = []
    asked = 0

    async def client(one: Api) -> None:
        nonlocal asked
        while asked < ALLOCATIONS:
            asked += 1
            issued.append(await one.allocate(service, "A"))

    try:
        async with api_of(other.base_url, other.keys.host) as second:
            began = time.perf_counter()
            await asyncio.gather(*(client((api, second)[n % 2]) for n in range(CLIENTS)))
            took = time.perf_counter() - began
    finally:
        other.stop()
    print(f"{ALLOCATIONS} numbers, one a request, {CLIENTS} clients, two hosts: {took:.1f} s")
    assert sorted(issued) == list(range(1, ALLOCATIONS + 1)), "each once, without a gap"


async def test_a_host_that_is_killed_repeats_no_number(
    api: Api, host: HostProcess, deployed: Deployed
) -> None:
    service = await api.service()
    await api.agreement(service, "A")
    path = f"services/{service}/control-numbers/A/allocate"
    issued: list[int] = []

    async def client(one: Api, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                reply = await one.post(path, {"kind": "interchange"})
            except aiohttp.ClientError:
                return  # its host was killed
            if reply.status == 200:
                issued.append(reply.body["numbers"][0]["value"])

    for _ in range(2):
        victim = deployed.host()
        victim.start()
        stop = asyncio.Event()
        async with api_of(victim.base_url, victim.keys.host) as doomed:
            clients = [client(one, stop) for one in (api, doomed) for _ in range(8)]
            work = asyncio.gather(*clients)
            await asyncio.sleep(1)
            victim.kill()
            await asyncio.sleep(0.5)
            stop.set()
            await work
    assert len(issued) > 50
    assert len(set(issued)) == len(issued)
