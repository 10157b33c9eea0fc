"""Steps of an integration account that is lost, and comes back in another region."""

import copy
from collections.abc import Mapping
from typing import Any

from localhost.arm.sample import EDIFACT, X12
from localhost.demo.network.artifact import JsonObject
from localhost.demo.steps.linking import (
    back_up_linked,
    follow_up,
    push_plan,
    restored_from,
)
from localhost.demo.story import Step, Story

_AGREEMENTS = (X12, EDIFACT)
_REGION = "northeurope"
_A_DAYS_ORDERS, _UNTOLD_ORDERS, _NEW_ORDERS = 60, 30, 3
_SECTIONS = ("partners", "agreements", "batches", "schemas", "transforms", "certificates")
_OLD_ADDRESS = "FABRIKAM-TEST"
_LOGIC_APP = "send-orders-north"


def _restored(story: Story) -> str:
    return f"{story.names.linked}-north"


def _new_account(story: Story) -> str:
    """The ARM id of the account in the other region, beside the lost one."""
    return f"{story.integration_account.rpartition('/')[0]}/contoso-north"


async def _a_day(story: Story) -> None:
    account, service = story.integration_account, story.names.linked
    for (agreement, kind), last in (await story.cloud.last_numbers(account, _AGREEMENTS)).items():
        story.sent.record(agreement, [{"kind": kind, "value": last}])
    await _send(story, account, _A_DAYS_ORDERS)
    await story.machine.a_day_ahead()
    await back_up_linked(story, service, f"{service}-nightly")
    known = await story.api.call("GET", "services", service, "control-numbers")
    story.show(known)
    counters = {row["agreement"]: row["counters"] for row in known.json["value"]}
    story.check(
        all(
            counters[agreement][kind]["last"] == story.sent.last((agreement, kind))
            for agreement, kind in story.sent.places()
        ),
        "the backup has every number that the account issued, though nobody told Interkeep",
        f"{counters}",
    )


async def _lose(story: Story) -> None:
    account, service = story.integration_account, story.names.linked
    await _send(story, account, _UNTOLD_ORDERS)
    await story.machine.a_day_ahead()
    await story.cloud.delete(account)
    story.terminal.fact("deleted in Azure", account.rpartition("/")[2])
    pulled = await story.api.call("POST", "services", service, "pull", body={}, expect=202)
    story.show(pulled)
    failed = await story.until(
        lambda monitor: monitor["status"] == "Failed",
        "a pull of an account that is gone fails",
        *("services", service, "operations", pulled.json["id"]),
    )
    error = failed.json["error"]
    story.terminal.refused(f"{error['code']}: {error['message']}")
    story.check(
        error["code"] == "IntegrationAccountNotFound"
        and bool((await _artifacts(story, service))["agreements"]),
        "gone is not empty: what was pulled stays as it was",
    )


async def _restore(story: Story) -> None:
    await restored_from(story, f"{story.names.linked}-nightly", _restored(story))
    body = {"create": _creation(story)}
    plan = await push_plan(story, _restored(story), body)
    writes = f"{plan['writes']} writes, {plan['seconds']} s at Azure's pace"
    story.terminal.fact("would take", writes)
    rows = [("agreement", "kind", "last known", "a day", "skip")]
    for one in plan["controlNumbers"]["uncertain"]:
        rate = f"{one['perDay']:.0f}" if "perDay" in one else "–"
        known, skip = str(one["lastKnown"]), str(one["proposedBy"])
        rows.append((one["agreement"], one["kind"], known, rate, skip))
    story.terminal.table(rows, frozenset({2, 3, 4}))
    await story.refusal(
        *("ControlNumbersUncertain", 409, "POST", "services", _restored(story), "push"),
        body=body,
    )


