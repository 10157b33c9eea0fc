"""What a plan reads from a backup's agreements: the bounds of their numbers, and their duplicate
checks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.backups.archive.opened import OpenBackup
from shared.model.numbers import AgreementNumbers
from shared.model.record import Record
from shared.model.sections import Section
from shared.rules.agreement_numbers import numbering_of_any
from shared.rules.trading import (
    agreement_content,
    duplicate_checks,
    parties_key_of_any,
    stream_of,
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a plan keeps of one agreement."""

    numbers: AgreementNumbers
    checks: tuple[str, ...]
    """What its receiver refuses a second time."""
    is_as2: bool

    @property
    def name(self) -> str:
        """The name as it was typed."""
        return self.numbers.name


async def agreements(backup: OpenBackup) -> AsyncIterator[list[Agreement]]:
    """The agreements of a backup in the order of their keys, a page at a time.

    :raises Problem: BlobMissing, BlobCorrupt.
    """
    async for page in backup.records(Section.AGREEMENTS):
        yield [_agreement(record) for record in page]


def _agreement(record: Record) -> Agreement:
    content = agreement_content(record.document)
    return Agreement(
        _numbers(record),
        duplicate_checks(record.document),
        content is not None and content[0] == "as2",
    )


def _numbers(record: Record) -> AgreementNumbers:
    stream = stream_of(parties_key_of_any(record.document))
    return AgreementNumbers(record.name, numbering_of_any(record.document), stream)
