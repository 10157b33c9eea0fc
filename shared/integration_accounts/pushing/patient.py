"""Waiting where ARM throttles: a push of thousands of artifacts goes on at the account's rate."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.arm.refusals import ArmRefused, Meaning
from shared.operations.task import Task

Answer = TypeVar("Answer")

_LEAST_SECONDS = 1
_MOST_SECONDS = 3_600
"""ARM counts writes by the hour: it asks for no longer wait than that."""

log = logging.getLogger("interkeep.pushes")


async def patiently(task: Task, ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask ARM, and again after each wait that it asks for. Cancel is honoured while waiting.

    :raises ArmRefused: what it refuses otherwise.
    :raises Canceled: where the caller asked to cancel.
    """
    while True:
        try:
            return await ask()
        except ArmRefused as refused:
            if refused.meaning is not Meaning.BUSY or not refused.retry_after:
                raise
            seconds = min(max(math.ceil(refused.retry_after), _LEAST_SECONDS), _MOST_SECONDS)
        log.info("%s: ARM asked to wait for %d s", task.operation.id, seconds)
        for _ in range(seconds):
            await task.checkpoint()
            await asyncio.sleep(1)
