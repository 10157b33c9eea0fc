"""An open backup: its descriptor and seal were checked, and everything else is read through it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

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

    def section(self, name: str) -> SectionPart:
        """A section that every backup has.

        :raises Problem: BlobMissing.
        """
        part = self.descriptor.section(name)
        if part is None:
            raise missing(self.container.name, f"section {name}")
        return part

    def artifact_sections(self) -> Iterator[Section]:
        """The sections of artifacts in the backup, in their order.

        Sections that were added to the format after the backup was made are not in it; they count
        as empty.
        """
        for section in BACKED_UP:
            if SECTIONS[section].first or self.descriptor.section(section) is not None:
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
