"""Backups whose blobs a lifecycle rule moved to the archive tier: neither bad nor gone.

The emulator has no tiers: a proxy answers as Azure does.
"""

from pathlib import Path

import pytest

from shared.model.backup import BackupStatus
from shared.model.operation import OperationStatus
from shared.model.problem import Code, Problem
from tests.deployed import Emulator
from tests.faults.proxy import Scripted
from tests.faults.scenes import FIRST, SECOND, SERVICE, run, start_backup, start_verify
from tests.faults.test_bugs_of_others import offsite_over_proxy


@pytest.mark.parametrize("said", ["BlobArchived", "BlobBeingRehydrated"])
async def test_an_archived_backup_is_told_and_stays(
    emulator: Emulator, tmp_path: Path, said: str
) -> None:
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        proxy.script = [Scripted("GET", rf"{FIRST}/{FIRST}\.txt", 409, said)]
        record = await start_verify(app)
        await run(app, record)
        found = await app.records.find(SERVICE, record.operation.id)
        assert found is not None
        verify = found[0].operation
        assert verify.status is OperationStatus.FAILED
        assert verify.error is not None
        assert (verify.error.code, verify.error.target) == ("BlobArchived", f"{FIRST}.txt")
        kept = await app.backups.get(SERVICE, FIRST)
        assert kept.value.status is BackupStatus.SUCCEEDED
        assert kept.value.is_good(), "a verify that could not read it says nothing of it"

        proxy.script = []
        await run(app, await start_backup(app, SECOND))
        proxy.script = [Scripted("GET", rf"{FIRST}/{FIRST}\.txt", 409, said)]
        second = await app.backups.get(SERVICE, SECOND)
        with pytest.raises(Problem) as refused:
            await app.backups.delete(second, force=False, caller="x", operation_id=None)
        assert refused.value.code is Code.LAST_GOOD_BACKUP, "nothing counts on what cannot be read"
