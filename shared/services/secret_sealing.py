"""Sealing secrets that were stored in the clear, before a rule or a setting recognised them.

Each artifact is written like any other change of its service; its document stays the same. So do
sessions of an integration account, each written on the condition that nobody else did. Backups
that were made before are not changed.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.model.artifact import Artifact
from shared.model.operation import NO_SERVICE, Operation, OperationName, OperationStatus, Warning
from shared.model.problem import Code, Problem
from shared.model.sections import SECTIONS, Section
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.operations.engine import Engine
from shared.operations.start import Start
from shared.operations.task import Outcome, Task, Work
from shared.rules.documents import holds_open_secret
from shared.sealing.key_ring import KeyRing
from shared.services.configuration_changes import ConfigurationChanges
from shared.services.documents import sealed_at_rest
from shared.services.sessions import has_open_secret, opened_session, sealed_session
from shared.state.artifact_rows import read_artifact, section_of, written_record
from shared.state.configuration import Configuration, Head
from shared.state.edits import Edit, Put, transactions
from shared.state.operations import OperationRow
from shared.state.services import Directory, Listed
from shared.state.sessions import Sessions, session_of
from shared.storage.tables import RowChanged

_TOLD = 100
"""The most services that the operation names because they failed."""

_TRIES = 30
"""Tries for a service whose configuration a backup holds, which lasts a minute at most."""

_GONE = frozenset({Code.SERVICE_NOT_FOUND, Code.OPERATION_NOT_ALLOWED})
"""Problems that are ignored: a service that is deleted has nothing to seal, and one that is being
restored is written sealed."""


class SecretSealing:
    """Starts the sealing of all services."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def start(self, caller: str, operation_id: str | None) -> OperationRow:
        """Start a run over all services.

        :raises Problem: OperationInProgress while another operation over all services is in
            progress; OperationIdInUse.
        """
        return await self._engine.start(
            Start(OperationName.SEAL_SECRETS, NO_SERVICE, caller, "http", {}, operation_id)
        )


@dataclass
class _Count:
    services: int = 0
    artifacts: int = 0
    sealed: int = 0
    failed: int = 0


class SealingWork(Work):
    """The work of SealSecrets. Artifacts whose secrets are sealed already are not changed."""

    exclusive = True

    def __init__(
        self,
        directory: Directory,
        configuration: Configuration,
        changes: ConfigurationChanges,
        sessions: Sessions,
        keys: KeyRing,
    ) -> None:
        self._directory = directory
        self._configuration = configuration
        self._changes = changes
        self._sessions = sessions
        self._keys = keys

    async def run(self, task: Task) -> Outcome:
        """Seal secrets in all services. If this fails in one of them, it is reported in the
        warnings, and the others are done.

        :raises Problem: KeyVaultUnavailable.
        """
        count = _Count()
        warnings: list[Warning] = []
        async for page in self._directory.pages():
            for listed in page:
                count.services += 1
                try:
                    await self._seal(task, listed.service, count)
                except Problem as problem:
                    if problem.code in _GONE:
                        continue
                    if problem.code is Code.KEY_VAULT_UNAVAILABLE:
                        raise
                    count.failed += 1
                    warning = Warning(
                        code=problem.code, message=problem.message, target=listed.service.name
                    )
                    warnings += [warning] if len(warnings) < _TOLD else []
        status = OperationStatus.PARTIALLY_SUCCEEDED if count.failed else OperationStatus.SUCCEEDED
        result: JsonObject = {
            "services": count.services,
            "artifacts": count.artifacts,
            "sealed": count.sealed,
            "failed": count.failed,
        }
        return Outcome(status, result, warnings)

    async def _seal(self, task: Task, service: Service, count: _Count) -> None:
        async for artifacts in self._open_ones(task, service, count):
            for group in transactions(Put(one, new=False) for one in artifacts):
                names = [(put.artifact.section, put.artifact.name) for put in group]
                count.sealed += await self._write(task, service, names)
        await self._seal_sessions(task, service, count)

    async def _seal_sessions(self, task: Task, service: Service, count: _Count) -> None:
        """Seal secrets in sessions. One that is written meanwhile is sealed by who writes it."""
        async for page in self._sessions.rows(service.id):
            await task.checkpoint()
            for row in page:
                session = session_of(row)
                if not has_open_secret(session):
                    continue
                key = await self._keys.data_key(service.id)
                sealed = sealed_session(key, opened_session(key, session))
                with suppress(RowChanged):
                    await self._sessions.replace(service.id, sealed, row.etag)
                    count.sealed += 1

    async def _open_ones(
        self, task: Task, service: Service, count: _Count
    ) -> AsyncIterator[list[Artifact]]:
        """The artifacts with secrets in the clear, a page at a time."""
        async for page in self._configuration.rows(service.id):
            await task.checkpoint()
            count.artifacts += len(page)
            task.report("artifacts", count.artifacts)
            # A section that only a newer version knows is left as it is, for that version.
            known = (row for row in page if section_of(row) in SECTIONS)
            read = (read_artifact(row) for row in known if written_record(row) is None)
            found = [one for one in read if holds_open_secret(one.section, one.document)]
            if found:
                yield found

    async def _write(
        self, task: Task, service: Service, names: Sequence[tuple[Section, str]]
    ) -> int:
        """Read artifacts again and seal them; return how many had to be sealed."""
        key = await self._keys.data_key(service.id)

        async def edit(_listed: Listed, _head: Head) -> tuple[list[Edit], int]:
            found = await asyncio.gather(
                *(
                    self._configuration.artifact(service.id, section, name)
                    for section, name in names
                )
            )
            edits: list[Edit] = []
            for one in found:
                if one is None or not holds_open_secret(one.value.section, one.value.document):
                    continue
                artifact = one.value
                sealed = sealed_at_rest(key, artifact.section, artifact.name, artifact.document)
                edits.append(Put(artifact.model_copy(update={"document": sealed}), new=False))
            return edits, len(edits)

        for attempt in range(1, _TRIES + 1):
            try:
                return (await self._changes.make(service, edit))[0]
            except Problem as problem:
                if problem.code is not Code.CONFIGURATION_HELD or attempt == _TRIES:
                    raise
                await task.checkpoint()
                await asyncio.sleep(problem.retry_after_seconds or 1)
        raise AssertionError  # unreachable: the last try returned or raised

    async def committed(self, operation: Operation) -> Outcome | None:  # noqa: ARG002
        """None: each artifact is sealed by itself, and an interrupted run begins again."""
        return None

    async def settle(self, operation: Operation) -> None:
        """Does nothing."""
