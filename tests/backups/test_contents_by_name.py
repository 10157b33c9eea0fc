"""Records of a backup by name: a page passes over so much and no more, and ends where it can."""

import pytest

from shared.backups.inspection import contents
from shared.installation.installation import Installation
from shared.model.place import BEGINNING
from tests.support.scenes import FIRST, SERVICE, fill


async def names(app: Installation, section: str, prefix: str) -> tuple[list[object], int]:
    """The names that are found, and how many pages it took."""
    found: list[object] = []
    place, pages = BEGINNING, 0
    while True:
        page = await app.contents.page(
            SERVICE, FIRST, section, most=100, place=place, prefix=prefix
        )
        found += [one["name"] for one in page.values]
        pages += 1
        if page.following is None:
            return found, pages
        place = page.following


async def test_a_page_that_passes_over_much_is_short(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    await fill(app)
    whole, _ = await names(app, "partners", "")
    assert len(whole) > 1
    first, last = str(whole[0]), str(whole[-1])
    assert await names(app, "partners", last) == ([last], 1)
    monkeypatch.setattr(contents, "_PASSED_BYTES", 1)
    assert await names(app, "partners", last) == ([last], len(whole))
    assert await names(app, "partners", first) == ([first], 1), "all others stand behind it"
