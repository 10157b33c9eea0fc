"""Waiting where ARM throttles, and asking again where it is not known what became of a write.

A push of thousands of artifacts goes on at the account's rate. A write whose answer was lost is
never sent again blindly: somebody may have written meanwhile.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.arm.refusals import ArmRefused, Meaning
from shared.operations.failures import LONGEST_WAIT_SECONDS
from shared.operations.task import Task

Answer = TypeVar("Answer")

_LEAST_SECONDS = 1
_PAUSES = (0.5, 2.0, 5.0, 10.0)
"""Seconds before what is there is looked at again."""

UNKNOWN = frozenset({Meaning.UNAVAILABLE, Meaning.UNCLEAR})
"""What does not say whether a write was carried out."""

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
            seconds = max(math.ceil(refused.retry_after), _LEAST_SECONDS)
        log.info("%s: ARM asked to wait for %d s", task.operation.id, seconds)
        await pause(task, seconds)


class Unsure(Exception):
    """It is not known whether a write was carried out, or the resource is no more the version that
    it was to have: what is there tells.

    :param refused: what ARM answered.
    """

    def __init__(self, refused: ArmRefused) -> None:
        super().__init__(str(refused))
        self.refused = refused


async def sent(write: Awaitable[Answer]) -> Answer:
    """The answer to a write that is sent once.

    :raises Unsure: where what is there must tell.
    :raises ArmRefused: what ARM refused.
    """
    try:
        return await write
    except ArmRefused as refused:
        if refused.meaning in UNKNOWN or refused.meaning is Meaning.CHANGED:
            raise Unsure(refused) from refused
        raise


async def carefully(task: Task, compare_and_write: Callable[[], Awaitable[Answer]]) -> Answer:
    """Compare and write, and again after a wait where it is not known what became of the write.

    :param compare_and_write: looks at what is there before it writes, by ``sent``.
    :raises ArmRefused: what ARM refuses; what it answered last, where it stays unknown.
    :raises Canceled: where the caller asked to cancel.
    """
    for seconds in _PAUSES:
        try:
            return await patiently(task, compare_and_write)
        except Unsure as unsure:
            wait = max(seconds, unsure.refused.retry_after)
        await pause(task, wait)
    try:
        return await patiently(task, compare_and_write)
    except Unsure as unsure:
        raise unsure.refused from unsure


async def pause(task: Task, seconds: float) -> None:
    """Wait, and heed cancel meanwhile."""
    left = min(seconds, LONGEST_WAIT_SECONDS)
    while left > 0:
        await task.checkpoint()
        await asyncio.sleep(min(left, 1))
        left -= 1
