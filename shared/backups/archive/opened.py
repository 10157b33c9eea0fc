"""An open backup: its descriptor and seal were checked, and everything else is read through it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from shared.backups.archive.ahead import ContainerAhead, read_ahead_of
from shared.backups.archive.reader import read_descriptor, records, section_lines
from shared.backups.archive.secrets_reader import Secrets
from shared.backups.archive.section_lines import checked_records
from shared.blobs.backup_container import BackupContainer, missing
from shared.model.descriptor import Descriptor, SectionPart
from shared.model.record import Record
from shared.model.sections import BACKED_UP, SECTIONS, Section
from shared.sealing.provider import KeyProvider


@dataclass(frozen=True)
class OpenBackup:
    """The backup of a container; each section is checked as it is read."""

    container: BackupContainer
    descriptor: Descriptor

    @staticmethod
    async def read(
        container: BackupContainer, provider: KeyProvider, *, accept_renamed: bool = False
    ) -> "OpenBackup":
        """Open the backup of a container.

        :param accept_renamed: also open a backup in a container with another name, such as a copy.
        :raises Problem: BackupNotFound, FormatUnknown, DescriptorForged, KeyUnavailable.
        """
        descriptor = await read_descriptor(container, provider, accept_renamed=accept_renamed)
        return OpenBackup(container, descriptor)

    @asynccontextmanager
    async def ahead(self, *names: str) -> AsyncIterator["OpenBackup"]:
        """The same backup in the body, whose small sections and secrets are asked for at once.

        :param names: the sections that will be read; none: all.
        """
        parts = [one for one in self.descriptor.sections if not names or one.name in names]
        sizes = {self.descriptor.secrets.blob: self.descriptor.secrets.bytes} if not names else {}
        async with read_ahead_of(
            self.container, {**sizes, **{part.blob: part.bytes for part in parts}}
        ) as container:
            yield replace(self, container=container)

    def again(self, blob: str) -> None:
        """Read a blob from storage the next time, also if it was read ahead."""
        if isinstance(self.container, ContainerAhead):
            self.container.forget(blob)

    def section(self, name: str) -> SectionPart:
        """A section that every backup has.

        :raises Problem: BlobMissing.
        """
        part = self.descriptor.section(name)
        if part is None:
            raise missing(self.container.name, f"section {name}")
        return part

    def has(self, name: str) -> bool:
        """Whether the backup names a section: one that was added to the format later may be
        missing."""
        return self.descriptor.section(name) is not None

    def artifact_sections(self) -> Iterator[Section]:
        """The sections of artifacts in the backup, in their order.

        Sections that were added to the format later are only in a backup that holds records of
        them; in others they count as empty.
        """
        for section in BACKED_UP:
            if SECTIONS[section].first or self.has(section):
                yield section

    def lines(self, name: str) -> AsyncIterator[list[bytes]]:
        """The lines of a section without their line feeds, a batch at a time.

        Trust the lines only after the iteration has ended without an error.

        :raises Problem: BlobMissing, BlobCorrupt.
        """
        return section_lines(self.container, self.section(name))

    def records(self, name: str) -> AsyncIterator[list[Record]]:
        """The records of a section, without their secrets; as ``lines``.

        :raises Problem: BlobMissing, BlobCorrupt.
        """
        return records(self.container, self.section(name))

    def checked_records(self, name: str) -> AsyncIterator[list[Record]]:
        """The records of a section; the whole blob is checked before the first record is returned.

        For callers that write what they read, which could not be undone if the section is damaged
        or forged.

        :raises Problem: BlobMissing, BlobCorrupt.
        """
        return checked_records(self.container, self.section(name))

    async def secrets(self, provider: KeyProvider) -> Secrets:
        """Its secrets; their blob is checked, and their key unwrapped.

        :raises Problem: BlobMissing, BlobCorrupt, KeyUnavailable, KeyVaultUnavailable.
        """
        return await Secrets.checked(self.container, self.descriptor, provider)
