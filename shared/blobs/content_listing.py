"""The content store as its collector uses it: blobs are listed page by page, then marked and
deleted on the condition of their ETag.

A mark is metadata that names the service whose prefix the blob is in: storage copies metadata with
a blob, so that a copy under another service's prefix does not count as marked.
"""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from shared.blobs.content_store import CONTAINER, OWNER
from shared.storage.refusals import Said, is_unknown_place, said

_MARK = "unreferenced"


@dataclass(frozen=True)
class ListedContent:
    """One blob of a listing."""

    service_id: str
    sha256: str
    etag: str
    marked: bool
    age: timedelta
    """Time since it was last written or marked, by the storage's clock."""


@dataclass(frozen=True)
class ListedPage:
    """Some blobs, in the order of service and hash."""

    blobs: list[ListedContent]
    following: str
    """Where the next page begins; empty after the last one."""


class PlaceUnknown(Exception):
    """The storage refused the continuation of a listing."""


class ContentListing:
    """Lists, marks and deletes the content in the content store."""

    def __init__(self, account: BlobServiceClient) -> None:
        self._account = account

    @property
    def _container(self) -> ContainerClient:
        return self._account.get_container_client(CONTAINER)

    async def owner(self) -> str | None:
        """The id of the installation that created the store, None if there is no store.

        With another installation's tables, every blob would look unreferenced.
        """
        try:
            properties = await self._container.get_container_properties()
        except AzureError as error:
            if said(error) is not Said.GONE:
                raise
            return None
        return str(properties.metadata.get(OWNER, ""))

    async def pages(self, place: str, size: int) -> AsyncIterator[ListedPage]:
        """All content, a page at a time; a page may be empty and not be the last.

        :param place: where the first page begins, from an earlier page; empty for the beginning.
        :raises PlaceUnknown: if the storage refuses the place.
        """
        heard: datetime | None = None

        def hear(response: Any) -> None:
            nonlocal heard
            date = response.http_response.headers.get("Date")
            if date:
                heard = parsedate_to_datetime(date)

        found = self._container.list_blobs(
            include=["metadata"], results_per_page=size, raw_response_hook=hear
        ).by_page(place or None)
        try:
            async for page in found:
                listed = [_listed(blob, heard) async for blob in page]
                following = found.continuation_token or ""  # type: ignore[attr-defined]
                yield ListedPage([blob for blob in listed if blob], following)
        except AzureError as error:
            if place and is_unknown_place(error):
                raise PlaceUnknown(place) from error
            raise

    async def mark(self, content: ListedContent) -> bool:
        """Mark a blob if it is unchanged since it was listed; return whether it was marked."""
        return await self._write(content, {_MARK: content.service_id})

    async def unmark(self, content: ListedContent) -> bool:
        """Remove the mark of a blob if it is unchanged since it was listed; return whether it was
        removed."""
        return await self._write(content, {})

    async def _write(self, content: ListedContent, metadata: dict[str, str]) -> bool:
        blob = self._container.get_blob_client(f"{content.service_id}/{content.sha256}")
        return await _as_it_was(blob.set_blob_metadata(metadata, **_as_listed(content)))

    async def remove(self, content: ListedContent) -> bool:
        """Delete a blob if it is unchanged since it was listed; return whether it was deleted."""
        name = f"{content.service_id}/{content.sha256}"
        return await _as_it_was(self._container.delete_blob(name, **_as_listed(content)))


async def _as_it_was(writing: Awaitable[object]) -> bool:
    """Await a conditional write; return whether the blob was unchanged. Archived blobs are never
    changed."""
    try:
        await writing
    except AzureError as error:
        if said(error) not in (Said.CHANGED, Said.GONE, Said.OFFLINE):
            raise
        return False
    return True


def _as_listed(content: ListedContent) -> dict[str, Any]:
    return {"etag": content.etag, "match_condition": MatchConditions.IfNotModified}


def _listed(blob: BlobProperties, at: datetime | None) -> ListedContent | None:
    """A blob of a listing; None for one that Interkeep did not write.

    :param at: the time in the answer. The SDK does not pass it on after some retries: then that of
        the page before is used, or without one every blob counts as new.
    """
    service_id, slash, sha256 = str(blob.name).partition("/")
    if not slash or blob.last_modified is None:
        return None
    return ListedContent(
        service_id=service_id,
        sha256=sha256,
        etag='"' + str(blob.etag).strip('"') + '"',  # listings show it without its quotes
        marked=(blob.metadata or {}).get(_MARK) == service_id,
        age=at - blob.last_modified if at else timedelta(),
    )
