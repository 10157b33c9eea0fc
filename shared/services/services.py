"""Services: create them, change their settings, move them through the state chart."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from shared.clock import Clock
from shared.model.condition import Condition, unconditional
from shared.model.link import recorded_account
from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.service import Service, ServiceSettings, State
from shared.model.wire import JsonObject, rfc3339
from shared.numbers.claims import end_issuing
from shared.operations.engine import Engine
from shared.operations.immediate import LogEntry, logged, was_done
from shared.operations.start import Start
from shared.rules.documents import masked
from shared.rules.editions import require_archiving, require_units
from shared.rules.holding import require_fitting
from shared.rules.naming import default_domain_url, require_service_name, shown
from shared.rules.problems import account_unknown, changed_meanwhile
from shared.rules.states import (
    MENDED,
    TRANSITIONS,
    ServiceOperation,
    after_success,
    require_allowed,
)
from shared.sealing.data_key import DataKey
from shared.sealing.key_ring import KeyRing
from shared.services.certificates import with_ssl_facts
from shared.services.configuration_changes import ConfigurationChanges
from shared.services.documents import SERVICE, open_document, sealed_document
from shared.services.service_name import exists, require_no_restore, taken
from shared.services.service_view import ServiceView, service_view
from shared.settings.environment import Settings
from shared.state.configuration import Configuration, Head, Phase
from shared.state.control_numbers import Ledger
from shared.state.edits import Edit, PutSettings
from shared.state.services import Directory, Listed
from shared.storage.tables import RowChanged, RowExists
from shared.streams.in_order import two_in_order

_TRIES = 30
"""Attempts of one change. Operations compete for the directory's row of a service, and each of them
fails at times."""

First = Callable[[LogEntry], Awaitable[None]]
"""What a transition does before it writes the state."""


@dataclass(frozen=True)
class Asked:
    """The caller of a request, its Operation-Id, and its condition."""

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
        changes: ConfigurationChanges,
        keys: KeyRing,
        engine: Engine,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._directory = directory
        self._ledger = ledger
        self._configuration = configuration
        self._changes = changes
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

    async def put(
        self, name: str, wanted: ServiceSettings, asked: Asked, *, must_be_new: bool = False
    ) -> tuple[Listed, bool]:
        """Create a service, or replace the settings of an existing one; return whether it was
        created.

        :param must_be_new: refuse to replace.
        :raises Problem: as ``create`` and ``update``.
        """
        listed = await self._directory.get(name)
        key = await self._keys.find(listed.service.id) if asked.operation_id and listed else None
        updating = self._start(OperationName.CONFIG_UPDATE, name, wanted, asked, key)
        creating = self._start(OperationName.CREATE, name, wanted, asked, key)
        done = await was_done(self._engine, updating, creating)
        if done is not None:
            created = done.operation.operation is OperationName.CREATE
            return await self.require(name), created
        if listed is None:
            asked.condition(None)
            return await self.create(name, wanted, asked), True
        if must_be_new:
            raise taken(listed, listed.service.name)
        return await self.update(listed, wanted, asked), False

    async def create(self, name: str, wanted: ServiceSettings, asked: Asked) -> Listed:
        """Create a new service, in the state Active.

        :raises Problem: InvalidName, InvalidRequest, StorageAccountUnknown, MaskWithoutValue,
            ServiceExists, ServiceNameUnavailable, and those of its SSL certificate
            (with_ssl_facts).
        """
        require_service_name(name)
        await require_no_restore(self._engine.records, name)
        self._require_possible(wanted)
        service_id = self._clock.new_id()
        key, wrapped = await self._keys.new_key(service_id)
        document = await with_ssl_facts(self._document(name, wanted), None, self._clock.now())
        sealed = sealed_document(key, SERVICE, SERVICE, document, None)
        start = self._start(OperationName.CREATE, name, wanted, asked, key)
        async with logged(self._engine, replace(start, service_id=service_id)) as entry:
            await entry.open()
            now = self._clock.now()
            service = Service(
                name=name,
                id=service_id,
                edition=wanted.edition,
                unit_count=wanted.unit_count,
                state=State.CREATING,
                created_at=now,
                changed_at=now,
                operations=[entry.id],
            )
            try:
                listed = await self._directory.add(service)
            except RowExists as error:
                raise taken(await self._directory.get(name), name) from error
            try:
                # Before this service was added, recovery may have closed the record because there
                # was no service, or a restore with this name may have been accepted.
                await entry.require_open()
                await require_no_restore(self._engine.records, name)
            except Problem:
                await self._directory.remove(listed)
                raise
            await self._configuration.begin(
                service_id,
                phase=Phase.OPEN,
                key=wrapped,
                settings=sealed,
                changed_at=rfc3339(now),
            )
            active = service.model_copy(update={"state": State.ACTIVE})
            try:
                return await self._directory.change(active, listed.etag)
            except RowChanged as error:
                raise changed_meanwhile(name) from error

    async def update(self, listed: Listed, wanted: ServiceSettings, asked: Asked) -> Listed:
        """Replace the settings of a service (updateConfiguration).

        :raises Problem: ServiceExists if it has another edition, InvalidRequest,
            OperationNotAllowed, StorageAccountUnknown, MaskWithoutValue, ConditionNotMet,
            ConfigurationHeld, and those of its SSL certificate (with_ssl_facts).
        """
        service = listed.service
        # The state is checked first: a service that is being created has no key yet.
        self._require_updatable(service, wanted)
        key = await self._keys.data_key(service.id)
        start = self._start(OperationName.CONFIG_UPDATE, service.name, wanted, asked, key)
        async with logged(self._engine, start.of(service)) as entry:

            async def edit(listed: Listed, head: Head) -> tuple[list[Edit], None]:
                self._require_updatable(listed.service, wanted)
                stored = await self._configuration.settings(service.id)
                if stored is None:
                    raise changed_meanwhile(service.name)
                asked.condition(service_view(listed, stored, head).version)
                known = open_document(key, SERVICE, SERVICE, stored.document)
                document = self._document(service.name, wanted)
                document = await with_ssl_facts(document, known, self._clock.now())
                sealed = sealed_document(key, SERVICE, SERVICE, document, stored.document)
                sealed |= recorded_account(stored.document)
                return [PutSettings(sealed, rfc3339(self._clock.now()), entry.id)], None

            def mended(service: Service) -> Service | None:
                state = after_success(service.state, ServiceOperation.UPDATE_CONFIGURATION)
                changed = service.model_copy(update={"state": state})
                return None if state is service.state else changed

            await self._changes.make(service, edit, entry.open)
            if service.state in MENDED:
                await self.rewrite(listed, unconditional, entry, mended)
        return await self.require(service.name)

    def _require_updatable(self, service: Service, wanted: ServiceSettings) -> None:
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

    def _start(
        self,
        operation: OperationName,
        name: str,
        wanted: ServiceSettings,
        asked: Asked,
        key: DataKey | None,
    ) -> Start:
        """A PUT of settings as an operation of the log.

        :param key: that of the service, None if it has none, or none any more: then secrets are not
            considered when two requests are compared.
        """
        document = wanted.to_json()
        return Start(
            operation,
            name,
            asked.caller,
            asked.trigger,
            masked(SERVICE, document),
            asked.operation_id,
            secrets=key.fingerprint(document) if key else "",
        )

    async def move(
        self, listed: Listed, operation: ServiceOperation, asked: Asked, first: First | None = None
    ) -> Listed:
        """Move a service through the state chart.

        Idempotent: suspending a suspended service writes nothing.

        :param first: called where the chart allows it, before the state is written.
        :raises Problem: OperationNotAllowed, ConditionNotMet, and what ``first`` raises.
        """
        name, target = TRANSITIONS[operation]

        def moved(service: Service) -> Service | None:
            require_allowed(service.name, service.state, operation)
            if service.state is target and operation is ServiceOperation.SUSPEND:
                return None
            return service.model_copy(update={"state": target})

        start = Start(name, "", asked.caller, asked.trigger, {}, asked.operation_id)
        start = start.of(listed.service)
        if await was_done(self._engine, start) is None:
            async with logged(self._engine, start) as entry:
                if first is not None:
                    await self._require_condition(listed, asked.condition)
                    moved(listed.service)
                    await first(entry)
                await self.rewrite(listed, asked.condition, entry, moved)
                await self._changes.settle_writers(listed.service.id)
                if target is not State.ACTIVE:
                    await end_issuing(self._ledger, listed.service)
        elif target is not State.ACTIVE:
            # The recovery of an older version may have closed the record as done without this step.
            await end_issuing(self._ledger, listed.service)
        return await self.require(listed.service.name)

    async def scale(self, listed: Listed, units: int, asked: Asked) -> Listed:
        """Change the number of units, in the directory's row first, then in the settings.

        :raises Problem: OperationNotAllowed, InvalidRequest for units that the edition does not
            have, QuotaExceeded if the units could not hold the present artifacts, ConditionNotMet.
        """

        def scaled(service: Service) -> Service:
            require_allowed(service.name, service.state, ServiceOperation.SCALE)
            require_units(service.edition, units)
            state = after_success(service.state, ServiceOperation.SCALE)
            return service.model_copy(update={"unit_count": units, "state": state})

        before = listed.service
        parameters: JsonObject = {"unitCount": units}
        start = Start(
            OperationName.SCALE, "", asked.caller, asked.trigger, parameters, asked.operation_id
        ).of(before)
        if await was_done(self._engine, start) is not None:
            return await self.require(before.name)
        await self._require_condition(listed, asked.condition)
        head = await self._configuration.head(before.id)
        require_fitting(scaled(before), head.counts if head else {})
        async with logged(self._engine, start) as entry:
            written = await self.rewrite(listed, asked.condition, entry, scaled)
            try:
                # Writers that checked against the former units have written by now, or will check
                # again.
                head = await self._changes.settle_writers(before.id)
                require_fitting(scaled(before), head.counts if head else {})
            except Problem:

                def given_back(found: Service) -> Service:
                    # A deletion may have been accepted since: then its state is kept.
                    unmoved = found.state is written.service.state
                    state = before.state if unmoved else found.state
                    former = {"unit_count": before.unit_count, "state": state}
                    return found.model_copy(update=former)

                await self.rewrite(written, unconditional, entry, given_back)
                raise
        return await self.require(before.name)

    async def rewrite(
        self,
        listed: Listed,
        condition: Condition,
        entry: LogEntry,
        change: Callable[[Service], Service | None],
    ) -> Listed:
        """Change the directory's row, and retry when others change it meanwhile.

        :param change: returns the service as it should be, None if there is nothing to write.
        :raises Problem: what ``change`` and the condition raise; ServiceNotFound.
        """
        for attempt in range(_TRIES):
            await self._require_condition(listed, condition)
            changed = change(listed.service)
            if changed is None:
                return listed
            await entry.open()
            written = changed.written_by(entry.id).model_copy(
                update={"changed_at": self._clock.now()}
            )
            try:
                return await self._directory.change(written, listed.etag)
            except RowChanged:
                await asyncio.sleep(random.uniform(0, 0.02 * (attempt + 1)))
            listed = await self._again(listed.service)
        raise changed_meanwhile(listed.service.name)

    async def _again(self, service: Service) -> Listed:
        listed = await self.require(service.name)
        if listed.service.id != service.id:
            raise changed_meanwhile(service.name)
        return listed

    async def view(self, listed: Listed) -> ServiceView:
        """A service as answers show it: settings masked, state, quota use."""
        id_, configuration = listed.service.id, self._configuration
        return service_view(
            listed, *await two_in_order(configuration.settings(id_), configuration.head(id_))
        )

    async def _require_condition(self, listed: Listed, condition: Condition) -> None:
        if condition is not unconditional:
            condition((await self.view(listed)).version)

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
                target = f"/{member}/storageAccount"
                raise account_unknown(alias, self._settings.accounts, target)

    def _document(self, name: str, wanted: ServiceSettings) -> JsonObject:
        url = wanted.domain_url or default_domain_url(name, self._settings.service_domain)
        return wanted.model_copy(update={"domain_url": url}).to_json()
