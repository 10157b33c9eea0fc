"""The backup of an account before it is written to: what a push is undone with.

The account is pulled into a hidden service, in the tables that no list shows, and that service is
backed up as any other. The backup is in the history of the service that is pushed, and pinned.
"""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from shared.backups.archive.opened import OpenBackup
from shared.backups.making.backup_work import BackupWork
from shared.backups.making.ending import BackupEnding
from shared.backups.making.stores import BackupStores
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer
from shared.clock import Clock
from shared.integration_accounts.pulling.pull import Puller
from shared.integration_accounts.pulling.stores import PullStores
from shared.integration_accounts.pushing.target import Target
from shared.model.backup import Backup, BackupStatus
from shared.model.link import AccountProperties, Link
from shared.model.operation import Operation, OperationStatus, Warning
from shared.model.problem import Code, Problem
from shared.model.pull import PullOutcome
from shared.model.service import Edition, Service, ServiceSettings, State
from shared.model.wire import JsonObject, rfc3339
from shared.operations.task import Task
from shared.rules.naming import default_domain_url, service_key
from shared.sealing.provider import KeyProvider
from shared.services.cut import ServiceSource, ServiceStores
from shared.state.configuration import Phase
from shared.state.history import History
from shared.state.links import Links
from shared.state.schedules import Schedules
from shared.storage.tables import RowExists
from shared.storage.versioned import Versioned, optimistic

_LONGEST_CONTAINER = 63
_MIDDLE = "-before-"
_UNFIT = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME, _DIGITS = 20, 8
_CONTAINER_DIGITS = 32
_NAMED = 5
"""Items that a refused push names, of those that its backup lacks."""


@dataclass(frozen=True)
class Hidden:
    """The stores of hidden services: separate tables, which no list shows."""

    pull: PullStores
    service: ServiceStores
    links: Links


@dataclass
class _Within(Task):
    """The attempt as one of the hidden service: what it reports shows on the push."""

    outer: Task = field(kw_only=True)

    def report(self, stage: str, done: int = 0, total: int = 0) -> None:
        self.outer.report(stage, done, total)


class _Entered:
    """The history as the backup's work sees it: what it enters for the hidden service is the
    pushing service's, and pinned while it is there.

    :param hidden: that service, which was made when the backup began; None where nothing is added.
    """

    def __init__(self, history: History, service: Service, hidden: Service | None) -> None:
        self._history = history
        self._service = service
        self._hidden = hidden

    async def get(self, _service: str, name: str) -> Versioned[Backup] | None:
        """As ``History.get``."""
        return await self._history.get(self._service.name, name)

    async def add(self, backup: Backup) -> Versioned[Backup]:
        """As ``History.add``."""
        update: dict[str, object] = {"service": self._service.name, "pinned": True}
        if self._hidden is not None:
            update["started_at"] = self._hidden.created_at
        return await self._history.add(backup.model_copy(update=update))

    async def change(self, backup: Backup, etag: str) -> str:
        """As ``History.change``."""
        kept = backup.status.is_held() or backup.status is BackupStatus.RUNNING
        pinned = backup.model_copy(update={"pinned": kept})
        return await self._history.change(pinned, etag)


@dataclass(frozen=True)
class Made:
    """A backup of an account that was made before it is written to."""

    told: JsonObject = field(repr=False)
    """Which backup it is, as the result of the push has it."""
    warnings: list[Warning]
    """What it has not as the account has it."""


