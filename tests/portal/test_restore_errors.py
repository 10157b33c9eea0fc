"""Errors of a restore's plan: each stands at its field, and nobody is asked too early."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import expect

from tests.portal import lost, restoring
from tests.portal.restoring import ORDERS, REPLACE
from tests.portal.wizard import STEPS, Wizard, step_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""Other modules have services and backups of the same names."""

estate = restoring.estate
wizard = restoring.wizard


@dataclass(frozen=True)
class Wrong:
    """Something that forbids a restore."""

    code: str
    at: str
    given: dict[str, Any] = field(default_factory=dict)
    backup: str = lost.BACKUP
    rows: tuple[str, ...] = ()
    account: str = "offsite"


_ADVANCED = {"/service/trackingDatabase/advanced": True}
_INCLUDE, _EXCLUDE = "Include a section or an artifact", "Leave out a section or an artifact"

WRONGS = [
    Wrong("StorageAccountUnknown", "/backup/storageAccount", account="nowhere"),
    Wrong("InvalidName", "/backup/container", backup="No"),
    Wrong("BackupNotFound", "/backup/container", backup="nothing-here"),
    Wrong("DescriptorForged", "/backup/container", backup=lost.RENAMED),
    Wrong("BackupIncomplete", "/acceptPartial", backup=lost.PARTIAL),
    Wrong("ServiceExists", "/service/name"),
    Wrong("InvalidName", "/service/name", {"/service/name": "x"}),
    Wrong("EditionTooLow", "/service/edition", {"/service/edition": "Basic"}),
    Wrong("QuotaExceeded", "/service/unitCount", {"/service/unitCount": 1}, backup=lost.WIDE),
    Wrong("WrongValue", "/service/unitCount", {"/service/unitCount": 9}),
    Wrong("WrongValue", "/service/domainUrl", {"/service/domainUrl": "ftp://b2b.contoso.example"}),
    Wrong(
        "InvalidRequest",
        "/service/accessControl/key",
        {"/service/accessControl/namespace": "acs"},
        backup=lost.WIDE,
    ),
    Wrong(
        "MaskWithoutValue",
        "/service/accessControl/key",
        {"/service/accessControl/key": "********"},
    ),
    Wrong(
        "InvalidRequest",
        "/service/trackingDatabase/server",
        {"/service/trackingDatabase/server": "no host!"},
    ),
    Wrong(
        "InvalidRequest",
        "/service/trackingDatabase/password",
        {"/service/trackingDatabase/password": "short"},
    ),
    Wrong("InvalidRequest", "/service/trackingDatabase/name", _ADVANCED),
    Wrong(
        "InvalidRequest",
        "/service/trackingDatabase/login",
        {"/service/trackingDatabase/server": "db.contoso.example"},
        backup=lost.WIDE,
    ),
    Wrong(
        "WrongValue",
        "/service/trackingDatabase/advanced/maxSizeGB",
        {**_ADVANCED, "/service/trackingDatabase/advanced/maxSizeGB": 5000},
    ),
    Wrong(
        "InvalidRequest",
        "/service/archivingStore",
        {
            "/service/archivingStore": "account",
            "/service/archivingStore/storageAccount": "offsite",
        },
    ),
    Wrong("ArtifactNotFound", "/include/0/name", {"/include/0/name": "Nobody"}, rows=(_INCLUDE,)),
    Wrong(
        "DanglingReference",
        "/exclude",
        {"/exclude/0/section": "partners", "/exclude/0/name": "Fabrikam"},
        rows=(_EXCLUDE,),
    ),
    Wrong(
        "InvalidRequest",
        "/replace/0/pointer",
        {**ORDERS, "/replace/0/pointer": "/nothing/here", "/replace/0/value": "x"},
        rows=(REPLACE,),
    ),
    Wrong(
        "MaskWithoutValue",
        "/replace/0/value",
        {**ORDERS, "/replace/0/pointer": "/source/password", "/replace/0/value": "********"},
        rows=(REPLACE,),
    ),
    Wrong(
        "ArtifactNotFound",
        "/replace/0/name",
        {"/replace/0/name": "Nobody", "/replace/0/pointer": "/a", "/replace/0/value": "x"},
        rows=(REPLACE,),
    ),
    Wrong(
        "ControlNumbersExhausted",
        "/controlNumbers/by",
        {
            "/controlNumbers/policy": "Continue, then leave numbers out",
            "/controlNumbers/by": 100,
        },
        backup=lost.BOUNDED,
    ),
]


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda one: f"{one.code}-{one.at}")
async def test_an_error_of_the_plan_stands_at_its_field(wizard: Wizard, wrong: Wrong) -> None:
    """On its step, which is marked, whichever step one is at; Review leads to it."""
    page = wizard.page
    await wizard.open(f"?account={wrong.account}&container={wrong.backup}")
    for row in wrong.rows:
        await wizard.add(row)
    for pointer, value in wrong.given.items():
        await wizard.fill(pointer, value)
    await wizard.settled()
    verdict = page.locator(".verdict")
    goes = page.get_by_role("button", name=f"Go to it: {wrong.at}", exact=True)
    listed = verdict.get_by_role("listitem").filter(has_text=wrong.code).filter(has=goes).first
    message = await listed.locator("span").first.inner_text()
    await expect(page.locator(".start button")).to_have_attribute("aria-disabled", "true")
    marked = page.locator(".wrong-step", has_text=STEPS[step_of(wrong.at)])
    await expect(marked).to_have_count(1)
    await listed.get_by_role("button").click()
    await expect(page.locator("#step")).to_have_text(STEPS[step_of(wrong.at)])
    control = wizard.control(wrong.at).first
    await expect(control).to_be_focused()
    if wrong.at.count("/") > 1 or wrong.at == "/acceptPartial":
        await expect(control).to_have_attribute("aria-invalid", "true")
        described = await control.get_attribute("aria-describedby") or ""
        said = [await page.locator(f'[id="{one}"]').inner_text() for one in described.split()]
        assert message in said
    else:
        await expect(control).to_have_text(message)


async def test_what_is_still_to_be_filled_in_is_said_before_anybody_is_asked(
    wizard: Wizard,
) -> None:
    asked: list[str] = []
    await wizard.page.route(
        "**/api/restores?*", lambda route: (asked.append(route.request.url), route.continue_())[1]
    )
    await wizard.open()
    await wizard.step("review")
    await expect(wizard.page.locator(".verdict")).to_contain_text("Choose a backup.")
    await wizard.page.wait_for_timeout(800)
    assert asked == []
