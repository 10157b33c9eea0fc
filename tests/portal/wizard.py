"""The restore wizard, as tests fill it in: by the members of the request."""

import json
from typing import Any

from playwright.async_api import Locator, expect

from tests.portal.watched import Tab

STEPS = {
    "service": "Restore BizTalk Service",
    "database": "Specify database settings",
    "advanced": "Advanced database settings",
    "stores": "Specify monitoring/archiving settings",
    "review": "Review",
}
_OF_STEP = {
    "/service/trackingDatabase/advanced/": "advanced",
    "/service/trackingDatabase": "database",
    "/service/monitoringStore": "stores",
    "/service/archivingStore": "stores",
    "/controlNumbers": "review",
}


def step_of(pointer: str) -> str:
    """The step that has the control of a member."""
    return next(
        (step for begins, step in _OF_STEP.items() if pointer.startswith(begins)), "service"
    )


class Wizard:
    """The wizard in a tab."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.page = tab.page

    async def open(self, query: str = "") -> None:
        """Begin anew, from an address."""
        await self.tab.open("/about-to-restore")
        await self.page.evaluate("sessionStorage.removeItem('interkeep-restore')")
        await self.tab.open(f"/restore{query}")
        await self.step("service")

    async def step(self, step: str) -> None:
        """Go to a step by its link at the left."""
        steps = self.page.get_by_role("navigation", name="Steps")
        await steps.get_by_role("link", name=STEPS[step]).click()
        await expect(self.page.locator("#step")).to_have_text(STEPS[step])

    def control(self, pointer: str) -> Locator:
        """The control of a member."""
        return self.page.locator(f'[data-member="{pointer}"]')

    async def fill(self, pointer: str, value: Any) -> None:
        """Give a member a value, on the step that has it."""
        await self.step(step_of(pointer))
        if pointer == "/controlNumbers/policy":
            await self.page.get_by_role("radio", name=value).check()
            return
        control = self.control(pointer)
        if isinstance(value, bool):
            await control.set_checked(value)
        elif await control.evaluate("one => one.tagName") == "SELECT":
            await control.select_option(value)
        else:
            await control.fill(str(value))

    async def add(self, what: str) -> None:
        """One more row of a list."""
        await self.step("service")
        await self.page.get_by_role("button", name=what, exact=True).click()

    async def settled(self) -> None:
        """Wait for the plan of the request as it stands: Review says what it comes to."""
        await self.step("review")
        verdict = self.page.locator(".verdict.good, .verdict.bad")
        await expect(verdict).to_be_visible(timeout=20_000)
        await self.page.wait_for_timeout(400)
        await expect(verdict).to_be_visible(timeout=20_000)
        await self.tab.settle()

    async def request(self, *, as_curl: bool = False) -> Any:
        """What *Show the request* says, secrets shown: the JSON, or the command."""
        await self.step("review")
        details = self.page.locator("details.request")
        if not await details.evaluate("one => one.open"):
            await details.get_by_text("Show the request").click()
        secrets = details.get_by_label("Show secrets")
        if await secrets.count():
            await secrets.check()
        name = "curl" if as_curl else "JSON"
        await details.get_by_role("button", name=name, exact=True).click()
        text = await details.locator("pre").inner_text()
        return text if as_curl else json.loads(text)
