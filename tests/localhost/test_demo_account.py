"""The demo's second act, told to a host of its own: what it leaves in Azure's stand-in."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from localhost.arm.sample import ACCOUNT, EDIFACT, SUBSCRIPTION, X12, fill
from localhost.arm.state import Account
from localhost.demo.azure import Azure
from localhost.demo.client import Api
from localhost.demo.failure import DemoFailed
from localhost.demo.machine import Machine
from localhost.demo.network.build import build
from localhost.demo.steps import (
    ACCOUNT_STEPS,
    BACK_UP_ACCOUNT,
    LINK,
    PLAN_BACK,
    PULL,
    READING_STEPS,
    STEPS,
)
from localhost.demo.story import Names, Story, tell
from localhost.stack import HostProcess
from scripts.smoke import Report
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator

NORTH = ACCOUNT.replace("contoso-trading", "contoso-north")


class Tables(Report):
    """Keeps the tables that were shown."""

    def __init__(self) -> None:
        self.tables: list[list[Sequence[str]]] = []

    def table(self, rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
        self.tables.append([*rows])


@pytest.fixture
def arm() -> AsyncIterator[Arm]:
    with Arm() as found:
        fill(found.state)
        yield found


@pytest.fixture
def own(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[HostProcess]:
    """A host whose clock the story moves."""
    settings = arm.settings(f"/subscriptions/{SUBSCRIPTION}")
    process = Deployed.new(emulator, tmp_path, **settings).host()
    process.start()
    yield process
    process.stop()


@pytest.fixture
async def story(own: HostProcess, arm: Arm) -> AsyncIterator[Story]:
    api = Api(f"{own.base_url}/api", own.keys.host)
    machine = Machine(own.base_url, own.keys.master)
    async with api, machine, Azure(arm.url) as azure:
        yield Story(
            *(api, Tables(), build(), Names(), "offsite"),
            readable=None,
            owned=machine,
            integration_account=ACCOUNT,
            azure=azure,
        )


def artifacts(account: Account) -> dict[str, object]:
    """What an account holds but sessions: kind and name → properties and content."""
    return {
        f"{kind}/{item.name}": (item.properties, item.content)
        for kind, items in account.items.items()
        if kind != "sessions"
        for item in items.values()
    }


def numbers(account: Account) -> dict[str, int]:
    """The last number of each session that the story's workflows take numbers of."""
    sessions = account.items["sessions"]
    names = [f"{X12}-ICN", f"{X12}-GCN", f"{X12}-TSCN", f"{EDIFACT}-ICN", f"{EDIFACT}-TSCN"]
    return {
        name: int(sessions[name.lower()].properties["content"]["ControlNumber"]) for name in names
    }


@pytest.mark.timeout(300)
async def test_an_account_is_lost_and_comes_back_in_another_region(story: Story, arm: Arm) -> None:
    sample = arm.account(ACCOUNT)
    before = artifacts(sample)
    assert await tell(story, ACCOUNT_STEPS, after=len(STEPS)) == len(STEPS) + len(ACCOUNT_STEPS)
    accounts = arm.state.group(SUBSCRIPTION, "contoso-integration").accounts
    assert [*accounts] == ["contoso-north"], "the other one is gone"
    north = arm.account(NORTH)
    assert north.resource["location"] == "northeurope"
    assert artifacts(north) == before
    lost, now = numbers(sample), numbers(north)
    assert all(now[name] > lost[name] + 3 for name in lost), "three orders, behind all of before"
    [(heading, *rows)] = [
        table
        for table in story.terminal.tables
        if "lost account" in table[0]  # type: ignore[attr-defined]
    ]
    assert heading[2:] == ("backed up", "lost account", "continues at")
    shown = {(row[0], row[1]): [int(number) for number in row[2:]] for row in rows}
    assert len(shown) == len(lost)
    assert all(known < last < goes_on for known, last, goes_on in shown.values())
    assert shown[X12, "interchange"][:2] == [40_127 + 60, 40_127 + 90]


async def test_a_number_that_an_account_repeats_ends_the_story(story: Story, arm: Arm) -> None:
    story.sent.record(X12, await story.cloud.send(ACCOUNT, X12, 2))
    content = arm.account(ACCOUNT).items["sessions"][f"{X12}-ICN".lower()].properties["content"]
    content["ControlNumber"] = str(int(content["ControlNumber"]) - 1)
    with pytest.raises(DemoFailed, match="40129 was issued twice"):
        story.sent.record(X12, await story.cloud.send(ACCOUNT, X12, 1))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seen", [True, False])
async def test_what_differs_from_the_backup_must_be_what_somebody_changed(
    story: Story, arm: Arm, seen: bool
) -> None:
    """A partner is other when the push is planned; as it was again, the next pull calls it no
    change."""
    assert await tell(story, (LINK, PULL, BACK_UP_ACCOUNT)) == 3
    fabrikam = arm.account(ACCOUNT).items["partners"]["fabrikam"]
    before = fabrikam.properties

    def change() -> None:
        fabrikam.properties = {**before, "metadata": {"by": "somebody"}}

    def change_back() -> None:
        if not seen:
            fabrikam.properties = before

    arm.fault(method="GET", part=f"{ACCOUNT}/partners", meanwhile=change)
    arm.fault(method="GET", part=f"{ACCOUNT}/partners", nth=2, meanwhile=change_back)
    if seen:
        fabrikam.changed = "2026-05-06T07:08:09.1234567Z"
        await tell(story, (PLAN_BACK,))
        return
    with pytest.raises(DemoFailed, match="replace partners/Fabrikam"):
        await tell(story, (PLAN_BACK,))


def test_every_step_says_what_and_why() -> None:
    told = [*STEPS, *ACCOUNT_STEPS]
    assert len({step.title for step in told}) == len(told)
    assert all(len(step.why) > 40 for step in {*ACCOUNT_STEPS, *READING_STEPS})
