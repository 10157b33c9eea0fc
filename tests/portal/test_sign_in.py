"""The portal with App Service authentication, by its cookie, and what roles show of it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from shared.installation.installation import current
from shared.rules.roles import Role
from tests.portal.watched import Tab
from tests.support.app_service import COOKIE, AppService
from tests.support.deployed import Deployed, Emulator

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYLESS = {"FUNCTION_KEYS": "optional", "REQUIRE_ROLES": "true", "WEBSITE_AUTH_ENABLED": "True"}
SERVICE = "contoso-b2b"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app_service(
    emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[AppService]:
    """The app behind App Service authentication, with a service in it; keys are optional."""
    folder = tmp_path_factory.mktemp("app_service")
    deployed = Deployed.new(emulator, folder)
    settings = {**deployed.settings, "STATE_STORAGE": deployed.state, **KEYLESS}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        current.cache_clear()
        async with AppService(folder).running() as running:
            yield running
            await current().close()
        current.cache_clear()


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser, app_service: AppService) -> AsyncIterator[Tab]:
    """Somebody with a browser, who is not signed in yet."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", ignore_https_errors=True
    )
    app_service.roles = [Role.ADMIN]
    # No key is in use: none may be in an address.
    tab = Tab(await context.new_page(), app_service.base_url, "no-key-at-all")
    tab.expected.add("401 /api/me")
    tab.beside = (f"{app_service.base_url}/.auth/",)
    tab.watch()
    yield tab
    await context.close()
    tab.require_quiet()


async def sign_in(tab: Tab, path: str) -> None:
    """Open an address, and come back to it by the sign-in."""
    await tab.page.goto(f"{tab.base_url}/api/portal{path}")
    await tab.page.get_by_role("link", name="Sign in with Microsoft").click()
    await expect(tab.page.get_by_role("link", name="Interkeep")).to_be_visible()


async def test_the_sign_in_leads_back_to_the_same_address(visitor: Tab) -> None:
    await sign_in(visitor, "/services?state=Suspended&edition=Standard")
    address = f"{visitor.base_url}/api/portal/services?state=Suspended&edition=Standard"
    await expect(visitor.page).to_have_url(address)
    await expect(visitor.page.get_by_label("State", exact=True)).to_have_value("Suspended")
    await visitor.page.locator(".who summary").click()
    await expect(visitor.page.get_by_text("Signed in as ada@contoso.example")).to_be_visible()
    await expect(visitor.page.get_by_text("Roles: Interkeep.Admin")).to_be_visible()
    # A good cookie opens every address, and no key is asked for.
    await visitor.page.goto(f"{visitor.base_url}/api/portal/health")
    await expect(visitor.heading).to_have_text("Health")
    await visitor.page.locator(".who summary").click()
    await visitor.page.get_by_role("link", name="Sign out").click()
    await expect(visitor.page.get_by_role("link", name="Sign in with Microsoft")).to_be_visible()


async def test_what_is_changed_by_cookie_comes_from_the_page_itself(visitor: Tab) -> None:
    await sign_in(visitor, "/services/new")
    await visitor.page.get_by_label("Service name").fill(SERVICE)
    async with visitor.page.expect_request(lambda one: one.method == "PUT") as put:
        await visitor.page.keyboard.press("Enter")
    headers = await (await put.value).all_headers()
    assert headers["sec-fetch-site"] == "same-origin"
    assert COOKIE in headers["cookie"]
    assert "x-functions-key" not in headers
    await expect(visitor.heading).to_have_text(SERVICE)
    await visitor.page.get_by_role("button", name="Suspend", exact=True).click()
    dialog = visitor.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Suspend", exact=True).click()
    await expect(visitor.page.locator(".title [data-status=Suspended]")).to_be_visible()


