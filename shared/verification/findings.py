"""The faults that a verify found."""

from dataclasses import dataclass, field

from shared.model.operation import OperationError
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject

_MOST = 100
"""Faults that are named; the others are counted."""

_REMEMBERED = 10_000
"""Blobs that are remembered so that each counts once; if more are faulty, some count twice."""

_OF_A_BLOB = frozenset({Code.BLOB_MISSING, Code.BLOB_CORRUPT})

FAULTS = frozenset(
    {
        Code.BACKUP_NOT_FOUND,
        Code.BLOB_MISSING,
        Code.BLOB_CORRUPT,
        Code.DESCRIPTOR_FORGED,
        Code.DANGLING_REFERENCE,
    }
)
"""Problems that mean that a backup is damaged. An unavailable key or storage is not one of them,
and neither is a backup that a newer version wrote."""


@dataclass
class Findings:
    """Collects faults."""

    count: int = 0
    named: list[OperationError] = field(default_factory=list)
    _blobs: set[tuple[str, str]] = field(default_factory=set)

    def add(self, problem: Problem) -> None:
        """Add a fault.

        :raises Problem: the same problem, if it is not a fault of the backup.
        """
        if problem.code not in FAULTS:
            raise problem
        if problem.code in _OF_A_BLOB and problem.target:
            # A fault that was found in the list is met again when the blob is read.
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
        """The faults that are named one by one."""
        return [fault.to_json() for fault in self.named]
