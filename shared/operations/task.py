"""The interface between the engine and the kinds of operations: backup, restore, delete."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.model.operation import Operation, OperationError, OperationStatus, Progress, Warning
from shared.model.wire import JsonObject
from shared.storage.fence import Canceled


@dataclass(frozen=True)
class Outcome:
    """How an operation ended."""

    status: OperationStatus = OperationStatus.SUCCEEDED
    result: JsonObject = field(default_factory=dict)
    warnings: Sequence[Warning] = ()
    error: OperationError | None = None
    """Set for an end that is not a success but has a result: a verify that found faults."""
    settle: Callable[[Operation], Awaitable[None]] | None = None
    """As ``Work.settle``, by what this attempt has in memory; None where it knows no more than
    storage does."""


@dataclass
class Task:
    """One attempt at an operation."""

    operation: Operation
    is_cancel_requested: Callable[[], bool] = lambda: False
    progress: Progress = field(default_factory=lambda: Progress(stage="starting"))

    def report(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Report progress; it is written with the next renewal of the lease."""
        self.progress = Progress(stage=stage, done=done, total=total)

    async def checkpoint(self) -> None:
        """Between two steps: let other tasks run, and stop if the caller asked to cancel.

        :raises Canceled: where the caller asked to cancel.
        """
        await asyncio.sleep(0)
        if self.is_cancel_requested():
            raise Canceled


class Work(Protocol):
    """How one kind of operation is done. Every step is idempotent."""

    exclusive: bool
    """Whether it takes the lock of the service's long operations."""

    async def run(self, task: Task) -> Outcome:
        """Do the operation, or continue from where an earlier attempt stopped.

        :raises Problem: it cannot succeed, however often it is retried.
        :raises Exception: this attempt failed; another one may succeed.
        """
        ...

    async def settle(self, operation: Operation) -> None:
        """Do what follows the end: before its record is written where the work reached the end
        itself, behind it otherwise. Idempotent: it is called again after a crash."""
        ...

    async def committed(self, operation: Operation) -> Outcome | None:
        """The outcome of an operation that is past its point of no return, None before it.

        Called before an operation would end Failed or Canceled: finished work is never reported as
        a failure.
        """
        ...
