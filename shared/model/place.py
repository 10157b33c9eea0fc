"""Where a page of a backup begins: what its nextLink carries."""

from typing import Annotated

from pydantic import Field

from shared.model.wire import Text, Wire

_Bytes = Annotated[int, Field(ge=0, le=2**53 - 1)]


class LinePlace(Wire):
    """Where a line of a section begins.

    A reader starts at the gzip member that the line begins in, and unpacks no more than that one
    to get there.
    """

    member: _Bytes = 0
    """Offset of the member in the section's blob."""
    before: _Bytes = 0
    """Bytes of lines before the member."""
    skip: _Bytes = 0
    """Bytes of lines in the member before the line."""
    etag: Text = ""
    """Of the blob as it was when its hash was checked; empty where each page checks it."""


BEGINNING = LinePlace()
