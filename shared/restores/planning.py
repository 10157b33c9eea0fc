"""Making the plan of a restore. It only reads."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from shared.backups.archive.opened import OpenBackup
from shared.backups.catalog.users import BackupUsers
from shared.blobs.backup_container import Ownership
from shared.clock import Clock
from shared.model.descriptor import Descriptor
from shared.model.problem import Code, Problem
from shared.model.restore import InboundPlan, PlanError, RestoreBody, RestorePlan
from shared.model.sections import (
    CONTENT,
    CONTROL_NUMBERS,
    MIC_VALUES,
    RECEIVED_NUMBERS,
    SERVICE,
    Section,
)
from shared.model.service import Service, State
from shared.model.wire import JsonObject, rfc3339
from shared.restores.agreements import agreements
from shared.restores.certificate_checks import certificate_problems
from shared.restores.inbound_plan import InboundStores, Receiving, inbound_plan
from shared.restores.new_service import taken
from shared.restores.numbers_plan import Numbers, numbers_plan
from shared.restores.survey import Living, Survey, survey
from shared.rules.naming import service_key
from shared.rules.polled_sources import sources
from shared.rules.restoring.notes import before_resuming, exhausted, expired, not_backed_up, notes
from shared.rules.restoring.plan import held, plan, settings_of, wrong
from shared.sealing.provider import KeyProvider
from shared.settings.environment import Settings
from shared.state.columns import dumps
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger
from shared.state.services import Directory, Listed
from shared.streams.in_order import three_in_order

_NEVER_LIVED = frozenset({State.CREATE_FAILED, State.RESTORE_FAILED, State.DELETING})
"""States after which a service can only be deleted: it issues nothing and polls nothing."""


_POLLING = 10
"""The most living services whose bridges are read for what they poll."""

_KIN_PAGES = 10
"""Most pages of the directory that are read, each of 1,000 services: it may have a million."""

_MOST_REQUEST_BYTES = 384 * 1024
"""Largest request in JSON: it is stored twice, masked and next to its plan in one row, and
sealed."""


@dataclass(frozen=True)
class Planned:
    """A plan, and what forbids the restore."""

    plan: RestorePlan
    problems: Sequence[Problem]


@dataclass(frozen=True)
class Planning:
    """Makes plans of restores."""

    directory: Directory
    configuration: Configuration
    ledger: Ledger
    inbound: InboundStores
    users: BackupUsers
    clock: Clock
    settings: Settings
    installation: Callable[[], Awaitable[str]]
    """Returns the id of this installation."""

    async def planned(
        self,
        body: RestoreBody,
        backup: OpenBackup,
        provider: KeyProvider,
    ) -> Planned:
        """What a restore would create, and all that forbids it.

        :raises Problem: BlobMissing, BlobCorrupt, KeyVaultUnavailable.
        """
        descriptor = backup.descriptor
        planned = plan(descriptor, body, self.settings.service_domain)
        kin = await self._kin(planned)
        living = next((one for one in kin if _is(one, planned.backed_up_name)), None)
        polling = [await self._polling(one) for one in kin[:_POLLING]]
        parts, backed_up, in_the_way = await three_in_order(
            survey(backup, body, polling),
            _settings(backup),
            self._in_the_way(planned, descriptor),
        )
        receiving = Receiving(parts.takes_agreement)
        numbers = await numbers_plan(
            backup,
            planned.target.name,
            body.control_numbers,
            self.ledger,
            receiving.noted(agreements(backup)),
            parts.takes_agreement,
            is_own=await backup.container.is_made_by(await self._ownership(descriptor)),
        )
        inbound = await inbound_plan(backup, receiving, self.inbound, living)
        if parts.selected is not None:
            sections = _sections_of_part(parts, numbers, inbound)
            planned = planned.model_copy(update={"sections": sections, "partial": True})
        settings = settings_of(planned.target, backed_up, body.service.to_json())
        problems = [
            *_too_large(body),
            *wrong(planned, descriptor, body, settings, self.settings.accounts),
            *in_the_way,
            *parts.problems,
            *await certificate_problems(backup, body, provider, self.clock.now()),
            *numbers.problems,
        ]
        copies = [one.name for one in kin if not _is(one, planned.target.name)]
        update = {
            "origins": held(planned.origins, settings),
            "replaced": parts.replaced,
            "sources": parts.sources,
            "more_sources": parts.more_sources,
            "control_numbers": numbers.plan,
            "inbound": inbound,
            "warnings": [
                *not_backed_up(descriptor, parts.takes),
                *notes(planned, descriptor, backed_up, copies),
                *exhausted(numbers.plan),
                *expired(settings, rfc3339(self.clock.now())),
            ],
            "before_resuming": before_resuming(planned, numbers.plan, inbound, copies),
            "errors": [
                PlanError(code=problem.code, message=problem.message, target=problem.target)
                for problem in problems
            ],
        }
        return Planned(planned.model_copy(update=update), problems)

    async def _ownership(self, descriptor: Descriptor) -> Ownership:
        """The ownership metadata of the container of a backup that this installation made."""
        service, backup = descriptor.service, descriptor.backup
        return Ownership(await self.installation(), service.id, backup.operation_id)

    async def _kin(self, planned: RestorePlan) -> list[Service]:
        """The living services that share the backup's numbers: the one with its name, and copies.

        If there are very many services, copies are looked for only among the first ones by name.
        """
        backed_up = await self.directory.get(planned.backed_up_name)
        origin = backed_up.service.restored_from if backed_up else None
        names = {service_key(planned.backed_up_name)}
        names |= {service_key(origin.service)} if origin else set()
        found = [backed_up.service] if backed_up else []
        pages = 0
        async for page in self.directory.pages():
            found += [one.service for one in page if _is_copy(one.service, names, backed_up)]
            pages += 1
            if pages == _KIN_PAGES:
                break
        return [one for one in found if one.state not in _NEVER_LIVED]

    async def _polling(self, service: Service) -> Living:
        """What a living service's bridges poll."""
        pages = self.configuration.pages(service.id, Section.BRIDGES)
        found = [
            source.place(bridge.value.name)
            async for page in pages
            for bridge in page
            for source in sources(bridge.value.document)
        ]
        return Living(service.name, frozenset(found))

    async def _in_the_way(self, planned: RestorePlan, descriptor: Descriptor) -> list[Problem]:
        """Problems of a name that is taken, and of a backup that is being deleted."""
        listed = await self.directory.get(planned.target.name)
        place = planned.storage_account, planned.container
        found = [
            taken(planned.target.name, listed.service.state) if listed else None,
            await self.users.going(descriptor, place),
        ]
        return [problem for problem in found if problem is not None]


