"""The form of a push, as tests fill it in: by the members of the request."""

import json
import re
from typing import Any

from playwright.async_api import Locator, expect

from tests.portal.accounts import NORTH
from tests.portal.watched import Tab
from tests.support.arm import Arm

_NEW = "Resource id of the new account"


class PushForm:
    """The page of a service's push in a tab."""

    def __init__(self, tab: Tab, service: str) -> None:
        self.tab, self.page, self.service = tab, tab.page, service

    async def open(self) -> None:
        """Begin anew, whatever was filled in before in this tab."""
        await self.tab.open("/about-to-push")
        await self.page.evaluate(
            f"sessionStorage.removeItem('interkeep-draft pushing {self.service} ')"
        )
        await self.tab.open(f"/services/{self.service}/push")

    def control(self, pointer: str) -> Locator:
        """The control of a member."""
        return self.page.locator(f'[data-member="{pointer}"]')

    async def fill(self, pointer: str, value: Any) -> None:
        """Give a member a value."""
        control = self.control(pointer)
        if isinstance(value, bool):
            await control.set_checked(value)
        elif await control.evaluate("one => one.tagName") == "SELECT":
            await control.select_option(value)
        else:
            await control.fill(str(value))

    async def add(self, what: str) -> None:
        """One more row of a list."""
        await self.page.get_by_role("button", name=what, exact=True).click()

    async def into_north(self) -> None:
        """Another account that there is."""
        await self.page.get_by_label("Account", exact=True).select_option("listed")
        await self.page.get_by_label("Choose an account").select_option(NORTH)

    async def into_new(self, account: str = NORTH) -> None:
        """An account that is made first."""
        await self.page.get_by_label("Account", exact=True).select_option("create")
        await self.page.get_by_label(_NEW).fill(account)
        await self.page.get_by_label("Location").fill("northeurope")

    async def plan(self, verdict: str) -> Locator:
        """Ask for the plan; the verdict, once it says what it must."""
        await self.tab.press("button", "Plan")
        found = self.page.locator("section.verdict")
        await expect(found.get_by_role("heading")).to_have_text(re.compile(verdict))
        return found

    async def request(self, *, as_curl: bool = False) -> Any:
        """What *Show the request* says: the JSON, or the command."""
        details = self.page.locator("details.request").filter(has_text="Show the request")
        if not await details.evaluate("one => one.open"):
            await details.get_by_text("Show the request").click()
        name = "curl" if as_curl else "JSON"
        await details.get_by_role("button", name=name, exact=True).click()
        text = await details.locator("pre").inner_text()
        return text if as_curl else json.loads(text)

    @property
    def run(self) -> Locator:
        """The button that starts it."""
        return self.page.locator(".run-push").get_by_role("button")


def forget_north(azure: Arm) -> None:
    """The account is not there, whatever a test before left."""
    parts = NORTH.strip("/").split("/")
    azure.state.group(parts[1], parts[3]).accounts.pop(parts[7].lower(), None)
