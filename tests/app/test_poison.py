"""A message that nobody can work on is reported, once, and holds nothing up."""

import asyncio
from pathlib import Path

from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient

from localhost.stack import HostProcess
from shared.operations.engine import QUEUE
from tests.support.api import api_of
from tests.support.deployed import Deployed, Emulator

ALONE = True
"""The queues are read."""

NONSENSE = (
    '{"service": "nobody",\n "forged": "line"',
    "",
    "[1, 2]",
    '{"service": "nobody"}',
    "\u202e\x1b[31m" + "x" * 40_000,
)
"""What somebody else may put into the queue: no JSON, no object, no operation, much of it."""

_MOST_LOOKS = 1200
"""A tenth of a second each: five tries of each message, on a machine that does much else."""


def poisoned(host: HostProcess) -> list[str]:
    """What the log says of messages that were set aside."""
    return [line for line in host.log.read_text().splitlines() if "OperationPoisoned" in line]


async def test_a_message_that_names_no_operation(emulator: Emulator, tmp_path: Path) -> None:
    quick = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00.2"}
    deployed = Deployed.new(emulator, tmp_path, **quick)
    host = deployed.host()
    host.start()
    try:
        async with api_of(host.base_url, host.keys.host) as api:
            name = await api.service()
            await api.backup(name)
            async with QueueClient.from_connection_string(
                deployed.state, QUEUE, message_encode_policy=TextBase64EncodePolicy()
            ) as queue:
                for nonsense in NONSENSE:
                    await queue.send_message(nonsense)
            for _ in range(_MOST_LOOKS):
                if len(poisoned(host)) >= len(NONSENSE):
                    break
                await asyncio.sleep(0.1)
            await api.backup(name)
    finally:
        host.stop()
    said = poisoned(host)
    assert len(said) == len(NONSENSE), "each once, and on one line, whatever it holds"
    assert any('"forged": "line"' in line for line in said)
    assert max(map(len, said)) < 2000, "cut short"
