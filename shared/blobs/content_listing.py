"""The content store as its collector sees it: listed page by page, marked and removed by ETag.

A mark is metadata that names the service whose prefix the blob is in: storage copies metadata with
a blob, and a copy in another service's prefix was never marked there.
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
    """One blob as a listing shows it."""

    service_id: str
    sha256: str
    etag: str
    marked: bool
    age: timedelta
    """Since it was written or marked last: both times are the storage's."""


@dataclass(frozen=True)
class ListedPage:
    """Some blobs, in the order of service and hash."""

    blobs: list[ListedContent]
    following: str
    """Where the next page begins; empty behind the last one."""


class PlaceUnknown(Exception):
    """The storage does not know the place that a listing was to go on from."""


class ContentListing:
    """What the content store holds."""

    def __init__(self, account: BlobServiceClient) -> None:
        self._account = account

    @property
    def _container(self) -> ContainerClient:
        return self._account.get_container_client(CONTAINER)

    async def owner(self) -> str | None:
        """The id of the installation that made the store, None where there is no store.

        Beside another installation's tables every blob looks as if nothing referred to it.
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

        :param place: where the first page begins, as an earlier page said; empty for the start.
        :raises PlaceUnknown: where the storage does not take the place.
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
        """Mark a blob, where it is as it was listed; whether it was."""
        return await self._write(content, {_MARK: content.service_id})

    async def unmark(self, content: ListedContent) -> bool:
        """Take the mark from a blob, where it is as it was listed; whether it was."""
        return await self._write(content, {})

    async def _write(self, content: ListedContent, metadata: dict[str, str]) -> bool:
        blob = self._container.get_blob_client(f"{content.service_id}/{content.sha256}")
        return await _as_it_was(blob.set_blob_metadata(metadata, **_as_listed(content)))

    async def remove(self, content: ListedContent) -> bool:
        """Remove a blob, where it is as it was listed; whether it was."""
        name = f"{content.service_id}/{content.sha256}"
        return await _as_it_was(self._container.delete_blob(name, **_as_listed(content)))


async def _as_it_was(writing: Awaitable[object]) -> bool:
    """Whether a blob was written as it was listed; archived ones stay as they are."""
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
    """A blob of a listing; None for one that Interkeep did not put there.

    :param at: what the answer said that the time is. The SDK does not tell after some repeated
        requests: then the page before counts, or everything is as good as new.
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