async def test_a_sign_in_that_has_ended_says_so_and_leads_back(
    visitor: Tab, app_service: AppService
) -> None:
    """Nobody who came by cookie is told that a key was refused."""
    visitor.expected |= {"401 /api/services", "401 /api/operations", "401 /api/editions"}
    await sign_in(visitor, "/services?edition=Basic")
    await expect(visitor.heading).to_have_text("Services")
    app_service.end_sessions()
    await visitor.page.get_by_label("State", exact=True).select_option("Active")
    await expect(visitor.page.get_by_text("Your sign-in has ended")).to_be_visible()
    await expect(visitor.page.get_by_text("The key was refused")).to_have_count(0)
    await visitor.page.get_by_role("link", name="Sign in with Microsoft").click()
    address = f"{visitor.base_url}/api/portal/services?edition=Basic&state=Active"
    await expect(visitor.page).to_have_url(address)
    await expect(visitor.heading).to_have_text("Services")


@pytest.mark.parametrize(
    ("role", "offered", "missing"),
    [
        (Role.READER, (), ("Back up", "Suspend", "Resume", "Scale", "Delete")),
        (Role.OPERATOR, ("Back up", "Resume"), ("Scale", "Delete")),
        (Role.ADMIN, ("Back up", "Resume", "Scale", "Delete"), ()),
    ],
)
async def test_what_a_role_may_never_do_is_not_offered(
    visitor: Tab,
    app_service: AppService,
    role: Role,
    offered: tuple[str, ...],
    missing: tuple[str, ...],
) -> None:
    app_service.roles = [role]
    await sign_in(visitor, f"/services/{SERVICE}")
    await expect(visitor.heading).to_have_text(SERVICE)
    await expect(visitor.page.get_by_role("heading", name="Quick Glance")).to_be_visible()
    await visitor.settle()
    commands = visitor.page.get_by_role("group", name="Commands").get_by_role("button")
    words = [text.partition(":")[0].strip() for text in await commands.all_inner_texts()]
    assert set(offered) <= set(words)
    assert not set(missing) & set(words)
    await visitor.page.get_by_role("link", name="Services", exact=True).first.click()
    new = visitor.page.get_by_role("link", name="New service")
    await expect(new).to_have_count(1 if role is Role.ADMIN else 0)


async def test_a_refusal_that_comes_all_the_same_stands_where_it_was_asked_for(
    visitor: Tab, app_service: AppService
) -> None:
    """A role is taken from somebody whose page still offers what it allowed."""
    visitor.expected |= {"403 /resume", "403 /backup-schedule"}
    await sign_in(visitor, f"/services/{SERVICE}")
    await visitor.page.get_by_role("button", name="Resume", exact=True).click()
    dialog = visitor.page.get_by_role("dialog")
    app_service.roles = [Role.READER]
    await dialog.get_by_role("button", name="Resume", exact=True).click()
    problem = dialog.locator(".problem")
    await expect(problem).to_contain_text("Forbidden")
    await expect(problem).to_contain_text("Interkeep.Operator")
    await expect(problem.get_by_role("button", name="Copy Request")).to_be_visible()
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.locator(".title [data-status=Suspended]")).to_be_visible()
    # In a form, it stands in the form, and what was filled in stays.
    app_service.roles = [Role.OPERATOR]
    await visitor.page.goto(f"{visitor.base_url}/api/portal/services/{SERVICE}/configure")
    await visitor.page.get_by_label("Backup Status").select_option("Automatic")
    await visitor.page.get_by_label("Retention Days").fill("44")
    app_service.roles = [Role.READER]
    await visitor.page.get_by_role("button", name="Save").click()
    await expect(visitor.page.locator("form .problem")).to_contain_text("Forbidden")
    await expect(visitor.page.get_by_label("Retention Days")).to_have_value("44")


async def test_who_has_no_role_is_told_what_is_missing(
    visitor: Tab, app_service: AppService
) -> None:
    app_service.roles = []
    visitor.expected |= {"403 /api/services"}
    await sign_in(visitor, "/services")
    await expect(visitor.page.locator("main .problem")).to_contain_text("Forbidden")
    await visitor.page.locator(".who summary").click()
    await expect(visitor.page.get_by_text("You have no role in this app")).to_be_visible()
