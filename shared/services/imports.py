"""Imports: many artifacts in one request; all or none if they fit into one transaction."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from shared.clock import Clock
from shared.model.artifact import Artifact, ImportItem
from shared.model.problem import Code, Problem
from shared.model.sections import IMPORT_ORDER
from shared.model.service import Service
from shared.operations.immediate import BeforeWrite, unlogged
from shared.rules.naming import artifact_key, require_apart, require_artifact_name, shown
from shared.rules.states import require_changeable
from shared.sealing.key_ring import KeyRing
from shared.services.artifacts import Artifacts, Wanted, WriteResult
from shared.services.configuration_changes import require_open
from shared.state.columns import require_storable
from shared.state.configuration import Configuration
from shared.state.edits import BATCH_ARTIFACTS, Put, TooLargeTogether, transactions

_OF_THE_SERVICE = frozenset(
    {
        Code.OPERATION_NOT_ALLOWED,
        Code.MANAGED_BY_ACCOUNT,
        Code.CONFIGURATION_HELD,
        Code.SERVICE_NOT_FOUND,
        Code.STORAGE_UNAVAILABLE,
    }
)
"""Refusals of the whole request: smaller parts of a group would be refused too."""

Report = dict[str, WriteResult | Problem]
"""The result of each item, by its place in the body."""

Result = TypeVar("Result")


class Imports:
    """Writes many artifacts."""

    def __init__(
        self, *, artifacts: Artifacts, configuration: Configuration, keys: KeyRing, clock: Clock
    ) -> None:
        self._artifacts = artifacts
        self._configuration = configuration
        self._keys = keys
        self._clock = clock

    async def write(
        self,
        service: Service,
        items: Sequence[ImportItem],
        before_write: BeforeWrite = unlogged,
    ) -> list[WriteResult | Problem]:
        """Write all or none if they fit into one transaction, otherwise report on each.

        :raises Problem: as ``Artifacts.put``, if all fit into one transaction; InvalidName,
            InvalidRequest for a name that comes twice; OperationNotAllowed, ConfigurationHeld,
            KeyUnavailable if nothing can be written at all.
        """
        wanted = await self._wanted(service, items)
        report: Report = {**_too_large(wanted)}
        fitting = [one for one in wanted if one.place not in report]
        groups = list(self._groups(fitting))
        if len(items) <= BATCH_ARTIFACTS and len(groups) <= 1:
            for problem in report.values():
                if isinstance(problem, Problem):
                    raise problem
            with suppress(TooLargeTogether):
                await self._write(service, groups[0], report, before_write)
                return [report[one.place] for one in wanted]
        await self._write_groups(service, groups, report, before_write)
        return [report[one.place] for one in wanted]

    async def rehearse(self, service: Service, items: Sequence[ImportItem]) -> list[Put | Problem]:
        """Check all as ``write`` does, each by itself at worst, and write nothing.

        :raises Problem: as ``write`` where nothing can be written at all.
        """
        wanted = await self._wanted(service, items)
        report: dict[str, Put | Problem] = {**_too_large(wanted)}
        for group in list(self._groups([one for one in wanted if one.place not in report])):
            await _in_halves(group, report, partial(self._rehearse, service))
        return [report[one.place] for one in wanted]

    async def _rehearse(
        self, service: Service, group: Sequence[Wanted], report: dict[str, Put | Problem]
    ) -> None:
        ahead = [one for one in report.values() if isinstance(one, Put)]
        puts = await self._artifacts.rehearse(service, group, ahead)
        report.update((one.place, put) for one, put in zip(group, puts, strict=True))

    async def _wanted(self, service: Service, items: Sequence[ImportItem]) -> list[Wanted]:
        wanted = [Wanted(item, f"/artifacts/{index}") for index, item in enumerate(items)]
        _require_names(wanted)
        require_changeable(service)
        require_open(service, await self._configuration.head(service.id))
        await self._keys.data_key(service.id)
        return wanted

    async def _write_groups(
        self,
        service: Service,
        groups: Sequence[Sequence[Wanted]],
        report: Report,
        before_write: BeforeWrite,
    ) -> None:
        try:
            for group in groups:
                write = partial(self._write, service, before_write=before_write)
                await _in_halves(group, report, write)
        except Problem as problem:
            if not any(isinstance(result, WriteResult) for result in report.values()):
                raise
            for group in groups:
                for one in group:
                    report.setdefault(one.place, problem)

    async def _write(
        self,
        service: Service,
        group: Sequence[Wanted],
        report: Report,
        before_write: BeforeWrite,
    ) -> None:
        written = await self._artifacts.write(service, group, before_write=before_write)
        report.update((one.place, result) for one, result in zip(group, written, strict=True))

    def _groups(self, wanted: Sequence[Wanted]) -> Iterator[Sequence[Wanted]]:
        """Groups of items that fit into one transaction each; an item comes after those that it
        names."""
        ordered = sorted(wanted, key=lambda one: IMPORT_ORDER.index(one.item.section))
        now = self._clock.now()
        puts = (
            Put(
                Artifact(
                    section=one.item.section,
                    name=one.item.name,
                    document=one.item.document,
                    changed_at=now,
                ),
                new=True,
            )
            for one in ordered
        )
        start = 0
        for group in transactions(puts):
            yield ordered[start : start + len(group)]
            start += len(group)


def _require_names(wanted: Sequence[Wanted]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for one in wanted:
        item, target = one.item, f"{one.place}/name"
        require_artifact_name(item.name, target)
        key = (item.section, artifact_key(item.name))
        if key in seen:
            require_apart(item.name, seen[key], target)
            raise Problem(
                Code.INVALID_REQUEST,
                f"'{shown(item.name)}' comes twice in the section {item.section}.",
                target=target,
            )
        seen[key] = item.name


def _too_large(wanted: Sequence[Wanted]) -> dict[str, Problem]:
    """The items that are too large for a row."""
    found: dict[str, Problem] = {}
    for one in wanted:
        try:
            require_storable(one.item.document)
        except Problem as problem:
            found[one.place] = problem.within(one.place)
    return found


async def _in_halves(
    group: Sequence[Wanted],
    report: dict[str, Result | Problem],
    act: Callable[[Sequence[Wanted], dict[str, Result | Problem]], Awaitable[None]],
) -> None:
    """Do something with a group; if it is refused because of an item, with its halves, down to the
    items at fault, whose problems are reported.

    :param act: reports on all of the items that it is given, or raises.
    :raises Problem: one that is not about the items.
    """
    try:
        await act(group, report)
        return
    except TooLargeTogether:
        pass  # too large with its secrets sealed, which is known only then
    except Problem as problem:
        if problem.code in _OF_THE_SERVICE:
            raise
        if len(group) == 1:
            report[group[0].place] = problem
            return
    middle = len(group) // 2
    await _in_halves(group[:middle], report, act)
    await _in_halves(group[middle:], report, act)
