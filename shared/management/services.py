"""Services: create them, change their settings, move them through the state chart."""

from dataclasses import dataclass

from shared.clock import Clock
from shared.management.certificates import with_ssl_facts
from shared.management.changes import require_open
from shared.management.documents import SERVICE, open_document, sealed_document
from shared.management.service_view import ServiceView, service_view
from shared.model.artifact import Section
from shared.model.condition import Condition, unconditional
from shared.model.operation import Operation, OperationName
from shared.model.problem import Code, Problem
from shared.model.service import Service, ServiceSettings, State
from shared.model.wire import JsonObject, rfc3339
from shared.operations.engine import Engine, Start
from shared.operations.immediate import immediately, require_succeeded
from shared.rules.documents import masked
from shared.rules.editions import require_archiving, require_quota, require_units
from shared.rules.naming import default_domain_url, require_service_name, shown
from shared.rules.states import (
    TRANSITIONS,
    ServiceOperation,
    require_allowed,
)
from shared.sealing.key_ring import KeyRing
from shared.settings import Settings
from shared.state.configuration import Configuration, Head, Phase, PutSettings
from shared.state.gateway import RowChanged, RowExists
from shared.state.services import Directory, Listed


@dataclass(frozen=True)
class Asked:
    """Who asks, under which id, and on which condition."""

    caller: str
    trigger: str = "http"
    operation_id: str | None = None
    condition: Condition = unconditional
    """On the version of the service's view."""


