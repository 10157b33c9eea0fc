"""The blob of a descriptor: the checks before it is written, and its metadata.

If a descriptor cannot be read (a newer version wrote it, or it was archived), its blob's metadata
still say which operation made it, and how that ended. Anyone with write access to the account can
write metadata, so they carry a seal of their own.
"""

import base64
import binascii
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

from azure.core.exceptions import AzureError
from pydantic import ValidationError

from shared.backups.catalog.presence import compare
from shared.backups.making.writer import RunResult
from shared.blobs.backup_container import BackupContainer
from shared.model.descriptor import Descriptor
from shared.model.problem import Problem
from shared.model.record import canonical_text
from shared.model.seals import Seal
from shared.model.sections import BACKUP_SECTIONS
from shared.sealing.provider import KeyProvider
from shared.storage.refusals import passes

_OPERATION = "interkeep_operation"
_RUN = "interkeep_run"
_DIGEST = "interkeep_digest"
_OUTCOME = "interkeep_outcome"
_SEALED = (_DIGEST, _OPERATION, _OUTCOME, _RUN)
_SEAL = "interkeep_seal"
_PAGE = 1000

log = logging.getLogger("interkeep.backup")


@dataclass(frozen=True)
class SaidByBlob:
    """What the metadata of a descriptor's blob say, sealed by one of the app's keys."""

    outcome: str
    digest: str


async def sealed_metadata(written: Descriptor, provider: KeyProvider) -> dict[str, str]:
    """The metadata of the descriptor's blob."""
    facts = {
        _OPERATION: written.backup.operation_id,
        _RUN: written.backup.run,
        _DIGEST: written.digest,
        _OUTCOME: written.backup.outcome,
    }
    seal = await provider.seal(_digest(facts))
    text = canonical_text(seal.to_json()).encode()
    return {**facts, _SEAL: base64.b64encode(text).decode()}


async def said_by_blob(
    metadata: Mapping[str, str], operation_id: str, provider: KeyProvider
) -> SaidByBlob | None:
    """How an operation ended by the blob's metadata; None if they are about another one, or have no
    valid seal.

    :raises Problem: KeyUnavailable, KeyVaultUnavailable.
    """
    if metadata.get(_OPERATION) != operation_id:
        return None
    try:
        text = base64.b64decode(metadata.get(_SEAL, ""), validate=True)
        seal = Seal.model_validate_json(text)
    except (ValidationError, binascii.Error):
        return None
    facts = {name: metadata.get(name, "") for name in _SEALED}
    if not await provider.check(_digest(facts), seal):
        return None
    return SaidByBlob(facts[_OUTCOME], facts[_DIGEST])


def _digest(facts: Mapping[str, str]) -> str:
    return hashlib.sha256(canonical_text(dict(facts)).encode()).hexdigest()


async def require_found(container: BackupContainer, result: RunResult) -> bool:
    """Check that everything that the descriptor will name is in the container, with its size;
    return whether there are other blobs, such as those of other runs.

    :raises Problem: BlobMissing or BlobCorrupt, which are retried: that storage accepted the writes
        is not enough to call a backup whole.
    """
    assert result.secrets is not None
    lacking = BACKUP_SECTIONS - {section.name for section in result.sections} - result.left_out
    if lacking:
        raise RuntimeError(f"the run has no section {', '.join(sorted(lacking))}")
    named = {section.blob: section.bytes for section in result.sections}
    named[result.secrets.blob] = result.secrets.bytes

    def tell(problem: Problem) -> None:
        raise replace(
            problem,
            message=f"'{problem.target}' was written, and is not in the container "
            f"'{container.name}' as it was: somebody changes the container meanwhile. The backup "
            "is tried again.",
            again=True,
        )

    others = False

    def note(_path: str) -> None:
        nonlocal others
        others = True

    objects = _pages(sorted(result.content.items()))
    await compare(container, named, objects, tell, other=note)
    return others


async def _pages(objects: list[tuple[str, int]]) -> AsyncIterator[list[tuple[str, int]]]:
    for start in range(0, len(objects), _PAGE):
        yield objects[start : start + _PAGE]


async def clear_other_runs(container: BackupContainer, written: Descriptor) -> int:
    """Delete blobs of other runs that the descriptor does not name; return how many could not be
    deleted.

    The backup is whole without this: an error of storage here does not make it fail.
    """
    named = {section.blob for section in written.sections} | {written.secrets.blob}
    left = 0
    try:
        for prefix in ("sections/", "secrets/"):
            async for blob in container.listed(prefix):
                if blob.directory or blob.name in named:
                    continue
                left += not await _is_removed(container, blob.name)
    except AzureError as error:
        log.warning("%s: blobs of other runs may be left: %s", container.name, error)
    return left


async def _is_removed(container: BackupContainer, path: str) -> bool:
    try:
        await container.remove(path)
    except AzureError as error:
        if passes(error):
            raise
        return False
    return True
