"""The blob of a descriptor: what is looked at before it is written, and what it says of itself.

A descriptor that cannot be read (a newer version wrote it, it was archived) still says in its
blob's metadata which operation made it, and how that ended. Anybody who may write to the account
may write metadata, so it carries a seal of its own.
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
    """What a descriptor's blob says, sealed by one of the app's keys."""

    outcome: str
    digest: str


async def sealed_metadata(written: Descriptor, provider: KeyProvider) -> dict[str, str]:
    """What the descriptor's blob says of itself."""
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
    """How the blob says that an operation ended; None where it is another's, or nobody sealed it.

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


async def require_found(container: BackupContainer, result: RunResult) -> None:
    """Look whether all that the descriptor will name is in the container, with its size.

    :raises Problem: BlobMissing or BlobCorrupt, to be tried again: what storage said of a write
        does not decide whether a backup is whole.
    """
    assert result.secrets is not None
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

    await compare(container, named, _pages(sorted(result.content.items())), tell)


async def _pages(objects: list[tuple[str, int]]) -> AsyncIterator[list[tuple[str, int]]]:
    for start in range(0, len(objects), _PAGE):
        yield objects[start : start + _PAGE]


async def clear_other_runs(container: BackupContainer, written: Descriptor) -> int:
    """Remove what runs left that the descriptor does not name; how many blobs must stay.

    The backup is whole without that: nothing that storage says of it ends the backup otherwise.
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
