"""The differences between a backup and another one, or the living service."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.backups.archive.opened import OpenBackup
from shared.backups.archive.secrets_reader import have_same_secrets
from shared.backups.catalog.known import KnownBackups
from shared.backups.inspection.comparison import Comparison
from shared.backups.inspection.sides import BackupSide, LiveSide
from shared.model.descriptor import Descriptor
from shared.model.place import FIRST_SECRET, ChangesPlace, no_such_place
from shared.model.problem import Code, Problem
from shared.model.sections import CONFIGURATION_SECTIONS, RUNTIME_SECTIONS, WITH_SECRETS
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.rules.naming import shown
from shared.sealing.provider import KeyProvider
from shared.services.cut import ServiceSource
from shared.state.links import Links
from shared.state.order import key_of
from shared.state.services import Directory

LIVE = "live"
"""Names the living service, in place of a backup's name."""

COMPARED = (*CONFIGURATION_SECTIONS, *RUNTIME_SECTIONS)
"""The compared sections. Not ``content``: a record whose content changed has another hash
itself."""

_LIVE_TRIES = 3
"""How often a page is read again if the service changed meanwhile."""


@dataclass(frozen=True)
class ChangesPage:
    """Some of the differences."""

    compared: JsonObject = field(repr=False)
    """What was compared, and whether secrets were compared."""
    changes: Sequence[JsonObject] = field(repr=False)
    following: ChangesPlace | None
    """Where the next page begins; None after the last one."""


@dataclass(frozen=True)
class ChangesAsked:
    """A request for a page.

    :param section: None for all of them.
    :param name: the one record of the section that is compared, and shown on both sides; empty
        for all of them.
    :param most: changes of the page; fewer if many records are equal.
    :param place: where it begins; None for the beginning.
    """

    section: str | None
    most: int
    place: ChangesPlace | None
    name: str = ""

    @property
    def sections(self) -> Sequence[str]:
        """The sections that remain."""
        wanted = COMPARED if self.section is None else (self.section,)
        unknown = [name for name in wanted if name not in COMPARED]
        if unknown:
            raise Problem(
                Code.INVALID_REQUEST,
                f"There is no section '{shown(unknown[0])}' to compare. There are: "
                f"{', '.join(COMPARED)}.",
                target="section",
            )
        if self.place is None:
            return wanted
        if self.place.section not in wanted:
            raise no_such_place()
        return wanted[wanted.index(self.place.section) :]

    @property
    def key(self) -> str | None:
        """The key of the one record; None for all of them."""
        return key_of(self.section, self.name) if self.section and self.name else None


