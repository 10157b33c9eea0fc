"""A change of what was read before: another writer who was first is met once, and not passed by."""

from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned, optimistically


class _Row:
    """A stored row that others write too."""

    def __init__(self, text: str = "there") -> None:
        self.stored: Versioned[str] | None = Versioned(text, "1")
        self.reads = 0

    async def read(self) -> Versioned[str] | None:
        self.reads += 1
        return self.stored

    async def write(self, found: Versioned[str]) -> str:
        if self.stored is None or found.etag != self.stored.etag:
            raise RowChanged
        self.stored = Versioned(f"{found.value}, changed", f"{found.etag}+")
        return self.stored.value


async def test_what_is_known_is_not_read_again() -> None:
    row = _Row()
    assert await optimistically(row.read, row.write, row.stored) == "there, changed"
    assert row.reads == 0


async def test_what_another_writer_changed_is_read_and_changed() -> None:
    row = _Row()
    known, row.stored = row.stored, Versioned("theirs", "2")
    assert await optimistically(row.read, row.write, known) == "theirs, changed"
    assert row.reads == 1


async def test_what_is_not_known_is_read_first_and_what_is_gone_is_left_alone() -> None:
    row = _Row()
    assert await optimistically(row.read, row.write) == "there, changed"
    known, row.stored = row.stored, None
    assert await optimistically(row.read, row.write, known) is None
