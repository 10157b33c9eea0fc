"""The account that backups go to, looked at with an ordinary storage client."""

import gzip

from azure.storage.blob.aio import BlobServiceClient

from localhost.demo.closing import Closing


class Offsite(Closing):
    """Reads containers of one storage account."""

    def __init__(self, connection_string: str) -> None:
        self._client = BlobServiceClient.from_connection_string(connection_string)

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()

    async def blobs(self, container: str) -> list[tuple[str, int]]:
        """Names and sizes of a container's blobs."""
        client = self._client.get_container_client(container)
        return [(blob.name, blob.size) async for blob in client.list_blobs()]

    async def read(self, container: str, name: str) -> bytes:
        """The bytes of a blob; a gzipped one unpacked."""
        client = self._client.get_blob_client(container, name)
        data = await (await client.download_blob()).readall()
        return gzip.decompress(data) if name.endswith(".gz") else data
