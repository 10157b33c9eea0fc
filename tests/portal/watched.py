"""A tab of the browser that is watched: what it asks for, what it complains about."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Locator, Page, Request, Route, expect

_MOST_TABS = 120
_MOST_MILLISECONDS = 60_000
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")


@dataclass
class Tab:
    """A page with the portal in it.

    ``expected`` has the refusals that a test provokes, as ``401 /api/me``: the browser tells of
    each in its console, whatever the page makes of it.
    """

    page: Page
    base_url: str
    key: str
    expected: set[str] = field(default_factory=set)
    noticed: list[str] = field(default_factory=list)
    beside: tuple[str, ...] = ()
    """Addresses outside of the API that a person is led to, such as the sign-in."""

    def watch(self) -> None:
        """Note what the browser says from now on, and every request."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.noticed.append(f"error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        refused = _REFUSED.match(message.text)
        path = urlsplit(message.location.get("url", "")).path
        if refused and any(
            path.endswith(one.partition(" ")[2]) and one.startswith(refused[1])
            for one in self.expected
        ):
            return
        if "net::ERR" in message.text and "gone" in self.expected:
            return
        self.noticed.append(f"console {message.type}: {message.text} at {path}")

    def _request(self, request: Request) -> None:
        if request.url.startswith(("blob:", "data:")):
            return
        if not request.url.startswith((f"{self.base_url}/api/", *self.beside)):
            self.noticed.append(f"a request outside the API: {request.url}")
        if "code=" in request.url or self.key in request.url:
            self.noticed.append("a key in an address")

    def require_quiet(self) -> None:
        """Fail where the browser complained: a policy, an error, a request to elsewhere."""
        assert self.noticed == []

    async def open(self, path: str = "/") -> None:
        """Load an address of the portal anew, with the key as ``make run`` prints it."""
        await self.page.goto("about:blank")
        await self.page.goto(f"{self.base_url}/api/portal{path}#key={self.key}")
        await expect(self.heading).to_be_visible()

    @property
    def heading(self) -> Locator:
        """The headline of the page."""
        return self.page.get_by_role("heading", level=1)

    async def settle(self) -> None:
        """Wait until nothing is loading, also on a busy machine."""
        loading = self.page.locator(".skeleton, .waiting, .reading.on")
        await expect(loading).to_have_count(0, timeout=_MOST_MILLISECONDS)

    async def to(self, target: Locator) -> None:
        """Go to a control by the tabulator alone."""
        for _ in range(_MOST_TABS):
            if await target.evaluate("one => one === document.activeElement"):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")

    async def press(self, role: str, name: str | re.Pattern[str]) -> None:
        """Go to a button or a link by the keyboard, and use it."""
        exact = isinstance(name, str)
        target = self.page.get_by_role(role, name=name, exact=exact).first  # type: ignore[arg-type]
        await expect(target).to_be_visible()
        await self.to(target)
        await self.page.keyboard.press("Enter")

    async def fill(self, label: str, text: str) -> None:
        """Go to a field by the keyboard, and write over what is in it."""
        field_ = self.page.get_by_label(label, exact=True)
        await self.to(field_)
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.type(text)

    async def choose(self, label: str, first_letters: str) -> None:
        """Go to a list by the keyboard, and choose by first letters."""
        await self.to(self.page.get_by_label(label, exact=True))
        await self.page.keyboard.type(first_letters)


def button(tab: Tab, name: str) -> Locator:
    """A button by its name."""
    return tab.page.get_by_role("button", name=name, exact=True)


async def as_reader(tab: Tab) -> None:
    """From now on the app tells the page of the operations that read, and of no others."""

    async def told(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        reads = [one for one in body["operations"] if one.startswith(("get_", "list_"))]
        await route.fulfill(response=answer, json={**body, "operations": reads})

    await tab.page.route("**/api/me", told)
