"""Making the plan of a restore. It only reads."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from shared.backups.archive.opened import OpenBackup
from shared.backups.catalog.users import BackupUsers
from shared.blobs.backup_container import Ownership
from shared.clock import Clock
from shared.model.descriptor import Descriptor
from shared.model.link import recorded_facts
from shared.model.problem import Code, Problem
from shared.model.restore import InboundPlan, PlanError, RestoreBody, RestorePlan
from shared.model.sections import (
    CONTENT,
    CONTROL_NUMBERS,
    MIC_VALUES,
    RECEIVED_NUMBERS,
    SERVICE,
    SESSIONS,
    Section,
)
from shared.model.service import Service, State
from shared.model.wire import JsonObject, rfc3339
from shared.numbers.streams import Known
from shared.restores.agreements import agreements
from shared.restores.certificate_checks import certificate_problems
from shared.restores.inbound_plan import InboundStores, Receiving, inbound_plan
from shared.restores.new_service import taken
from shared.restores.numbers_plan import Numbers, numbers_plan
from shared.restores.sessions_plan import sessions_of_part
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
from shared.streams.in_order import in_order, three_in_order, two_in_order
from shared.streams.read_ahead import first_of, with_first

_NEVER_LIVED = frozenset({State.CREATE_FAILED, State.RESTORE_FAILED, State.DELETING})
"""States after which a service can only be deleted: it issues nothing and polls nothing."""


_POLLING = 10
"""The most living services whose bridges are read for what they poll."""

_POLLED_AT_ONCE = 2
"""Of those, how many are read side by side: a page of bridges may be large."""

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
        async with backup.ahead(*_wanted(backup, body)) as near:
            return await self._planned(planned, body, near, provider)

    async def _planned(
        self, planned: RestorePlan, body: RestoreBody, backup: OpenBackup, provider: KeyProvider
    ) -> Planned:
        descriptor = backup.descriptor
        (kin, in_the_way, backed_up), (known, is_own) = await two_in_order(
            three_in_order(
                self._kin(planned), self._in_the_way(planned, descriptor), _settings(backup)
            ),
            two_in_order(
                Known.under(self.ledger, planned.target.name, descriptor.service.name),
                self._is_own(backup),
            ),
        )
        living = next((one for one in kin if _is(one, planned.backed_up_name)), None)
        polling: list[Living] = []
        for start in range(0, min(len(kin), _POLLING), _POLLED_AT_ONCE):
            some = kin[start : min(start + _POLLED_AT_ONCE, _POLLING)]
            polling += await in_order(*(self._polling(one) for one in some))
        parts = await survey(backup, body, polling)
        receiving = Receiving(parts.takes_agreement)
        numbers = await numbers_plan(
            backup,
            planned.target.name,
            body.control_numbers,
            known,
            receiving.noted(agreements(backup)),
            parts.takes_agreement,
            is_own=is_own,
        )
        inbound = await inbound_plan(backup, receiving, self.inbound, living)
        if parts.selected is not None:
            sessions = await sessions_of_part(backup, parts)
            sections = _sections_of_part(parts, numbers, inbound, sessions)
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
            "before_resuming": before_resuming(
                planned,
                numbers.plan,
                inbound,
                copies,
                account=pulled.resource_id if (pulled := recorded_facts(backed_up)) else "",
            ),
            "errors": [
                PlanError(code=problem.code, message=problem.message, target=problem.target)
                for problem in problems
            ],
        }
        return Planned(planned.model_copy(update=update), problems)

    async def _is_own(self, backup: OpenBackup) -> bool:
        """Whether this installation made a backup, as its container's metadata say."""
        service, made = backup.descriptor.service, backup.descriptor.backup
        ownership = Ownership(await self.installation(), service.id, made.operation_id)
        return await backup.container.is_made_by(ownership)

    async def _kin(self, planned: RestorePlan) -> list[Service]:
        """The living services that share the backup's numbers: the one with its name, and copies.

        If there are very many services, copies are looked for only among the first ones by name.
        """
        listed = self.directory.pages()
        backed_up, first = await two_in_order(
            self.directory.get(planned.backed_up_name), first_of(listed)
        )
        origin = backed_up.service.restored_from if backed_up else None
        names = {service_key(planned.backed_up_name)}
        names |= {service_key(origin.service)} if origin else set()
        found = [backed_up.service] if backed_up else []
        pages = 0
        async for page in with_first(first, listed):
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
        place = planned.storage_account, planned.container
        listed, going = await two_in_order(
            self.directory.get(planned.target.name), self.users.going(descriptor, place)
        )
        found = [taken(planned.target.name, listed.service.state) if listed else None, going]
        return [problem for problem in found if problem is not None]


def _wanted(backup: OpenBackup, body: RestoreBody) -> list[str]:
    """The sections that a plan reads."""
    if body.include or body.exclude or body.replace:
        artifacts = [str(section) for section in backup.artifact_sections()]
    else:
        artifacts = [Section.AGREEMENTS, Section.BRIDGES]
    messages = [
        part.name
        for part in backup.descriptor.sections
        if part.name in (RECEIVED_NUMBERS, MIC_VALUES) and part.items
    ]
    return [SERVICE, *artifacts, CONTROL_NUMBERS, *messages]


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


def _sections_of_part(
    parts: Survey, numbers: Numbers, inbound: InboundPlan, sessions: int | None
) -> dict[str, int]:
    """How much is restored of each section; for run-time state, as far as it could be counted."""
    counted = {
        SERVICE: 1,
        CONTENT: len(parts.content or ()),
        CONTROL_NUMBERS: numbers.agreements,
        RECEIVED_NUMBERS: inbound.received_numbers,
        MIC_VALUES: inbound.mic_values,
        SESSIONS: sessions,
    }
    return {**parts.counts, **{name: count for name, count in counted.items() if count}}
