"""Entries of the history, made from descriptors."""

from pydantic import ValidationError

from shared.backups.archive.paths import descriptor_path
from shared.backups.archive.reader import forged
from shared.model.backup import BackedUpSection, Backup, BackupStatus
from shared.model.descriptor import Descriptor, key_ids
from shared.model.wire import JsonObject


def facts(descriptor: Descriptor) -> JsonObject:
    """The members of an entry that say what was backed up, and how the backup ended."""
    made = descriptor.backup
    return {
        "status": made.outcome,
        "completed_at": made.completed_at,
        "revision": descriptor.consistency.revision,
        "items": descriptor.items,
        "content_objects": descriptor.content.objects,
        "bytes": descriptor.bytes,
        "digest": descriptor.digest,
        "key_ids": [*key_ids(descriptor)],
        "failures": len(descriptor.failures),
        "warnings": [warning.to_json() for warning in descriptor.warnings],
        "noticed": descriptor.noticed.to_json() if descriptor.noticed else None,
        "sections": [
            BackedUpSection(
                name=part.name, items=part.items, lines_sha256=part.lines_sha256
            ).to_json()
            for part in descriptor.sections
        ],
    }


def made_again(backup: Backup, descriptor: Descriptor) -> Backup:
    """The entry of a backup whose descriptor exists, whatever the former entry said.

    :raises Problem: DescriptorForged if the descriptor has values that no backup has.
    """
    known = facts(descriptor)
    try:
        held = backup.held_again(BackupStatus(descriptor.backup.outcome))
        if backup.digest is not None:
            return held
        kept = held.model_dump(exclude={*known, "error"})
        return Backup.model_validate({**kept, **known})
    except (ValidationError, ValueError) as error:
        raise forged(descriptor_path(descriptor.backup.name), "it says what no backup says") from (
            error
        )