class Changes:
    """Compares backups."""

    def __init__(
        self,
        backups: KnownBackups,
        provider: KeyProvider,
        directory: Directory,
        source: Callable[[Service], ServiceSource],
        links: Links,
    ) -> None:
        self._backups = backups
        self._provider = provider
        self._directory = directory
        self._source = source
        self._links = links

    async def page(self, service: str, backup: str, since: str, asked: ChangesAsked) -> ChangesPage:
        """The differences from ``since`` to the backup.

        :param since: a backup of the same service name, or ``live``.
        :raises Problem: what KnownBackups.open raises; ServiceNotFound for ``live``;
            InvalidRequest, BlobMissing, BlobCorrupt, KeyUnavailable.
        """
        sections = asked.sections
        if asked.name and asked.key is None:
            sections = ()  # no record can have that name
        wanted = await self._backups.open(service, backup)
        if since == LIVE:
            return await self._since_live(service, wanted, sections, asked)
        base = await self._backups.open(service, since, "since")
        return await self._since_backup(base, wanted, sections, asked)

    async def _since_backup(
        self, base: OpenBackup, wanted: OpenBackup, sections: Sequence[str], asked: ChangesAsked
    ) -> ChangesPage:
        old_key, old_reason = await self._run_key(base.descriptor)
        new_key, new_reason = await self._run_key(wanted.descriptor)
        place = asked.place
        old = BackupSide(base, old_key, place.since.secret if place else FIRST_SECRET)
        new = BackupSide(wanted, new_key, place.backup.secret if place else FIRST_SECRET)
        identical = _identical(base.descriptor, wanted.descriptor)
        comparison = Comparison(old, new, asked.most, asked.key)

        async def is_same(section: str) -> bool:
            if section not in identical:
                return False
            if section not in WITH_SECRETS or old.secrets is None or new.secrets is None:
                return True
            return await have_same_secrets(old.secrets, new.secrets, section)

        following = await _walk(comparison, sections, place, is_same)
        compared: JsonObject = {
            "backup": _said(wanted.descriptor),
            "since": _said(base.descriptor),
            "identical": [*identical],
            "secrets": _secrets(old_reason or new_reason),
        }
        return ChangesPage(compared, comparison.changes, following)

    async def _since_live(
        self, name: str, wanted: OpenBackup, sections: Sequence[str], asked: ChangesAsked
    ) -> ChangesPage:
        listed = await self._directory.get(name)
        if listed is None:
            raise Problem(
                Code.SERVICE_NOT_FOUND,
                f"There is no service '{shown(name)}' to compare the backup with. Name another "
                "backup in since.",
                target="since",
            )
        key, reason = await self._run_key(wanted.descriptor)
        pulled = await self._last_pull(listed.service)
        place = asked.place
        for _ in range(_LIVE_TRIES):
            cut = await self._source(listed.service).cut("", hold=False)
            new = BackupSide(wanted, key, place.backup.secret if place else FIRST_SECRET)
            comparison = Comparison(LiveSide(cut), new, asked.most, asked.key)
            following = await _walk(comparison, sections, place, _never)
            is_one_revision = await cut.end()
            if is_one_revision:
                break
        compared: JsonObject = {
            "backup": _said(wanted.descriptor),
            "since": {
                "live": True,
                "revision": cut.revision,
                "changedMeanwhile": not is_one_revision,
                **({"lastPullAt": rfc3339(pulled)} if pulled is not None else {}),
            },
            "secrets": _secrets(reason),
        }
        return ChangesPage(compared, comparison.changes, following)

    async def _last_pull(self, service: Service) -> datetime | None:
        """When a linked service became what its account held; None for one that is not linked, or
        was not pulled yet. Asked before the service is read: what a pull brings meanwhile is
        newer."""
        facts = service.integration_account
        if facts is None or not facts.linked:
            return None
        found = await self._links.get(service.name)
        if found is None or (found.value.service_id, found.value.key) != (service.id, facts.key):
            return None
        return found.value.last_pull_at

    async def _run_key(self, descriptor: Descriptor) -> tuple[bytes | None, str]:
        """The key of a backup's secrets, or why it is not available."""
        if descriptor.secrets.items == 0:
            return b"", ""
        try:
            return await self._provider.unwrap(descriptor.secrets), ""
        except Problem as problem:
            if problem.code is not Code.KEY_UNAVAILABLE:
                raise
            return None, problem.message


async def _walk(
    comparison: Comparison,
    sections: Sequence[str],
    place: ChangesPlace | None,
    is_same: Callable[[str], Awaitable[bool]],
) -> ChangesPlace | None:
    """Compare section after section; return where the next page begins, None at the end."""
    for section in sections:
        if place is not None and place.section == section:
            following = await comparison.section(place)
        elif comparison.is_full:
            return comparison.beginning(section)
        elif await is_same(section):
            continue
        else:
            following = await comparison.section(comparison.beginning(section))
        if following is not None:
            return following
    return None


async def _never(_section: str) -> bool:
    """Always False: the sections of a living service have no hashes to compare."""
    return False


def _identical(one: Descriptor, other: Descriptor) -> list[str]:
    """The sections whose lines are equal."""
    lines = {part.name: part.lines_sha256 for part in one.sections}
    return [p.name for p in other.sections if lines.get(p.name) == p.lines_sha256]


def _said(descriptor: Descriptor) -> JsonObject:
    return {
        "name": descriptor.backup.name,
        "completedAt": descriptor.backup.completed_at,
        "revision": descriptor.consistency.revision,
    }


def _secrets(reason: str) -> JsonObject:
    return {"compared": False, "reason": reason} if reason else {"compared": True}