@dataclass(frozen=True)
class Safety:
    """Backs accounts up before they are written to."""

    hidden: Hidden
    backups: Callable[[], BackupStores]
    """The stores of backups."""
    history: History
    accounts: Accounts
    schedules: Schedules
    clock: Clock
    domain: str
    """The domain of services' default addresses."""

    async def made(self, task: Task, service: Service, target: Target) -> Made:
        """Back the account up, or complete what an earlier attempt began. What the push touches is
        to be looked for in it: see ``Undo``.

        :raises Problem: as a pull and a backup; StorageAccountUnknown where no account for backups
            is registered.
        """
        task = await self._task(task, service)
        hidden = await self._service(task.operation, service, target)
        task.report("backing up the account")
        work = BackupWork(self._stores(service, hidden))
        outcome = await work.run(task)
        ended = _final(task.operation, outcome.status, outcome.result, self.clock)
        ended = ended.model_copy(update={"warnings": list(outcome.warnings)})
        await (outcome.settle or work.settle)(ended)
        await self._clear(hidden)
        warnings = [of_safety(one) for one in outcome.warnings]
        if outcome.status is not OperationStatus.SUCCEEDED:
            warnings.insert(0, _partial(outcome.result))
        told: JsonObject = {
            "backup": outcome.result["backup"],
            "storageAccount": task.operation.parameters["storageAccount"],
            "container": task.operation.parameters["name"],
        }
        return Made(told, warnings)

    async def opened(self, made: Made) -> tuple[OpenBackup, KeyProvider]:
        """The backup that was made, and what opens its secrets.

        :raises Problem: BackupNotFound, FormatUnknown, DescriptorForged, KeyUnavailable.
        """
        provider = self.backups().provider
        account = self.accounts.require(str(made.told["storageAccount"]), "")
        container = BackupContainer(account, str(made.told["container"]))
        return await OpenBackup.read(container, provider), provider

    async def end(self, operation: Operation, service: Service) -> None:
        """Take back what an operation that ended began: a backup that is not complete, and the
        hidden service. A backup that its result does not name, as nothing was written to the
        account after it, stays as any other, without a pin. Idempotent."""
        hidden = await self._found(operation)
        entry = await self.history.get(service.name, container_of(service.name, operation.id))
        if entry is not None and entry.value.status is BackupStatus.RUNNING:
            inner = self._inner(operation, service, entry.value.storage_account)
            made = await BackupWork(self._stores(service)).committed(inner)
            if made is not None:
                ended = _final(inner, made.status, made.result, self.clock)
            else:
                status = _FAILED.get(operation.status, operation.status)
                ended = _final(inner, status, {}, self.clock)
                ended = ended.model_copy(update={"error": operation.error})
            await BackupEnding(self._stores(service)).settle(ended)
        if "safetyBackup" not in (operation.result or {}):
            await self._unpin(operation, service)
        if hidden is not None:
            await self._clear(hidden)

    @optimistic
    async def _unpin(self, operation: Operation, service: Service) -> None:
        entry = await self.history.get(service.name, container_of(service.name, operation.id))
        if entry is not None and entry.value.status.is_held() and entry.value.pinned:
            unpinned = entry.value.model_copy(update={"pinned": False})
            await self.history.change(unpinned, entry.etag)

    async def _task(self, task: Task, service: Service) -> Task:
        operation = task.operation
        entry = await self.history.get(service.name, container_of(service.name, operation.id))
        if entry is not None:
            alias = entry.value.storage_account
        else:
            alias = await self._alias(service)
        inner = self._inner(operation, service, alias)
        return _Within(inner, task.is_cancel_requested, outer=task)

    def _inner(self, operation: Operation, service: Service, alias: str) -> Operation:
        """The push's operation as one of the hidden service."""
        parameters: JsonObject = {
            "name": container_of(service.name, operation.id),
            "storageAccount": alias,
        }
        update = {
            "service": _name(operation),
            "service_id": _service_id(operation),
            "parameters": parameters,
        }
        return operation.model_copy(update=update)

    async def _alias(self, service: Service) -> str:
        """Where the backup goes: where the service's scheduled backups go, or its latest one; the
        first registered account where it has none."""
        schedule = await self.schedules.get(service.name)
        wanted = [schedule.value.plan.storage_account] if schedule and schedule.value.plan else []
        async for page in self.history.pages(service.name, size=1):
            wanted += [one.storage_account for one in page]
            break
        for alias in [*wanted, *self.accounts.aliases]:
            if alias in self.accounts.aliases:
                return alias
        raise Problem(
            Code.STORAGE_ACCOUNT_UNKNOWN,
            "The account holds something, and is backed up before it is written to: no storage "
            "account is registered for that. The app setting STORAGE_ACCOUNTS lists them.",
        )

    async def _service(self, operation: Operation, service: Service, target: Target) -> Service:
        """The hidden service, made now or by an earlier attempt."""
        hidden, now = self.hidden, self.clock.now()
        properties = AccountProperties(sku=target.sku, location=target.location)
        facts = properties.facts(target.resource_id, linked=True)
        made = Service(
            name=operation.service,
            id=str(operation.service_id),
            edition=service.edition if service.edition is not Edition.FREE else Edition.BASIC,
            unit_count=1,
            state=State.ACTIVE,
            created_at=now,
            changed_at=now,
            operations=[operation.id],
            # Whoever restores the backup knows by it when the account was looked at.
            integration_account=facts.model_copy(update={"seen_at": now}),
        )
        stores = hidden.pull
        if await stores.configuration.head(made.id) is None:
            _, wrapped = await stores.keys.new_key(made.id)
            with suppress(RowExists):
                await stores.configuration.begin(
                    made.id,
                    phase=Phase.OPEN,
                    key=wrapped,
                    settings=self._settings(made, target),
                    changed_at=rfc3339(now),
                )
        with suppress(RowExists):
            link = Link(
                service=made.name,
                service_id=made.id,
                resource_id=target.resource_id,
                linked_at=now,
                linked_by=operation.caller,
            )
            await hidden.links.put(link, None)
        try:
            return (await stores.directory.add(made)).service
        except RowExists:
            listed = await stores.directory.get(made.name)
            assert listed is not None, "it is this operation's alone"
            return listed.service

    def _settings(self, made: Service, target: Target) -> JsonObject:
        """The settings of a service as it would be created."""
        return ServiceSettings(
            edition=made.edition,
            unit_count=made.unit_count,
            region=target.location or None,
            domain_url=default_domain_url(made.name, self.domain),
        ).to_json()

    async def _found(self, operation: Operation) -> Service | None:
        listed = await self.hidden.pull.directory.get(_name(operation))
        return listed.service if listed is not None else None

    def _stores(self, service: Service, made: Service | None = None) -> BackupStores:
        """What the backup's work reads and writes.

        :param made: the hidden service, where a backup begins.
        """
        hidden, puller = self.hidden, Puller(self.hidden.pull)

        async def pull(task: Task, found: Service) -> PullOutcome:
            # Each attempt pulls what the account holds now.
            update = {"id": f"{task.operation.id}.{task.operation.attempt}"}
            again = replace(task, operation=task.operation.model_copy(update=update))
            return await puller.pull(again, found, accept_removals=True)

        return replace(
            self.backups(),
            directory=hidden.pull.directory,
            history=_Entered(self.history, service, made),  # type: ignore[arg-type]
            source=lambda found: ServiceSource(hidden.service, found, hidden.pull.directory),
            pull=pull,
            as_pulled=puller.as_it_is,
            complete_pull=puller.complete,
            pulled_before=puller.completed,
        )

    async def _clear(self, service: Service) -> None:
        """Delete the hidden service; does nothing for what is deleted already."""
        stores, hidden = self.hidden.pull, self.hidden
        await stores.received.drop_all(service.id)
        await stores.sessions.drop_all(service.id)
        await stores.batches.drop_all(service.id)
        await stores.drift.drop_all(service.id)
        await stores.content.drop(service.id)
        async for keys in stores.configuration.keys(service.id):
            await stores.configuration.drop(service.id, keys)
        await stores.ledger.drop_all(service.name)
        link = await hidden.links.get(service.name)
        if link is not None:
            await hidden.links.remove(link)
        listed = await stores.directory.get(service.name)
        if listed is not None:
            await stores.directory.remove(listed)