async def _push(story: Story) -> None:
    service = _restored(story)
    plan = await push_plan(story, service, {"create": _creation(story)})
    answer = _answer_to(plan)
    for one in answer["agreements"]:
        story.terminal.fact("advance", f"{one['agreement']} by {one['by']}, the most of its kinds")
    body = {"create": _creation(story), "controlNumbers": answer}
    monitor = await follow_up(story, "POST", "services", service, "push", body=body, what="Push")
    result = monitor["result"]
    story.terminal.fact("created", _counts(result["created"]))
    story.check(
        result["verified"] and result["linked"],
        "read again and compared: the account is as the backup has it, and linked",
        f"{result}",
    )
    begins = await story.cloud.last_numbers(_new_account(story), _AGREEMENTS)
    known = {(one["agreement"], one["kind"]): one["lastKnown"] for one in _uncertain(plan)}
    rows = [("agreement", "kind", "backed up", "lost account", "continues at")]
    for place in story.sent.places():
        agreement, kind = place
        lost, following = str(story.sent.last(place)), str(begins[place] + 1)
        rows.append((agreement, kind, str(known[place]), lost, following))
    story.terminal.table(rows, frozenset({2, 3, 4}))
    story.check(
        all(begins[place] >= story.sent.last(place) for place in story.sent.places()),
        "every number continues after all that the lost account issued, also what nobody knew of",
        f"{begins}",
    )
    await follow_up(story, "POST", "services", service, "pull", body={}, what="Pull")
    before = await _artifacts(story, story.names.linked)
    after = await _artifacts(story, service)
    story.check(
        before == after,
        f"pulled again, all {sum(map(len, after.values()))} artifacts are as they were",
    )


async def _go_on(story: Story) -> None:
    await story.cloud.deploy(_new_account(story), _LOGIC_APP, _REGION)
    story.terminal.fact("deployed in Azure", f"{_LOGIC_APP}, in {_REGION}")
    resumed = await story.api.call("POST", "services", _restored(story), "resume")
    story.show(resumed)
    story.check(resumed.json["state"] == "Active", "the restored service is resumed: it trades")
    await _send(story, _new_account(story), _NEW_ORDERS)
    story.held(f"{story.sent.total()} numbers over both accounts, and no partner saw one twice")
    await back_up_linked(story, _restored(story), f"{_restored(story)}-good")


async def _break(story: Story) -> None:
    service, account = _restored(story), _new_account(story)
    resource = await story.cloud.get(account, "agreements", X12)
    await story.cloud.put(account, "agreements", X12, _broken(resource["properties"]))
    await follow_up(story, "POST", "services", service, "pull", body={}, what="Pull")
    path = ("services", service, "integration-account", "changes")
    changes = await story.api.call("GET", *path)
    story.show(changes)
    found = changes.json["value"][0]
    story.terminal.fact(f"{found['change']}", f"{found['section']}/{found['name']}")
    for pointer in found["pointers"]:
        story.terminal.fact("at", pointer)
    story.check(
        (found["section"], found["name"]) == ("agreements", X12) and bool(found["pointers"]),
        "the pull says which agreement was changed, where, and when",
    )


async def _bring_back(story: Story) -> None:
    account, part = _new_account(story), f"{story.names.linked}-one"
    include = [{"section": "agreements", "name": X12}]
    await restored_from(story, f"{_restored(story)}-good", part, include=include)
    body = {"resourceId": account, "existing": "replace", "include": include}
    plan = await push_plan(story, part, body)
    actions = [item for item in plan["artifacts"]["items"] if item["action"] != "keep"]
    story.check(
        [(item["name"], item["action"]) for item in actions] == [(X12, "replace")],
        f"one agreement is replaced, in {plan['writes']} write; all else stays",
        f"{actions}",
    )
    numbers = await story.cloud.last_numbers(account, _AGREEMENTS)
    monitor = await follow_up(story, "POST", "services", part, "push", body=body, what="Push")
    story.terminal.fact("undone by pushing", monitor["result"]["safetyBackup"]["container"])
    await follow_up(story, "POST", "services", _restored(story), "pull", body={}, what="Pull")
    before = await _artifacts(story, story.names.linked)
    after = await _artifacts(story, _restored(story))
    story.check(before == after, "the agreement is as it was, with all that is beside it")
    story.check(
        await story.cloud.last_numbers(account, _AGREEMENTS) == numbers,
        "no control number moved",
    )
    resumed = await story.api.call("POST", "services", _restored(story), "resume")
    story.show(resumed)
    enabled = [one["name"] for one in resumed.json["workflows"]["enabled"]]
    story.check(
        enabled == [_LOGIC_APP],
        f"the push had disabled {_LOGIC_APP}; the resume enables just that again",
        f"{enabled}",
    )


