"""Steps around the first backup: make it, look into it, go on working, try what is refused."""

import asyncio
import json

from localhost.demo.network import agreements
from localhost.demo.network.artifact import JsonObject
from localhost.demo.offsite import Offsite
from localhost.demo.steps.numbering import by_agreement, number_one_message_each
from localhost.demo.story import Step, Story

_NOT_IN_A_BACKUP = {"hybrid-connections"}


async def back_up(story: Story, name: str) -> JsonObject:
    """Back up to the second account; the monitor at its end."""
    answer = await story.api.call(
        "POST",
        *("services", story.names.service, "backups"),
        body={"name": name, "storageAccount": story.account},
        expect=202,
    )
    story.show(answer)
    return await story.follow(answer, "Backup")


async def sections_of(story: Story, backup: str) -> list[JsonObject]:
    """Sections of a backup with their hashes: from its descriptor, or where that cannot be read
    from the history, which repeats them."""
    if story.readable is not None:
        descriptor = await descriptor_of(story.offsite, backup)
        sections: list[JsonObject] = descriptor["sections"]
        return sections
    entry = await story.until(
        lambda entry: entry["status"] == "Succeeded",
        "the history shows the backup as Succeeded",
        *("services", story.names.service, "backups", backup),
    )
    listed: list[JsonObject] = entry.json["sections"]
    return listed


async def descriptor_of(offsite: Offsite, backup: str) -> JsonObject:
    """The descriptor of a backup, from its container."""
    document: JsonObject = json.loads(await offsite.read(backup, f"{backup}.txt"))
    return document


async def _back_up(story: Story) -> None:
    stop = asyncio.Event()
    issuing = asyncio.create_task(_issue_until(story, stop))
    try:
        await back_up(story, story.names.first_backup)
    finally:
        stop.set()
        issued = await issuing
    story.check(
        issued > 0,
        f"{issued} control numbers were issued while it ran: nobody had to stop working",
    )
    name = story.names.first_backup
    answer = await story.until(
        lambda entry: entry["status"] == "Succeeded",
        "the history shows the backup as Succeeded",
        *("services", story.names.service, "backups", name),
    )
    story.show(answer)
    entry = answer.json
    story.terminal.fact("backup", f"{entry['name']}, {entry['status']}")
    story.terminal.fact("in", f"{entry['storageAccount']}/{entry['container']}")
    story.terminal.fact("holds", f"{entry['items']} items, {entry['bytes']:,} bytes")
    view = await story.until(
        lambda service: service.get("lastBackup", {}).get("name") == name,
        "the service shows its last backup",
        *("services", story.names.service),
    )
    story.check(
        entry["name"] == name and view.json["lastBackup"]["status"] == "Succeeded",
        "the service and its history both know the backup",
    )


async def _issue_until(story: Story, stop: asyncio.Event) -> int:
    """Keep numbering invoices for Windlass; how many numbers that took."""
    path = ("services", story.names.service, "control-numbers", agreements.WINDLASS_EDIFACT)
    count = 0
    while not stop.is_set():
        answer = await story.api.call("POST", *path, "allocate", body={"kind": "transactionSet"})
        story.issued.record(agreements.WINDLASS_EDIFACT, answer.json["numbers"])
        count += 1
    return count


async def _look_into_container(story: Story) -> None:
    name = story.names.first_backup
    blobs = await story.offsite.blobs(name)
    contents = [size for blob, size in blobs if blob.startswith("content/")]
    rows = [("blob", "bytes")]
    rows += [(blob, f"{size:,}") for blob, size in blobs if not blob.startswith("content/")]
    rows.append((f"content/…  {len(contents)} objects", f"{sum(contents):,}"))
    story.terminal.table(rows, frozenset({1}))
    descriptor = await descriptor_of(story.offsite, name)
    consistency = descriptor["consistency"]
    story.terminal.fact("format", descriptor["format"])
    story.terminal.fact("consistency", f"revision {consistency['revision']} of the configuration")
    story.terminal.fact("digest", descriptor["digest"])
    story.terminal.fact("seal", f"{descriptor['seal']['algorithm']} by the installation's key")
    for absent in descriptor["notIncluded"]:
        story.terminal.fact("not included", f"{absent['items']} {absent['what']}: {absent['note']}")
    items = {section["name"]: section["items"] for section in descriptor["sections"]}
    expected = {s: n for s, n in story.network.counts().items() if s not in _NOT_IN_A_BACKUP}
    story.check(
        all(items[section] == count for section, count in expected.items()),
        f"the descriptor counts {sum(expected.values())} artifacts in {len(expected)} sections: "
        "what was put in, without the hybrid connection",
        f"put in: {expected}\ndescriptor: {items}",
    )
    read = [await story.offsite.read(name, blob) for blob, _ in blobs]
    leaked = [s for s in story.network.secrets() if any(s.encode() in data for data in read)]
    story.check(
        not leaked,
        f"none of {len(story.network.secrets())} secrets is in any of the {len(read)} blobs in "
        "the clear",
        f"{len(leaked)} of them are there.",
    )


async def _issue_more(story: Story) -> None:
    before = {place: story.issued.last(place) for place in story.issued.places()}
    taken = await number_one_message_each(story)
    issued = {(name, number["kind"]): number["formatted"] for name, number in taken}
    story.terminal.table(by_agreement(issued), frozenset({1, 2, 3}))
    story.check(
        all(number["value"] == before[name, number["kind"]] + 1 for name, number in taken),
        f"{len(taken)} counters have moved past what the backup holds",
    )


async def _refusals(story: Story) -> None:
    service, backup = story.names.service, story.names.first_backup
    await story.refusal(
        *("BackupNameInUse", 409, "POST", "services", service, "backups"),
        body={"name": backup, "storageAccount": story.account},
    )
    await story.refusal(
        *("ServiceExists", 409, "POST", "restores"),
        body={"backup": {"storageAccount": story.account, "container": backup}},
    )
    view = (await story.api.call("GET", "services", service)).json
    story.check(
        view["state"] == "Active" and view["lastBackup"]["name"] == backup,
        "the service is as it was",
    )


BACK_UP = Step(
    "Back up to the second account",
    "One request, no maintenance window: the configuration is read as of one instant, the numbers "
    "right after, and everything goes into a container of another storage account.",
    _back_up,
)
LOOK_INTO_CONTAINER = Step(
    "Look into the container",
    "JSON lines, gzip and the files as they were: a backup that can be read without Interkeep. The "
    "descriptor is written last, so a container that has one is whole.",
    _look_into_container,
    needs_storage=True,
)
ISSUE_MORE = Step(
    "Work goes on",
    "Orders leave after the backup too. These are the numbers that a plain restore would issue "
    "again.",
    _issue_more,
)
REFUSALS = Step(
    "Two mistakes, refused",
    "The night shift starts the same backup again, and somebody restores over the living service. "
    "Neither may cost anything.",
    _refusals,
)