def _is(service: Service, name: str) -> bool:
    return service_key(service.name) == service_key(name)


def _is_copy(service: Service, names: Collection[str], backed_up: Listed | None) -> bool:
    """Whether a service shares the numbers of one of these names, and is not the backed-up service
    itself."""
    if backed_up is not None and service.id == backed_up.service.id:
        return False
    origin = service.restored_from
    return service_key(service.name) in names or (
        origin is not None and service_key(origin.service) in names
    )


async def _settings(backup: OpenBackup) -> JsonObject:
    """The settings of a backed-up service from the backup, without their secrets."""
    found = [record async for page in backup.records(SERVICE) for record in page]
    return found[0].document if found else {}


def _too_large(body: RestoreBody) -> list[Problem]:
    """The problem of a request that is too large for its operation's record."""
    size = len(dumps(body.to_json()).encode())
    if size <= _MOST_REQUEST_BYTES:
        return []
    return [
        Problem(
            Code.BODY_TOO_LARGE,
            f"The request takes {size} bytes; {_MOST_REQUEST_BYTES} are the most that a restore "
            "keeps. Replace fewer or shorter values, and put the rest before you resume the "
            "service.",
            target="/replace",
        )
    ]


def _sections_of_part(parts: Survey, numbers: Numbers, inbound: InboundPlan) -> dict[str, int]:
    """How much is restored of each section; for run-time state, as far as it could be counted."""
    counted = {
        SERVICE: 1,
        CONTENT: len(parts.content or ()),
        CONTROL_NUMBERS: numbers.agreements,
        RECEIVED_NUMBERS: inbound.received_numbers,
        MIC_VALUES: inbound.mic_values,
    }
    return {**parts.counts, **{name: count for name, count in counted.items() if count}}