class Services:
    """Management operations on services as a whole."""

    def __init__(
        self,
        *,
        directory: Directory,
        configuration: Configuration,
        keys: KeyRing,
        engine: Engine,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._directory = directory
        self._configuration = configuration
        self._keys = keys
        self._engine = engine
        self._clock = clock
        self._settings = settings

    async def require(self, name: str) -> Listed:
        """A service that exists.

        :raises Problem: ServiceNotFound.
        """
        listed = await self._directory.get(name)
        if listed is None:
            raise Problem(
                Code.SERVICE_NOT_FOUND,
                f"There is no service '{shown(name)}'. GET services lists those that there are.",
                target="service",
            )
        return listed

    async def create(self, name: str, wanted: ServiceSettings, asked: Asked) -> Listed:
        """Make a new service, Active.

        :raises Problem: InvalidName, InvalidRequest, StorageAccountUnknown, MaskWithoutValue,
            ServiceExists, and those of its SSL certificate (with_ssl_facts).
        """
        require_service_name(name)
        self._require_possible(wanted)
        service_id = self._clock.new_id()
        key, wrapped = await self._keys.new_key(service_id)
        document = with_ssl_facts(self._document(name, wanted), None, self._clock.now())
        sealed = sealed_document(key, SERVICE, SERVICE, document, None)
        start = Start(
            OperationName.CREATE,
            name,
            asked.caller,
            asked.trigger,
            {"edition": wanted.edition, "unitCount": wanted.unit_count},
            asked.operation_id,
            service_id,
        )

        async def write(operation_id: str) -> None:
            now = self._clock.now()
            service = Service(
                name=name,
                id=service_id,
                edition=wanted.edition,
                unit_count=wanted.unit_count,
                state=State.CREATING,
                created_at=now,
                changed_at=now,
                operations=[operation_id],
            )
            try:
                listed = await self._directory.add(service)
            except RowExists as error:
                raise taken(await self._directory.get(name), name) from error
            await self._configuration.begin(
                service_id,
                phase=Phase.OPEN,
                key=wrapped,
                settings=sealed,
                changed_at=rfc3339(now),
            )
            active = service.model_copy(update={"state": State.ACTIVE})
            await self._directory.change(active, listed.etag)

        await immediately(self._engine, start, write)
        return await self.require(name)

    async def update(self, listed: Listed, wanted: ServiceSettings, asked: Asked) -> Listed:
        """Replace the settings of a service (updateConfiguration).

        :raises Problem: ServiceExists where it has another edition, InvalidRequest,
            OperationNotAllowed, StorageAccountUnknown, MaskWithoutValue, ConditionNotMet,
            ConfigurationHeld, and those of its SSL certificate (with_ssl_facts).
        """
        service = listed.service
        start = Start(
            OperationName.CONFIG_UPDATE,
            service.name,
            asked.caller,
            asked.trigger,
            masked(SERVICE, wanted.to_json()),
            asked.operation_id,
            service.id,
        )
        if await self._repeated(start):
            return await self.require(service.name)
        if wanted.edition is not service.edition:
            raise exists(
                service.name,
                f" with the {service.edition} edition, and the edition of a living service does "
                "not change. Restore a backup of it to a higher one",
            )
        if wanted.unit_count != service.unit_count:
            raise Problem(
                Code.INVALID_REQUEST,
                f"Service '{service.name}' has {service.unit_count} units. Change them with "
                "POST services/{service}/scale.",
                target="/unitCount",
            )
        self._require_possible(wanted)
        require_allowed(service.name, service.state, ServiceOperation.UPDATE_CONFIGURATION)

        async def prepared() -> tuple[Head, JsonObject]:
            head = require_open(service, await self._configuration.head(service.id))
            stored = await self._configuration.settings(service.id)
            if stored is None:
                raise changed_meanwhile(service.name)
            asked.condition(service_view(listed, stored, head).version)
            key = await self._keys.data_key(service.id)
            known = open_document(key, SERVICE, SERVICE, stored.document)
            document = self._document(service.name, wanted)
            document = with_ssl_facts(document, known, self._clock.now())
            return head, sealed_document(key, SERVICE, SERVICE, document, stored.document)

        async def write(operation_id: str) -> None:
            head, sealed = await prepared()
            try:
                edit = PutSettings(sealed, rfc3339(self._clock.now()), operation_id)
                await self._configuration.change(service.id, head, [edit])
            except RowChanged as error:
                raise changed_meanwhile(service.name) from error

        await prepared()  # what can be refused leaves no record in the log
        await immediately(self._engine, start, write)
        return await self.require(service.name)

    async def move(self, listed: Listed, operation: ServiceOperation, asked: Asked) -> Listed:
        """Move a service through the state chart.

        Suspending a suspended service, or any operation that leads where it is, writes nothing.

        :raises Problem: OperationNotAllowed, ConditionNotMet.
        """
        service = listed.service
        name, target = TRANSITIONS[operation]
        start = Start(
            name, service.name, asked.caller, asked.trigger, {}, asked.operation_id, service.id
        )
        if await self._repeated(start):
            return await self.require(service.name)
        await self._require_condition(listed, asked)
        require_allowed(service.name, service.state, operation)
        if service.state is target and operation is ServiceOperation.SUSPEND:
            return listed

        async def write(operation_id: str) -> None:
            moved = service.written_by(operation_id).model_copy(
                update={"state": target, "changed_at": self._clock.now()}
            )
            try:
                await self._directory.change(moved, listed.etag)
            except RowChanged as error:
                raise changed_meanwhile(service.name) from error

        await immediately(self._engine, start, write)
        return await self.require(service.name)

    async def scale(self, listed: Listed, units: int, asked: Asked) -> Listed:
        """Change the number of units. The directory's row says it; the settings follow it.

        :raises Problem: OperationNotAllowed, InvalidRequest for units that the edition does not
            have, QuotaExceeded where fewer units could not hold what there is,
            ConditionNotMet.
        """
        service = listed.service
        start = Start(
            OperationName.SCALE,
            service.name,
            asked.caller,
            asked.trigger,
            {"unitCount": units},
            asked.operation_id,
            service.id,
        )
        if await self._repeated(start):
            return await self.require(service.name)
        await self._require_condition(listed, asked)
        require_allowed(service.name, service.state, ServiceOperation.SCALE)
        require_units(service.edition, units)
        head = await self._configuration.head(service.id)
        for section, used in (head.counts if head else {}).items():
            require_quota(service.name, Section(section), used, service.edition, units)

        async def write(operation_id: str) -> None:
            scaled = service.written_by(operation_id).model_copy(
                update={"unit_count": units, "changed_at": self._clock.now()}
            )
            try:
                await self._directory.change(scaled, listed.etag)
            except RowChanged as error:
                raise changed_meanwhile(service.name) from error

        await immediately(self._engine, start, write)
        return await self.require(service.name)

    async def _repeated(self, start: Start) -> bool:
        """Whether the request was made before under its Operation-Id, and succeeded.

        :raises Problem: what it failed with; OperationIdInUse.
        """
        record = await self._engine.repeated(start)
        if record is None:
            return False
        require_succeeded(record.operation)
        return True

    async def was_written(self, operation: Operation) -> bool:
        """Whether an interrupted immediate operation did its write; if not, it never will.

        :raises RowChanged: somebody writes the service right now; ask again later.
        """
        listed = await self._directory.get(operation.service)
        if listed is None:
            return False
        service = listed.service
        if operation.operation is OperationName.CONFIG_UPDATE:
            settings = await self._configuration.settings(service.id)
            if settings is not None and settings.operation_id == operation.id:
                return True
            head = await self._configuration.head(service.id)
            if head is not None:
                await self._configuration.write_head(service.id, head)
            return False
        if operation.id not in service.operations:
            await self._directory.change(service, listed.etag)
            return False
        if service.state is State.CREATING:
            failed = service.model_copy(update={"state": State.CREATE_FAILED})
            await self._directory.change(failed, listed.etag)
            return False
        return True

    async def view(self, listed: Listed) -> ServiceView:
        """A service as answers show it: settings masked, state, quota use."""
        settings = await self._configuration.settings(listed.service.id)
        head = await self._configuration.head(listed.service.id)
        return service_view(listed, settings, head)

    async def _require_condition(self, listed: Listed, asked: Asked) -> None:
        if asked.condition is not unconditional:
            asked.condition((await self.view(listed)).version)

    def _require_possible(self, wanted: ServiceSettings) -> None:
        require_units(wanted.edition, wanted.unit_count)
        if wanted.archiving_store is not None:
            require_archiving(wanted.edition)
        stores = {
            "archivingStore": wanted.archiving_store,
            "monitoringStore": wanted.monitoring_store,
        }
        for member, store in stores.items():
            alias = store.storage_account if store else None
            if alias is not None and alias not in self._settings.accounts:
                raise Problem(
                    Code.STORAGE_ACCOUNT_UNKNOWN,
                    f"No storage account is registered as '{shown(alias)}'. Registered: "
                    f"{', '.join(sorted(self._settings.accounts))}.",
                    target=f"/{member}/storageAccount",
                )

    def _document(self, name: str, wanted: ServiceSettings) -> JsonObject:
        url = wanted.domain_url or default_domain_url(name, self._settings.service_domain)
        return wanted.model_copy(update={"domain_url": url}).to_json()


def taken(listed: Listed | None, name: str) -> Problem:
    """The name of a service that was to be made is not free, for good or until it is deleted."""
    if listed is not None and listed.service.state is State.DELETING:
        return Problem(
            Code.SERVICE_NAME_UNAVAILABLE,
            f"Service '{name}' is being deleted; its name is free as soon as that completes.",
            target="service",
            retry_after_seconds=5,
        )
    return exists(name)


def exists(name: str, but: str = "") -> Problem:
    """The name belongs to a living service."""
    rest = but or "; its name is free once it is deleted"
    return Problem(
        Code.SERVICE_EXISTS, f"Service '{name}' exists{rest}. Nothing was changed.", "service"
    )


def changed_meanwhile(name: str) -> Problem:
    """Somebody else changed the service between reading and writing it."""
    return Problem(
        Code.CONDITION_NOT_MET,
        f"Service '{name}' was changed by somebody else at the same moment. Read it again and "
        "repeat.",
        target="service",
    )
