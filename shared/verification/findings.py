"""What a verify found wrong: all of it, up to a number."""

from dataclasses import dataclass, field

from shared.model.operation import OperationError
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject

_MOST = 100
"""Faults that are named; the others are counted."""

_REMEMBERED = 10_000
"""Blobs that are counted once; of a backup that lacks more, some count twice."""

_OF_A_BLOB = frozenset({Code.BLOB_MISSING, Code.BLOB_CORRUPT})

FAULTS = frozenset(
    {
        Code.BACKUP_NOT_FOUND,
        Code.BLOB_MISSING,
        Code.BLOB_CORRUPT,
        Code.DESCRIPTOR_FORGED,
        Code.FORMAT_UNKNOWN,
        Code.DANGLING_REFERENCE,
    }
)
"""What says that a backup is bad. A key that is not at hand, or storage that is away, does not."""


@dataclass
class Findings:
    """Collects faults."""

    count: int = 0
    named: list[OperationError] = field(default_factory=list)
    _blobs: set[tuple[str, str]] = field(default_factory=set)

    def add(self, problem: Problem) -> None:
        """Note a fault.

        :raises Problem: the same, where it is none of the backup's.
        """
        if problem.code not in FAULTS:
            raise problem
        if problem.code in _OF_A_BLOB and problem.target:
            # What the list showed, reading it meets again.
            if (problem.code, problem.target) in self._blobs:
                return
            if len(self._blobs) < _REMEMBERED:
                self._blobs.add((problem.code, problem.target))
        self.count += 1
        if len(self.named) < _MOST:
            self.named.append(
                OperationError(code=problem.code, message=problem.message, target=problem.target)
            )

    def to_json(self) -> list[JsonObject]:
        """The faults that are named."""
        return [fault.to_json() for fault in self.named]