async def _send(story: Story, account: str, orders: int) -> None:
    """Let workflows of an account send so many orders, to each partner."""
    for agreement in _AGREEMENTS:
        story.sent.record(agreement, await story.cloud.send(account, agreement, orders))
    story.terminal.fact("workflows sent", f"{orders} orders to each of {len(_AGREEMENTS)} partners")


def _creation(story: Story) -> JsonObject:
    return {"resourceId": _new_account(story), "location": _REGION, "sku": "Standard"}


def _uncertain(plan: JsonObject) -> list[JsonObject]:
    found: list[JsonObject] = plan["controlNumbers"]["uncertain"]
    return found


def _answer_to(plan: JsonObject) -> JsonObject:
    """Skip, in each agreement, as many numbers as the plan proposes."""
    proposed: dict[str, int] = {}
    for one in _uncertain(plan):
        proposed[one["agreement"]] = max(proposed.get(one["agreement"], 0), one["proposedBy"])
    agreements = [
        {"agreement": agreement, "policy": "advance", "by": by}
        for agreement, by in proposed.items()
    ]
    return {"policy": "continue", "agreements": agreements}


async def _artifacts(story: Story, service: str) -> dict[str, dict[str, Any]]:
    """Section → name → document of a service, and the hash of its content; secrets masked."""
    found: dict[str, dict[str, Any]] = {}
    for section in _SECTIONS:
        listed = await story.api.call(
            *("GET", "services", service, "artifacts", section), query="?top=1000"
        )
        found[section] = {
            one["name"]: (one["document"], one.get("content")) for one in listed.json["value"]
        }
    return found


def _broken(properties: JsonObject) -> JsonObject:
    """An agreement that goes to another identity than the partner's, in every place of it."""
    broken: JsonObject = copy.deepcopy(properties)
    for way in broken["content"]["x12"].values():
        for identity in ("senderBusinessIdentity", "receiverBusinessIdentity"):
            if way[identity]["value"] == "FABRIKAM":
                way[identity]["value"] = _OLD_ADDRESS
    return broken


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{section} {count}" for section, count in counts.items())


A_DAY = Step(
    "A day of orders, and a backup",
    f"The account's workflows send {_A_DAYS_ORDERS} orders to each of two partners. The backup "
    "pulls first.",
    _a_day,
    needs_machine=True,
)
LOSE = Step(
    "Lose the account",
    f"The day after, {_UNTOLD_ORDERS} orders later, somebody deletes it. Azure keeps nothing of "
    "it: no artifact, and no control number.",
    _lose,
    needs_machine=True,
)
RESTORE = Step(
    "Restore it as a service, and ask what a push would do",
    "The plan writes nothing. How far the lost account had come since the backup is unknown: the "
    "push is refused until somebody answers, and the plan proposes how many numbers to skip.",
    _restore,
)
PUSH = Step(
    "Push it into another region",
    "A new account, in the order of references, with the numbers last. A skipped number does no "
    "harm; a repeated one loses an order.",
    _push,
)
GO_ON = Step(
    "Orders again",
    "A logic app uses an account of its own region: one is deployed there, and sends with the new "
    "account once the service is resumed. Its first backup.",
    _go_on,
)
BREAK = Step(
    "Somebody breaks an agreement",
    "A slip in the Azure portal: orders go to an identity that the partner does not have. An "
    "account has no change log; pulls keep one.",
    _break,
)
BRING_BACK = Step(
    "One agreement back",
    "A restore of this agreement alone, and a push of it. The account is backed up first: no push "
    "without its undo. Its workflows stand still meanwhile.",
    _bring_back,
)
