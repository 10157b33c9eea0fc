"""Key rotation: wrapping every service's data key with the current sealing key.

The data keys themselves do not change, nor does what they sealed. Stored backups are not changed:
each needs the keys that it names, and deep health lists those that are missing.
"""

import asyncio
from dataclasses import dataclass

from shared.model.operation import NO_SERVICE, Operation, OperationName, OperationStatus, Warning
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject, JsonValue
from shared.operations.engine import Engine
from shared.operations.start import Start
from shared.operations.task import Outcome, Task, Work
from shared.sealing.provider import KeyProvider
from shared.state.configuration import Configuration
from shared.state.operations import OperationRow
from shared.state.services import Directory
from shared.storage.versioned import optimistic

_AT_ONCE = 8
"""Data keys that are wrapped concurrently; a vault opens each of them."""

_TOLD = 100
"""The most services that the operation names because their key was not rewrapped."""


class KeyRotation:
    """Starts rotations."""

    def __init__(self, engine: Engine, provider: KeyProvider) -> None:
        self._engine = engine
        self._provider = provider

    async def start(self, caller: str, operation_id: str | None) -> OperationRow:
        """Start a rotation.

        :raises Problem: OperationInProgress while another one is in progress; OperationIdInUse.
        """
        return await self._engine.start(
            Start(
                OperationName.ROTATE_KEYS,
                NO_SERVICE,
                caller,
                "http",
                {"keyId": self._provider.wrapping_key_id},
                operation_id,
            )
        )


@dataclass
class _Count:
    services: int = 0
    wrapped: int = 0
    failed: int = 0


class RotationWork(Work):
    """The work of RotateKeys. What is wrapped with the current key already is not changed."""

    exclusive = True

    def __init__(
        self, directory: Directory, configuration: Configuration, provider: KeyProvider
    ) -> None:
        self._directory = directory
        self._configuration = configuration
        self._provider = provider

    async def run(self, task: Task) -> Outcome:
        """Rewrap all data keys. One that cannot be opened is reported in the warnings, and the
        others are done.

        :raises Problem: KeyUnavailable if the current key itself cannot be used;
            KeyVaultUnavailable.
        """
        self._require_asked(task.operation.parameters.get("keyId"))
        await self._require_usable()
        count = _Count()
        warnings: list[Warning] = []
        async for page in self._directory.pages():
            for start in range(0, len(page), _AT_ONCE):
                services = [listed.service for listed in page[start : start + _AT_ONCE]]
                done = await asyncio.gather(*(self._rewrap(one) for one in services))
                for wrapped in done:
                    count.services += 1
                    count.wrapped += wrapped is True
                    if isinstance(wrapped, Warning):
                        count.failed += 1
                        warnings += [wrapped] if len(warnings) < _TOLD else []
                task.report("data keys", count.services)
                await task.checkpoint()
        status = OperationStatus.PARTIALLY_SUCCEEDED if count.failed else OperationStatus.SUCCEEDED
        result: JsonObject = {
            "keyId": self._provider.wrapping_key_id,
            "services": count.services,
            "wrapped": count.wrapped,
            "failed": count.failed,
        }
        return Outcome(status, result, warnings)

    def _require_asked(self, key_id: JsonValue) -> None:
        """Refuse if this host has not restarted since the settings changed: it would wrap with the
        former key."""
        if key_id != self._provider.wrapping_key_id:
            raise Problem(
                Code.KEY_UNAVAILABLE,
                f"The rotation was started for key '{key_id}', and the settings of the host that "
                f"works on it name '{self._provider.wrapping_key_id}'. Nothing was changed. "
                "Restart the app, so that every host has the same settings, and start it again.",
                target="keyId",
            )

    async def _require_usable(self) -> None:
        """Check that what the current key wraps can be opened again, before a rotation."""
        probe = b"\0" * 32
        if await self._provider.unwrap(await self._provider.wrap(probe)) != probe:
            raise Problem(
                Code.KEY_UNAVAILABLE,
                f"Key '{self._provider.wrapping_key_id}' does not open what it wrapped. Nothing "
                "was changed.",
            )

    @optimistic
    async def _rewrap(self, service: Service) -> bool | Warning:
        """Rewrap a service's key; return whether that was necessary, or a warning if it cannot be
        done."""
        found = await self._configuration.wrapped_key(service.id)
        if found is None or found.value.key_id == self._provider.wrapping_key_id:
            return False
        try:
            wrapped = await self._provider.wrap(await self._provider.unwrap(found.value))
        except Problem as problem:
            if problem.code is not Code.KEY_UNAVAILABLE:
                raise
            return Warning(code=problem.code, message=problem.message, target=service.name)
        await self._configuration.write_key(service.id, wrapped, found.etag)
        return True

    async def committed(self, operation: Operation) -> Outcome | None:  # noqa: ARG002
        """None: each key is rewrapped by itself, and an interrupted rotation begins again."""
        return None

    async def settle(self, operation: Operation) -> None:
        """Does nothing."""
