"""What is strange in an account: a session is kept as its text, an artifact that no service can
hold is named and left, and neither makes a pull fail."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.operation import Operation, OperationStatus, Warning
from shared.services.documents import open_document
from tests.integration_accounts.linked import IA, service
from tests.integration_accounts.pulled import held, pull, sessions_of
from tests.integration_accounts.small import AGREEMENT, CHANGED, LATER, partner, resource, session
from tests.support.api import x12_document
from tests.support.arm import Arm
from tests.support.scenes import read_whole, run


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


STRANGE = {
    "deep": nested(300),
    "half": {"mic": "\ud83d"},
    "both": {"\ude00": nested(70), "password": "nobody-may-read-this"},
    "huge": 10**60,
    "odd": {"$verbatim": "nobody-may-read-this"},
}
"""Contents of sessions as the stand-in can hold them."""

RAW = {
    "twice": '{"mic":"a","mic":"b"}',
    "nan": '{"mic":NaN}',
    "digits": "0.12345678901234567890123",
    "depths": "[" * 2_000 + "]" * 2_000,
}
"""Contents as their text, as no parser keeps them."""


def load(arm: Arm, names: Sequence[str] = tuple(STRANGE)) -> None:
    arm.load([resource("sessions", name, content=STRANGE[name]) for name in names])


def listed(arm: Arm, kind: str, *raw: str) -> None:
    """Have the account list further resources of a kind, each as its text."""
    items = [
        json.dumps(resource(kind, one.name, **one.properties))
        for one in arm.account(IA).items.get(kind.lower(), {}).values()
        if one.content is None
    ]
    arm.fault(part=f"/{kind}?", times=100, status=200, body=body_of([*items, *raw]))


def body_of(items: Sequence[str]) -> str:
    return f'{{"value": [{", ".join(items)}]}}'


def text_of(kind: str, name: str, member: str, text: str, changed: str = CHANGED) -> str:
    """A resource one of whose properties is a text that no parser keeps."""
    times = f'"createdTime": "{changed}", "changedTime": "{changed}"'
    return (
        f'{{"id": "{IA}/{kind}/{name}", "name": "{name}",'
        f' "properties": {{"{member}": {text}, {times}}}}}'
    )


def warned(ended: Operation, code: str) -> list[Warning]:
    return [one for one in ended.warnings if one.code == code]


async def backed_up(app: Installation, name: str) -> list[Warning]:
    """A backup of what was pulled last; the warnings that its descriptor has."""
    body = BackupBody(name=name, storage_account="offsite", pull=False)
    record = await app.backups.start(await service(app), body, "somebody", None)
    await run(app, record)
    container = BackupContainer(app.accounts.require("offsite", ""), name)
    return list((await read_whole(app, container)).warnings)


async def test_a_strange_session_is_kept_whatever_it_holds(pulled: Installation, arm: Arm) -> None:
    load(arm)
    ended = await pull(pulled)
    assert ended.status is OperationStatus.SUCCEEDED, ended.error
    assert ended.warnings == []
    found = await sessions_of(pulled)
    assert found["huge"][0] == STRANGE["huge"]
    for name in ("deep", "half", "both", "odd"):
        text = found[name][0]["$verbatim"]
        assert json.loads(text) == STRANGE[name]
    of = await service(pulled)
    async for page in pulled.sessions.pages(of.id):
        assert "nobody-may-read-this" not in str([one.document() for one in page])
    again = await pull(pulled)
    assert again.result is not None
    assert again.result["sessions"]["written"] == 0


async def test_a_session_that_no_parser_keeps_is_kept_as_it_came(
    pulled: Installation, arm: Arm
) -> None:
    listed(arm, "sessions", *(text_of("sessions", n, "content", t) for n, t in RAW.items()))
    ended = await pull(pulled)
    assert ended.status is OperationStatus.SUCCEEDED, ended.error
    assert ended.warnings == []
    found = await sessions_of(pulled)
    assert {name: found[name][0] for name in RAW} == {n: {"$verbatim": t} for n, t in RAW.items()}
    assert found["Northwind-Fabrikam-ICN"][0]["ControlNumber"] == "41"
    again = await pull(pulled)
    assert again.result is not None
    assert again.result["sessions"]["written"] == 0


async def test_a_session_that_cannot_be_held_is_named_and_no_pull_fails(
    pulled: Installation, arm: Arm
) -> None:
    before = await sessions_of(pulled)
    twice = '{"name": "as2-of-nobody", "properties": {"content": 1, "content": 2}}'
    nameless = '{"name": "\\ud83d", "properties": {"content": 1}}'
    large = text_of("sessions", "large", "content", json.dumps("x" * 5_000_000))
    rest = [
        json.dumps(resource("sessions", one.name, **one.properties))
        for one in arm.account(IA).items["sessions"].values()
        if one.name != "as2-of-nobody"
    ]
    arm.fault(
        part="/sessions?", times=100, status=200, body=body_of([*rest, twice, nameless, large])
    )
    for _ in range(2):
        ended = await pull(pulled)
        assert ended.status is OperationStatus.PARTIALLY_SUCCEEDED, ended.error
        told = {one.target: one.message for one in warned(ended, "SessionNotHeld")}
        assert set(told) == {"sessions/as2-of-nobody", "sessions/?", "sessions/large"}
        assert "a member twice" in told["sessions/as2-of-nobody"]
        after = await sessions_of(pulled)
        assert {name: one[0] for name, one in after.items()} == {
            name: one[0] for name, one in before.items()
        }
    assert {"SessionNotHeld"} == {one.code for one in await backed_up(pulled, "with-sessions")}


HALF = '{"owner": "\\ud83d"}'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 70 + "]" * 70, "nested"),
        ("[" * 5_000 + "]" * 5_000, "nested"),
        (HALF, "surrogate"),
        ('{"a": 1, "a": 2}', "member twice"),
        ("NaN", "digits"),
        ("0.12345678901234567890123", "digits"),
        ('{"$sealed": "mine"}', "$sealed"),
        (json.dumps(list(range(250_001))), "members and elements"),
        (json.dumps([str(number**7) for number in range(130_000)]), "bytes"),
    ],
    ids=lambda text: text[:12],
)
async def test_a_strange_artifact_is_named_and_what_was_there_stays(
    pulled: Installation, arm: Arm, text: str, why: str
) -> None:
    before = await held(pulled)
    del arm.account(IA).items["partners"]["adatum"]
    arm.load([partner("Tailwind", LATER)])
    strange = text_of("partners", "Adatum", "metadata", text, LATER)
    new = text_of("partners", "Fourth", "metadata", text)
    listed(arm, "partners", strange, new)
    ended = await pull(pulled)
    assert ended.status is OperationStatus.PARTIALLY_SUCCEEDED, ended.error
    told = {one.target: one.message for one in warned(ended, "ArtifactNotHeld")}
    assert set(told) == {"partners/Adatum", "partners/Fourth"}
    assert why in told["partners/Adatum"]
    after = await held(pulled)
    assert set(after) - set(before) == {"partners/Tailwind"}
    assert {name: after[name] for name in before} == before
    assert {"ArtifactNotHeld"} == {one.code for one in await backed_up(pulled, "with-strange")}
    arm.calm()
    arm.load([partner("Adatum", LATER)])
    mended = await pull(pulled)
    assert mended.warnings == []
    assert await backed_up(pulled, "without-strange") == []


async def test_a_huge_number_of_an_artifact_is_kept(pulled: Installation, arm: Arm) -> None:
    arm.load([partner("Adatum", LATER, metadata={"huge": 10**300, "small": 5e-324})])
    ended = await pull(pulled)
    assert ended.warnings == []
    document = (await held(pulled))["partners/Adatum"][0]
    assert document["metadata"] == {"huge": 10**300, "small": 5e-324}


async def test_two_names_that_are_one_here_lose_neither_the_pull_nor_the_first(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([partner("Stra\u00dfe"), partner("STRASSE")])
    ended = await pull(pulled)
    assert ended.status is OperationStatus.PARTIALLY_SUCCEEDED, ended.error
    (told,) = warned(ended, "ArtifactNotHeld")
    assert "two ways" in told.message
    assert (
        len([name for name in await held(pulled) if name.lower().startswith("partners/str")]) == 1
    )


async def test_of_many_strange_ones_the_first_are_named(pulled: Installation, arm: Arm) -> None:
    strange = (text_of("partners", f"P{n:03}", "metadata", HALF) for n in range(50))
    listed(arm, "partners", *strange)
    told = warned(await pull(pulled), "ArtifactNotHeld")
    assert [one.target for one in told] == [*(f"partners/P{n:03}" for n in range(20)), IA]
    assert "30 more" in told[-1].message


async def test_a_strange_tag_hides_nothing_else_of_an_account(
    pulled: Installation, arm: Arm
) -> None:
    text = f'{{"id": "{IA}", "name": "contoso-ia", "sku": {{"name": "Premium"}}, "tags": NaN}}'
    arm.fault(part="/contoso-ia?", times=100, status=200, body=text)
    ended = await pull(pulled)
    assert ended.status is OperationStatus.SUCCEEDED, ended.error
    of = await service(pulled)
    key = await pulled.keys.data_key(of.id)
    stored = await pulled.configuration.settings(of.id)
    assert stored is not None
    opened: Any = open_document(key, "service", "service", stored.document)
    assert opened["integrationAccount"]["sku"] == "Premium"


@pytest.mark.parametrize("content", ['{"ControlNumber":"41","ControlNumber":"42"}', '"none"'])
async def test_a_number_that_cannot_be_read_is_told_at_every_pull(
    pulled: Installation, arm: Arm, content: str
) -> None:
    name = f"{AGREEMENT}-TSCN"
    listed(arm, "sessions", text_of("sessions", name, "content", content))
    for _ in range(2):
        ended = await pull(pulled)
        (told,) = ended.warnings
        assert (told.code, told.target) == ("SessionUnreadable", f"sessions/{name}")
        assert f"agreement '{AGREEMENT}'" in told.message
        assert "42" not in told.message
        assert ended.status is OperationStatus.SUCCEEDED
    assert [one.code for one in await backed_up(pulled, "unread")] == ["SessionUnreadable"]
    arm.calm()
    arm.load([session(name, 9)])
    assert (await pull(pulled)).warnings == []
    assert await backed_up(pulled, "read") == []


async def test_the_first_pull_of_an_agreement_tells_it_too(pulled: Installation, arm: Arm) -> None:
    arm.load([resource("agreements", "Fresh", **x12_document())])
    listed(arm, "sessions", text_of("sessions", "Fresh-Icn", "content", RAW["twice"]))
    told = warned(await pull(pulled), "SessionUnreadable")
    assert [one.target for one in told] == ["sessions/Fresh-Icn"]
