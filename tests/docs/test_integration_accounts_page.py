"""docs/integration-accounts.md: the whole way runs as it stands on the sample account."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, EDIFACT, SUBSCRIPTION, X12, fill
from localhost.stack import HostProcess
from shared.model.push import Action, PushBody
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "integration-accounts.md").read_text()
WAY = PAGE.split("\n## The whole way\n")[1].split("\n## ")[0]
NORTH, TEST = (ACCOUNT.replace("contoso-trading", f"contoso-{name}") for name in ("north", "test"))
_LONGEST_SECONDS = 240


def blocks(text: str) -> list[str]:
    """The commands of a text, without the indent of the list that they stand in."""
    found = re.findall(r"^( *)```bash\n(.*?)^ *```", text, re.S | re.M)
    return [re.sub(rf"^{indent}", "", body, flags=re.M) for indent, body in found]


def commands(heading: str | None = None) -> str:
    """Those below a heading; before the first one where none is given."""
    first, *others = WAY.split("\n### ")
    if heading is None:
        return "\n".join(blocks(first))
    return "\n".join(blocks(next(one for one in others if one.startswith(f"{heading}\n"))))


@pytest.fixture
def arm() -> Iterator[Arm]:
    with Arm() as found:
        fill(found.state)
        yield found


@pytest.fixture
async def own(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[HostProcess]:
    settings = arm.settings(f"/subscriptions/{SUBSCRIPTION}")
    process = Deployed.new(emulator, tmp_path, **settings).host()
    process.start()
    yield process
    process.stop()


async def run(script: str) -> list[Any]:
    """Run commands; an error status ends them. The JSON that was answered, in its order."""
    script = re.sub(r"^curl ", "curl --fail-with-body -sS -w '\\\\n' ", script, flags=re.M)
    process = await asyncio.create_subprocess_exec(
        *("bash", "-e", "-c", script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), _LONGEST_SECONDS)
    assert process.returncode == 0, said.decode()
    return [json.loads(line) for line in said.decode().splitlines() if line.startswith("{")]


def names(arm: Arm, account: str) -> set[str]:
    return {item.name for item in arm.account(account).items["agreements"].values()}


def enabled(answers: list[Any]) -> list[str]:
    """The workflows that the resume among some answers enabled: a push before it disabled them."""
    [resumed] = [one["workflows"]["enabled"] for one in answers if "workflows" in one]
    return [one["name"] for one in resumed]


def state_of(arm: Arm, workflow: str) -> str:
    group = ACCOUNT.split("/")[4]
    return str(arm.state.workflow(SUBSCRIPTION, group, workflow)["properties"]["state"])


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl on PATH")
async def test_the_whole_way(own: HostProcess, arm: Arm) -> None:
    begin = commands().replace("http://127.0.0.1:7071", own.base_url)
    begin = begin.replace("http://127.0.0.1:10003", arm.url)
    begin = begin.replace("<the function key>", own.keys.host)
    given, first = begin.split("\n\n", 1)

    async def told(script: str) -> list[Any]:
        return await run(f"{given}\n{script}")

    await told(first)
    agreements = names(arm, ACCOUNT)
    answers = await told(commands("An account is lost"))
    plans = [answer for answer in answers if "artifacts" in answer]
    errors = [[error["code"] for error in plan["errors"]] for plan in plans]
    assert errors == [["ControlNumbersUncertain"], []]
    assert plans[0]["controlNumbers"]["proposedBy"] >= 1
    (pushed,) = next(answer["value"] for answer in answers if len(answer.get("value", [])) == 1)
    assert (pushed["status"], pushed["result"]["verified"]) == ("Succeeded", True)
    assert names(arm, NORTH) == agreements
    assert arm.account(NORTH).resource["location"] == "northeurope"

    answers = await told(commands("One agreement comes back"))
    (change,) = next(answer["value"] for answer in answers if "value" in answer)
    assert (change["name"], change["change"]) == (EDIFACT, "removed")
    assert names(arm, NORTH) == agreements
    assert enabled(answers) == ["send-orders-north"]
    assert state_of(arm, "send-orders-north") == "Enabled"

    answers = await told(commands("Undo a push"))
    assert names(arm, NORTH) == agreements - {EDIFACT}
    assert enabled(answers) == ["send-orders-north"]
    assert state_of(arm, "send-orders-north") == "Enabled"

    await told(commands("An environment is copied"))
    assert names(arm, TEST) == agreements, "of the backup, not of the account as it is"
    items = arm.account(TEST).items
    as2 = items["agreements"]["contoso-fabrikam-as2"].properties["content"]["aS2"]
    settings = as2["receiveAgreement"]["protocolSettings"]["mdnSettings"]
    assert settings["receiptDeliveryUrl"] == "https://as2-test.contoso.example/receipts"
    key = items["certificates"]["contoso-as2"].properties["key"]
    assert key["keyVault"]["id"].endswith("/contoso-test-keys")

    def number(account: str) -> int:
        session = arm.account(account).items["sessions"][f"{X12}-ICN".lower()]
        return int(session.properties["content"]["ControlNumber"])

    assert (number(NORTH), number(TEST)) == (40_127 + 5000, 40_127 + 5000)


def test_every_member_of_a_push_and_every_action_of_its_plan_is_named() -> None:
    push = PAGE.split("\n## Push\n")[1].split("\n## ")[0]
    request = push.split("\n### ")[0]
    named = set(re.findall(r"`([A-Za-z]+)`", "".join(re.findall(r"^\| (.*?) \|", request, re.M))))
    assert named == {field.alias or name for name, field in PushBody.model_fields.items()}
    assert all(f"`{action}`" in push for action in Action)
