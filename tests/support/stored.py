"""Everything that an installation stores: to compare it, and to have it twice."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from azure.data.tables import TableEntity, TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.blob.aio import ContainerClient
from azure.storage.queue import QueueServiceClient

from tests.support.deployed import Deployed, Emulator

_NONE: Mapping[str, str] = MappingProxyType({})
_HOSTS_OWN = "azure-webjobs"
"""Containers in which the Functions host keeps its timers."""


def everything_stored(deployed: Deployed) -> dict[str, str]:
    """Each row of each table with its ETag, each blob of both accounts with its ETag, and how many
    messages each queue holds.

    A row that was written again as it was has another ETag, so that shows too.
    """
    found: dict[str, str] = {}
    with TableServiceClient.from_connection_string(deployed.state) as tables:
        for table in tables.list_tables():
            for row in tables.get_table_client(table.name).list_entities():
                place = f"{table.name}: {row['PartitionKey']} / {row['RowKey']}"
                found[place] = str(row.metadata["etag"])
    for account in (deployed.state, deployed.offsite):
        with BlobServiceClient.from_connection_string(account) as blobs:
            for container in blobs.list_containers():
                if container.name.startswith(_HOSTS_OWN):
                    continue
                found[f"container {container.name}"] = str(container.etag)
                for blob in blobs.get_container_client(container.name).list_blobs():
                    found[f"blob {container.name}/{blob.name}"] = str(blob.etag)
    with QueueServiceClient.from_connection_string(deployed.state) as queues:
        for queue in queues.list_queues():
            properties = queues.get_queue_client(queue.name).get_queue_properties()
            found[f"queue {queue.name}"] = str(properties.approximate_message_count)
    return found


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What is there now and was not, or is gone, or was written."""
    return sorted(
        place for place in before.keys() | after.keys() if before.get(place) != after.get(place)
    )


def copied(source: Deployed, emulator: Emulator, folder: Path) -> Deployed:
    """Another installation that stores the same: rows and blobs, no messages."""
    fresh = Deployed.new(emulator, folder)
    keys = {name: source.settings[name] for name in ("SEALING_KEY", "SEALING_KEYS_FORMER")}
    fresh = replace(fresh, settings={**fresh.settings, **keys})
    _copy_tables(source, fresh)
    for one, other in ((source.state, fresh.state), (source.offsite, fresh.offsite)):
        _copy_blobs(one, other)
    return fresh


def _copy_tables(source: Deployed, target: Deployed) -> None:
    with (
        TableServiceClient.from_connection_string(source.state) as there,
        TableServiceClient.from_connection_string(target.state) as here,
    ):
        for table in there.list_tables():
            client = here.create_table(table.name)
            rows = there.get_table_client(table.name).list_entities()
            for _, partition in itertools.groupby(rows, lambda row: row["PartitionKey"]):
                left = [_moved(row, source, target) for row in partition]
                for start in range(0, len(left), 100):
                    client.submit_transaction([("create", r) for r in left[start : start + 100]])


def _moved(row: TableEntity, source: Deployed, target: Deployed) -> TableEntity:
    """A backup's entry names the account that it is in."""
    for one, other in ((source.state, target.state), (source.offsite, target.offsite)):
        if "backup" in row:
            names = [f'"accountName":"{_account(text)}"' for text in (one, other)]
            row["backup"] = row["backup"].replace(*names)
    return row


def _account(connection: str) -> str:
    return dict(part.split("=", 1) for part in connection.split(";") if part)["AccountName"]


def _copy_blobs(source: str, target: str) -> None:
    with (
        BlobServiceClient.from_connection_string(source) as there,
        BlobServiceClient.from_connection_string(target) as here,
    ):
        for container in there.list_containers(include_metadata=True):
            one = there.get_container_client(container.name)
            other = here.create_container(container.name, metadata=container.metadata)
            for name in one.list_blob_names():
                other.upload_blob(name, one.download_blob(name).readall())


@dataclass(frozen=True)
class Undeleted:
    """A container as it was, to be made again once it was deleted, as soft delete does."""

    metadata: dict[str, str]
    blobs: dict[str, bytes]

    @staticmethod
    async def of(client: ContainerClient) -> "Undeleted":
        """What a container holds."""
        properties = await client.get_container_properties()
        blobs = {
            name: await (await client.download_blob(name)).readall()
            async for name in client.list_blob_names()
        }
        return Undeleted(dict(properties.metadata), blobs)

    async def undelete(self, client: ContainerClient, renamed: Mapping[str, str] = _NONE) -> None:
        """Make it again.

        :param renamed: blobs that get another name.
        """
        await client.create_container(metadata=self.metadata)
        for name, data in self.blobs.items():
            await client.upload_blob(renamed.get(name, name), data)
