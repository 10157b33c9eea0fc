"""A message that nobody can work on is reported, once, and holds nothing up."""

import asyncio
from pathlib import Path

from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient

from shared.operations.engine import QUEUE
from tests.api import api_of
from tests.deployed import Deployed, Emulator

ALONE = True
"""The queues are read."""


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
                await queue.send_message('{"service": "nobody",\n "forged": "line"')
            for _ in range(300):
                if "OperationPoisoned" in host.log.read_text():
                    break
                await asyncio.sleep(0.1)
            await api.backup(name)
    finally:
        host.stop()
    said = [line for line in host.log.read_text().splitlines() if "OperationPoisoned" in line]
    assert len(said) == 1
    assert '"forged": "line"' in said[0], "on one line, whatever it holds"
