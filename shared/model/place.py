"""Where a page of a backup begins, as it is encoded in a nextLink."""

from typing import Annotated

from pydantic import Field

from shared.model.problem import Code, Problem
from shared.model.wire import Text, Wire

_Bytes = Annotated[int, Field(ge=0, le=2**53 - 1)]


class LinePlace(Wire):
    """Where a line of a section begins.

    A reader starts at the gzip member in which the line begins, and decompresses only that one to
    find it.
    """

    member: _Bytes = 0
    """Offset of the member in the section's blob."""
    before: _Bytes = 0
    """Bytes of lines before the member."""
    skip: _Bytes = 0
    """Bytes of lines in the member before the line."""
    etag: Text = ""
    """The blob's ETag when its hash was checked; empty if each page checks it."""


class SecretPlace(Wire):
    """Where an entry of a backup's sealed secrets begins."""

    frame_at: _Bytes = 0
    """Offset of the frame in the blob."""
    frame: _Bytes = 0
    """Number of the frame."""
    skip: _Bytes = 0
    """Bytes of the opened frame before the entry."""
    entry: _Bytes = 0
    """Number of the entry: the index that documents have."""


class SidePlace(Wire):
    """How far one side of a comparison was read in a section."""

    line: LinePlace = LinePlace()
    """For a backup: where its next record begins."""
    after: Annotated[str, Field(max_length=4096)] = ""
    """For a living service: the name of the last record that was read."""
    secret: SecretPlace = SecretPlace()
    """For a backup: where its next secret begins."""


class ChangesPlace(Wire):
    """Where a page of changes begins."""

    section: Text
    since: SidePlace
    backup: SidePlace


class BrowsePlace(Wire):
    """Where a page of an account's backups begins."""

    marker: Annotated[str, Field(min_length=1, max_length=4096)]
    """The storage service's own marker, which is opaque."""


BEGINNING = LinePlace()
FIRST_SECRET = SecretPlace()


def no_such_place() -> Problem:
    """The problem of a continuation that is not from a nextLink."""
    return Problem(
        Code.INVALID_REQUEST,
        "continuation comes from a nextLink; follow that link as it is.",
        target="continuation",
    )
