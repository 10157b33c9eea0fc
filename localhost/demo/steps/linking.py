"""Steps with an integration account that only read it: link, pull, back up, plan a push, end the
link."""

from collections.abc import Mapping

from localhost.demo.network.artifact import JsonObject
from localhost.demo.story import Step, Story

_LONGEST_SECONDS = 1800
"""A large account is read at Azure's pace."""
_MOST_SHOWN = 3


async def follow_up(story: Story, method: str, *parts: str, body: object, what: str) -> JsonObject:
    """Send what is answered with 202, and watch it to its good end; the monitor then."""
    answer = await story.api.call(method, *parts, body=body, expect=202)
    story.show(answer)
    return await story.follow(answer, what, _LONGEST_SECONDS)


async def back_up_linked(story: Story, service: str, backup: str) -> JsonObject:
    """Back up a linked service, which pulls first; the result."""
    monitor = await follow_up(
        *(story, "POST", "services", service, "backups"),
        body={"name": backup, "storageAccount": story.account},
        what="Pull and backup",
    )
    result: JsonObject = monitor["result"]
    story.terminal.fact("in", f"{result['storageAccount']}/{result['container']}")
    story.terminal.fact("holds", f"{result['items']} items, {result['bytes']:,} bytes")
    return result


async def restored_from(story: Story, container: str, name: str, **more: object) -> None:
    """Restore a backup of a linked service as a service of another name."""
    body = {
        "backup": {"storageAccount": story.account, "container": container},
        "service": {"name": name},
        **more,
    }
    await follow_up(story, "POST", "restores", body=body, what="Restore")


async def push_plan(story: Story, service: str, body: Mapping[str, object]) -> JsonObject:
    """What a push would do: nothing is written."""
    answer = await story.api.call(
        "POST", "services", service, "push", query="?validateOnly=true", body=body
    )
    story.show(answer)
    plan: JsonObject = answer.json
    return plan


async def _link(story: Story) -> None:
    service = story.names.linked
    listed = await story.api.call("GET", "integration-accounts", query="?linked=false")
    story.show(listed)
    for account in listed.json["value"][:_MOST_SHOWN]:
        story.terminal.fact("unprotected", f"{account['name']}, {account['location']}")
    created = await story.api.call(
        "PUT", "services", service, body={"edition": "Basic"}, expect=201
    )
    story.show(created)
    path = ("services", service, "integration-account")
    linked = await story.api.call(
        "PUT", *path, body={"resourceId": story.integration_account}, expect=201
    )
    story.show(linked)
    account = linked.json
    story.terminal.fact("account", f"{account['sku']} in {account['location']}")
    story.check(
        account["resourceId"].lower() == story.integration_account.lower(),
        "the account is linked: from now on it alone changes the service",
    )
    await story.refusal(
        *("ManagedByAccount", 409, "PUT", "services", service, "artifacts", "partners", "Nobody"),
        body={"document": {"content": {"b2b": {"businessIdentities": []}}}},
    )


async def _pull(story: Story) -> None:
    service = story.names.linked
    monitor = await follow_up(story, "POST", "services", service, "pull", body={}, what="Pull")
    result = monitor["result"]
    shown = (await story.api.call("GET", "services", service, "integration-account")).json
    rows = [("in the account", "pulled", "of at most")]
    rows += [
        (one["kind"], str(one["count"]), str(one.get("limit", "–")))
        for one in shown["counts"]
        if one.get("count")
    ]
    story.terminal.table(rows, frozenset({1, 2}))
    story.check(
        shown["lastPullStatus"] == "Succeeded",
        f"{result['requests']} requests to Azure, and all of them only read",
    )


async def _back_up(story: Story) -> None:
    service = story.names.linked
    backup = f"{service}-backup"
    await back_up_linked(story, service, backup)
    entry = await story.until(
        lambda entry: entry["status"] == "Succeeded",
        "the history shows the backup as Succeeded",
        *("services", service, "backups", backup),
    )
    story.show(entry)
    story.held("the history knows the backup")


async def _plan_back(story: Story) -> None:
    service, copy = story.names.linked, story.names.linked_copy
    await restored_from(story, f"{service}-backup", copy)
    body = {"resourceId": story.integration_account, "existing": "replace", "workflows": "leave"}
    plan = await push_plan(story, copy, body)
    artifacts, numbers = plan["artifacts"], plan["controlNumbers"]
    others = {f"{one['section']}/{one['name']}": one["action"] for one in artifacts["items"]}
    changed = await _changed_since(story) if others else set()
    unlike = {name: action for name, action in others.items() if name not in changed}
    story.check(
        not unlike and not artifacts["more"],
        "a push of the backup would change nothing that nobody changed since",
        "\n".join(f"{action} {name}" for name, action in unlike.items()),
    )
    same = sum(counts.get("same", 0) for counts in artifacts["counts"].values())
    listed = await story.api.call("GET", "services", copy, "artifacts")
    held = sum(one["count"] for one in listed.json["value"])
    story.check(
        same + len(others) >= held,
        f"{same} artifacts of the backup are the same in the account",
        f"The backup has {held}.",
    )
    story.check(
        not numbers["written"] and not plan["errors"],
        f"none of {numbers['counters']} control numbers would move, and nothing forbids the push",
        "\n".join(f"{one['code']}: {one['message']}" for one in plan["errors"]),
    )


async def _changed_since(story: Story) -> set[str]:
    """What somebody changed in the account since its first pull, by another pull now."""
    service = story.names.linked
    await follow_up(story, "POST", "services", service, "pull", body={}, what="Pull")
    path = ("services", service, "integration-account", "changes")
    changes = await story.api.call("GET", *path, query="?top=1000")
    return {f"{one['section']}/{one['name']}" for one in changes.json["value"]}


async def _unlink(story: Story) -> None:
    path = ("services", story.names.linked, "integration-account")
    ended = await story.api.call("DELETE", *path, expect=204)
    story.show(ended)
    await story.refusal("IntegrationAccountNotLinked", 404, "GET", *path)


LINK = Step(
    "Link an account that nobody protects",
    "An integration account has no backup of its own. A service that is linked to it holds what it "
    "holds, and is backed up like any other.",
    _link,
)
PULL = Step(
    "Pull it",
    "Partners, agreements, schemas, maps, certificates, and the sessions: in them are the control "
    "numbers that the account issues by itself.",
    _pull,
)
BACK_UP = Step(
    "Back the account up",
    "A backup of a linked service pulls first: it is the account of this moment.",
    _back_up,
)
PLAN_BACK = Step(
    "Ask what a push of the backup would do",
    "The backup is restored as a service, and a push of that into the account is planned. The plan "
    "compares all of it, and writes nothing.",
    _plan_back,
)
UNLINK = Step(
    "End the link",
    "What was pulled stays with the service. The account is as it was: it was only read.",
    _unlink,
)