def of_safety(warning: Warning) -> Warning:
    """A warning of the backup, as one of the push."""
    message = f"Of the backup that the account has from before: {warning.message}"
    return warning.model_copy(update={"message": message})


def _partial(result: JsonObject) -> Warning:
    failures = result.get("failures")
    names = [
        f"{one['section']}/{one['name']}"
        for one in (failures if isinstance(failures, list) else [])
        if isinstance(one, dict)
    ]
    return Warning(
        code="SafetyBackupPartial",
        message=f"The backup that the account has from before lacks {result.get('failedItems')} "
        f"items or their content ({', '.join(names[:_NAMED])}): this push touches none of them. A "
        "restore of that backup takes acceptPartial.",
        target=str(result.get("backup")),
    )


_FAILED = {
    OperationStatus.SUCCEEDED: OperationStatus.FAILED,
    OperationStatus.PARTIALLY_SUCCEEDED: OperationStatus.FAILED,
}


def _final(
    operation: Operation, status: OperationStatus, result: JsonObject, clock: Clock
) -> Operation:
    update = {"status": status, "completed_at": clock.now(), "result": result}
    return operation.model_copy(update=update)


def container_of(service: str, operation_id: str) -> str:
    """The container, and the name, of the backup that a push makes of its account first."""
    room = _LONGEST_CONTAINER - _CONTAINER_DIGITS - len(_MIDDLE)
    key = _plain(service_key(service))[:room].strip("-")
    fits = re.fullmatch(r"[0-9a-f]{32}", operation_id) is not None
    digits = operation_id if fits else hashlib.sha256(operation_id.encode()).hexdigest()[:32]
    return f"{key}{_MIDDLE}{digits}"


def _plain(text: str) -> str:
    return _UNFIT.sub("-", text.lower()).strip("-")


def _digest(operation: Operation) -> str:
    """Ids of operations from callers are unique within a service alone."""
    name = f"{operation.service.lower()}!{operation.id}"
    return hashlib.sha256(name.encode()).hexdigest()


def _name(operation: Operation) -> str:
    return f"before-{_digest(operation)[: _LONGEST_NAME - len('before-') - 1]}"


def _service_id(operation: Operation) -> str:
    return f"push-{_digest(operation)[:32]}"
