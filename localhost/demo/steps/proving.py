"""Steps that prove the restore: numbers, bytes, a second backup, secrets."""

from typing import Any

from localhost.demo.client import Answer
from localhost.demo.network.artifact import Artifact, JsonObject
from localhost.demo.network.masking import MASK, masked
from localhost.demo.reading import read_back
from localhost.demo.steps.backing_up import back_up, sections_of
from localhost.demo.steps.numbering import number_one_message_each, read_mic, receive
from localhost.demo.story import Step, Story

_NOT_IN_A_BACKUP = "hybrid-connections"
_MOVED_ON = {
    "service": "Standard now",
    "bridges": "sources stopped",
    "control-numbers": "issued since",
}
"""Sections that differ after the restore, and why."""


async def _continue_numbers(story: Story) -> None:
    before = {place: story.issued.last(place) for place in story.issued.places()}
    taken = await number_one_message_each(story)
    rows = [("agreement", "kind", "last before", "now", "in the envelope")]
    rows += [
        (name, n["kind"], str(before[name, n["kind"]]), str(n["value"]), n["formatted"])
        for name, n in taken
    ]
    story.terminal.table(rows, frozenset({2, 3, 4}))
    story.check(
        all(number["value"] == before[name, number["kind"]] + 1 for name, number in taken),
        f"each of {len(taken)} counters goes on with the number after its last one",
    )
    story.held(f"{story.issued.total()} numbers in this demo so far, none of them twice")
    await receive(story, seen_before=True)
    await read_mic(story)


async def _compare(story: Story) -> None:
    service = story.names.service
    found = await read_back(story)
    expected = [a for a in story.network.artifacts if a.section != _NOT_IN_A_BACKUP]
    differing = [
        f"{artifact.section}/{artifact.name}"
        for artifact in expected
        if found.artifacts.get((artifact.section, artifact.name), {}).get("document")
        != _restored(story, artifact)
    ]
    story.check(
        not differing,
        f"{len(expected)} documents are what was put in, member for member, but for the state of "
        f"{len(story.stopped)} sources",
        "\n".join(differing),
    )
    story.check(
        len(found.artifacts) == len(expected),
        "nothing else is there; the hybrid connection is not: it is never in a backup",
    )
    files = story.network.files()
    total = 0
    for done, (artifact, content) in enumerate(files, start=1):
        answer = await story.api.call(
            "GET",
            *("services", service, "artifacts", artifact.section, artifact.name, "content"),
        )
        media_type = answer.headers.get("content-type", "")
        if answer.body != content.data or media_type != content.media_type:
            differing.append(f"{artifact.section}/{artifact.name} ({media_type})")
        total += len(answer.body)
        story.terminal.progress(done, len(files), f"{artifact.section}: {artifact.name}")
    story.terminal.finish_progress(f"{len(files)} files, {total:,} bytes")
    story.check(
        not differing,
        f"{len(files)} files are the same, byte for byte, with their content types",
        "\n".join(differing),
    )


def _restored(story: Story, artifact: Artifact) -> JsonObject:
    """A document as the restored service shows it: sources that are polled are stopped."""
    document = masked(artifact.document)
    for source in story.stopped:
        if (artifact.section, artifact.name) == ("bridges", source["bridge"]):
            place: Any = document
            for member in source["pointer"].split("/")[1:]:
                place = place[int(member) if isinstance(place, list) else member]
            place["state"] = "Stopped"
    return document


async def _start_sources(story: Story) -> None:
    for artifact in story.network.section(_NOT_IN_A_BACKUP):
        await _put(story, artifact, artifact.document, 201)
        story.held(f"{artifact.name} is made anew: a backup holds no hybrid connection")
    bridges = {source["bridge"] for source in story.stopped}
    for source in story.stopped:
        story.terminal.fact(source["bridge"], f"{source['type']}, {source['address']}")
    for artifact in story.network.section("bridges"):
        if artifact.name in bridges:
            shown = masked(artifact.document)
            answer = await _put(story, artifact, shown, 200)
            story.check(
                answer.json["document"] == shown,
                f"{artifact.name} polls again, with the secrets that it had",
            )


async def _put(story: Story, artifact: Artifact, document: JsonObject, status: int) -> Answer:
    answer = await story.api.call(
        "PUT",
        *("services", story.names.service, "artifacts", artifact.section, artifact.name),
        body={"document": document},
        expect=status,
    )
    story.show(answer)
    return answer


async def _back_up_again(story: Story) -> None:
    await back_up(story, story.names.second_backup)
    first = await sections_of(story, story.names.first_backup)
    second = await sections_of(story, story.names.second_backup)
    before = {section["name"]: section for section in first}
    rows = [("section", "items", "linesSha256", "before and after")]
    same, other = [], set()
    for section in second:
        name, sha256 = section["name"], section["linesSha256"]
        if before[name]["linesSha256"] == sha256:
            same.append(name)
        else:
            other.add(name)
        verdict = "identical" if name in same else _MOVED_ON.get(name, "DIFFERS")
        rows.append((name, str(section["items"]), f"{sha256[:16]}…", verdict))
    story.terminal.table(rows, frozenset({1}))
    story.check(
        other == set(_MOVED_ON),
        f"{len(same)} sections are identical by the hash of their lines; only the edition, "
        "stopped sources and the numbers issued since differ",
        f"differing: {sorted(other)}",
    )


async def _keep_secrets(story: Story) -> None:
    service = story.names.service
    agreement = story.network.section("agreements")[0]
    certificate = story.network.section("certificates")[0]
    for artifact in (agreement, certificate):
        answer = await story.api.call(
            "PUT",
            *("services", service, "artifacts", artifact.section, artifact.name),
            body={"document": masked(artifact.document)},
        )
        story.show(answer)
    story.held("the mask kept a secret in every place: all of them came back")
    partner = story.network.section("partners")[0]
    await story.refusal(
        *("MaskWithoutValue", 400, "PUT", "services", service),
        *("artifacts", partner.section, partner.name),
        body={"document": {**masked(partner.document), "portalPassword": MASK}},
    )


CONTINUE_NUMBERS = Step(
    "The next number",
    "The backup knew less than was issued. The ledger of the installation knows more, and the "
    "later one counts: no partner sees a number again.",
    _continue_numbers,
)
COMPARE = Step(
    "Compare with what was put in",
    "Every document and every file, against the originals that the demo still holds.",
    _compare,
)
BACK_UP_AGAIN = Step(
    "Back up again, and compare the two",
    "Backup, restore, backup: the same records. The descriptors carry a hash of every section's "
    "lines, so an auditor compares two backups without unpacking them.",
    _back_up_again,
)
START_SOURCES = Step(
    "Start what was stopped",
    "Two services that poll one folder take each other's files. So a restored bridge polls nothing "
    "until somebody has seen that the old one is gone, and starts it.",
    _start_sources,
)
KEEP_SECRETS = Step(
    "Are the secrets back too?",
    "They never show, but a PUT that sends the mask keeps what is stored, and is refused where "
    "nothing is.",
    _keep_secrets,
)
