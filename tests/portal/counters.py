"""Counters in all places that there are, and what tests of their page look at and change."""

import re
from typing import Any

from playwright.async_api import Locator, expect

from tests.portal.watched import Tab
from tests.support.api import Api, nobodys, x12_document

SERVICE = "contoso-b2b"
PAGE = f"/services/{SERVICE}/numbers"
_ENDS = {"rolloverInterchangeControlNumber": False}


async def build(api: Api) -> None:
    """A service whose counters stand in all places that there are, and one without agreements."""
    await api.service(SERVICE, edition="Standard", unitCount=2)
    await api.agreement(SERVICE, "Northwind-850")
    await put_agreement(api, "Adatum-810", 1000, 100)
    await put_agreement(api, "Fabrikam-856", 1000, 951)
    await put_agreement(api, "Tailspin-997", 20, 20, **_ENDS)
    await issue(api, "Tailspin-997", 1)
    await issue(api, "Adatum-810", 10)
    await issue(api, "Fabrikam-856", 1)
    await api.backup(SERVICE, "contoso-first")
    await issue(api, "Adatum-810", 40)
    await api.service("empty-b2b", edition="Standard")


async def put_agreement(api: Api, name: str, upper: int, next_number: int, **more: Any) -> None:
    """An agreement of nobody's, whose interchange numbers end at ``upper``."""
    document = nobodys(x12_document(interchangeControlNumberUpperBound=upper, **more))
    path = f"services/{SERVICE}/artifacts/agreements/{name}"
    assert (await api.put(path, {"document": document})).status == 201
    await set_next(api, name, next_number)


async def set_next(api: Api, agreement: str, following: int, **more: Any) -> None:
    """Set the next interchange number, as another operator does."""
    body = {"kind": "interchange", "next": following, **more}
    put = await api.put(f"services/{SERVICE}/control-numbers/{agreement}", body)
    assert put.status == 200, put.body


async def issue(api: Api, agreement: str, many: int) -> None:
    """Issue so many interchange numbers, as a runtime does."""
    path = f"services/{SERVICE}/control-numbers/{agreement}/allocate"
    assert (await api.post(path, {"kind": "interchange", "count": many})).status == 200


async def standing(api: Api, agreement: str) -> Any:
    """Where the interchange numbers of an agreement stand."""
    found = (await api.get(f"services/{SERVICE}/control-numbers/{agreement}")).body
    return found["counters"]["interchange"]


def row(tab: Tab, agreement: str, kind: str = "Interchange") -> Locator:
    """The line of one counter."""
    group = tab.page.locator("table.counters tbody").filter(has_text=agreement)
    return group.get_by_role("row").filter(has_text=kind)


async def open_dialog(tab: Tab, agreement: str) -> Locator:
    """The dialog that sets a next interchange number."""
    name = f"Set next: {agreement}, Interchange"
    await tab.page.get_by_role("button", name=name).click()
    dialog = tab.page.get_by_role("dialog", name=f"Next number of {agreement}, Interchange")
    await expect(dialog.get_by_text("Next now")).to_be_visible()
    return dialog


def digits(text: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)]
