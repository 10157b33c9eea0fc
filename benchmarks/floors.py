"""The floors of backup, restore and verify: the same bytes, read and written by nobody's rules.

Pages come one after the other, as each needs the token of the one before it; tables one after the
other, as numbers are read after the configuration; blobs sixteen side by side.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from azure.storage.blob.aio import ContainerClient

from benchmarks.filling import Filled, batches
from benchmarks.raw import FloorFailed, RawStorage, side_by_side
from shared.state import configuration, control_numbers, mic_values, received_numbers
from shared.state.row_keys import encoded
from shared.storage.tables import TRANSACTION_ROWS

_CONTENT = "content/"


def conditions(filled: Filled) -> Mapping[str, str]:
    """What a backup reads of each table, in its order."""
    own = f"PartitionKey eq '{filled.service.id}'"
    name = encoded(filled.service.name.lower())
    return {
        configuration.TABLE: f"{own} and RowKey gt '!~' and RowKey lt '~'",
        control_numbers.TABLE: f"PartitionKey eq '{name}'",
        received_numbers.TABLE: own,
        mic_values.TABLE: own,
    }


@dataclass(frozen=True)
class Written:
    """What a backup wrote: its small blobs, and the names of its objects."""

    blobs: Mapping[str, bytes]
    objects: tuple[str, ...]

    @staticmethod
    async def read(container: ContainerClient) -> "Written":
        """Read it from a backup's container."""
        blobs: dict[str, bytes] = {}
        objects: list[str] = []
        async for name in container.list_blob_names():
            if name.startswith(_CONTENT):
                objects.append(name.removeprefix(_CONTENT))
            else:
                blobs[name] = await (await container.download_blob(name)).readall()
        return Written(blobs, tuple(objects))


async def back_up(
    filled: Filled, written: Written, source: RawStorage, target: RawStorage, name: str
) -> None:
    """Read all pages, upload all blobs, have all objects copied.

    :raises FloorFailed: where it did not read what is there.
    """
    container = await target.container(name)
    for table, condition in conditions(filled).items():
        require_rows(filled, table, await rows_read(source, table, condition))
    for path, data in written.blobs.items():
        await container.upload_blob(path, data)
    kept, sas = source.blobs.get_container_client("artifacts"), source.read_sas()

    async def copy(sha256: str) -> None:
        address = kept.get_blob_client(f"{filled.service.id}/{sha256}").url
        blob = container.get_blob_client(f"{_CONTENT}{sha256}")
        await blob.start_copy_from_url(f"{address}?{sas}", requires_sync=True)

    await side_by_side(written.objects, copy)


async def rows_read(source: RawStorage, table: str, condition: str) -> int:
    """Read all pages of a query and make nothing of them; how many rows there were."""
    return sum([page.count(b'"RowKey":') async for page in source.pages(table, condition)])


def require_rows(filled: Filled, table: str, found: int) -> None:
    """:raises FloorFailed: where a floor did not work on all rows of a service."""
    there = {
        configuration.TABLE: filled.artifacts,
        control_numbers.TABLE: filled.agreements,
        received_numbers.TABLE: 0,
        mic_values.TABLE: filled.mics,
    }
    if found != there[table]:
        raise FloorFailed(0, f"{found} rows of {table}, {there[table]} are there")


async def rows(filled: Filled, source: RawStorage) -> Mapping[str, list[bytes]]:
    """The rows of a service, ready to be inserted into tables of another account."""
    found: dict[str, list[bytes]] = {}
    for table, condition in conditions(filled).items():
        found[table] = [
            _insertable(row)
            async for page in source.pages(table, condition)
            for row in json.loads(page)["value"]
        ]
    return found


def _insertable(row: Mapping[str, object]) -> bytes:
    kept = {k: v for k, v in row.items() if not k.startswith(("odata.", "Timestamp"))}
    return json.dumps(kept).encode()


async def restore(
    written: Written,
    rows: Mapping[str, list[bytes]],
    source: RawStorage,
    name: str,
    target: RawStorage,
) -> None:
    """Download all blobs, write all objects again, insert all rows, a hundred at a time."""
    container, kept = (
        source.blobs.get_container_client(name),
        await target.container("artifacts"),
    )
    for path in written.blobs:
        await (await container.download_blob(path)).readall()

    async def carry(sha256: str) -> None:
        data = await (await container.download_blob(f"{_CONTENT}{sha256}")).readall()
        await kept.upload_blob(sha256, data)

    await side_by_side(written.objects, carry)
    for table, all_rows in rows.items():
        if all_rows:
            await target.new_table(table)
        for batch in batches(all_rows, TRANSACTION_ROWS):
            await target.insert(table, batch)


async def verify(written: Written, source: RawStorage, name: str) -> None:
    """Download and hash everything."""
    container = source.blobs.get_container_client(name)

    async def check(path: str) -> None:
        data = await (await container.download_blob(path)).readall()
        hashlib.sha256(data).hexdigest()

    paths = [*written.blobs, *(f"{_CONTENT}{sha256}" for sha256 in written.objects)]
    await side_by_side(paths, check)
