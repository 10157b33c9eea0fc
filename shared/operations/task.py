"""What an operation's work is: the seam between the engine and backup, restore, delete."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.model.operation import Operation, OperationError, OperationStatus, Progress, Warning
from shared.model.wire import JsonObject
from shared.storage.fence import Canceled


@dataclass(frozen=True)
class Outcome:
    """How an operation ended well."""

    status: OperationStatus = OperationStatus.SUCCEEDED
    result: JsonObject = field(default_factory=dict)
    warnings: Sequence[Warning] = ()
    error: OperationError | None = None
    """Of an end that is no success and has a result all the same: a verify that found faults."""


@dataclass
class Task:
    """One attempt at an operation."""

    operation: Operation
    is_cancel_requested: Callable[[], bool] = lambda: False
    progress: Progress = field(default_factory=lambda: Progress(stage="starting"))

    def report(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Say how far it has come; written with the next renewal of the lease."""
        self.progress = Progress(stage=stage, done=done, total=total)

    async def checkpoint(self) -> None:
        """A place between two steps: other tasks run, and a cancel request is heard.

        :raises Canceled: where the caller asked for it.
        """
        await asyncio.sleep(0)
        if self.is_cancel_requested():
            raise Canceled


class Work(Protocol):
    """How one kind of operation is done. Every step is repeatable."""

    exclusive: bool
    """Whether it takes the lock of the service's long operations."""

    async def run(self, task: Task) -> Outcome:
        """Do it, or go on where an earlier attempt stopped.

        :raises Problem: it cannot succeed, however often it is tried.
        :raises Exception: this attempt failed; another may not.
        """
        ...

    async def settle(self, operation: Operation) -> None:
        """What follows from the final record; done again after a crash."""
        ...

    async def committed(self, operation: Operation) -> Outcome | None:
        """The outcome of an operation that is past its point of no return, None before it.

        Asked before it would end Failed or Canceled: what is whole is never called a failure.
        """
        ...
