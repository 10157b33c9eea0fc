"""Links that meet each other, and writers that meet a link: an account is of one living service,
and nothing that a caller writes comes after a link was answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.advances import AdvanceBody
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import Kind, SetNextBody
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import Service
from tests.integration_accounts.linked import (
    IA,
    ONE,
    TWO,
    account,
    create,
    link,
    owners,
    refused,
    service,
    unlink,
)
from tests.services.test_races import once_before
from tests.support.api import partner_document, x12_document
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import ASKED, run

ROUNDS = 12
B = {
    **x12_document(),
    "hostPartner": "Other",
    "hostIdentity": {"qualifier": "ZZ", "value": "OTHER"},
}
"""An agreement between other parties, whose numbers are a stream of their own."""


@pytest.fixture
async def two(
    emulator: Emulator, tmp_path: Path, arm: Arm
) -> AsyncIterator[tuple[Installation, Installation]]:
    """Two processes of one installation, with two services."""
    arm.load([account()])
    deployed = Deployed.new(emulator, tmp_path, **arm.settings())
    parts = Installation(deployed.read()), Installation(deployed.read())
    await create(parts[0])
    await create(parts[0], TWO)
    yield parts
    for one in parts:
        await one.close()


async def test_of_two_services_that_want_an_account_at_once_one_gets_it(
    two: tuple[Installation, Installation],
) -> None:
    app, other = two
    for _ in range(ROUNDS):
        results = await asyncio.gather(refused(link(app, ONE)), refused(link(other, TWO)))
        lost = [problem for problem in results if problem is not None]
        assert [problem.code for problem in lost] == [Code.INTEGRATION_ACCOUNT_LINKED]
        [winner] = await owners(app, ONE, TWO)
        assert winner == (ONE if results[0] is None else TWO)
        facts = (await service(app, TWO if winner == ONE else ONE)).integration_account
        assert facts is None or not facts.linked
        await unlink(app, winner)


async def test_of_many_requests_for_one_account_one_service_gets_it(
    two: tuple[Installation, Installation],
) -> None:
    app, other = two
    for _ in range(3):
        attempts = [link(one, name) for one in two for name in (ONE, TWO)]
        results = await asyncio.gather(*(refused(one) for one in attempts))
        codes = {problem.code for problem in results if problem is not None}
        assert codes <= {Code.INTEGRATION_ACCOUNT_LINKED, Code.CONDITION_NOT_MET}
        [winner] = await owners(app, ONE, TWO)
        await unlink(other, winner)


async def test_a_claim_that_is_taken_over_before_the_directory_was_written_gives_way(
    two: tuple[Installation, Installation],
) -> None:
    app, other = two
    once_before(app.services, "rewrite", lambda: link(other, TWO))
    lost = await refused(link(app, ONE))
    assert lost is not None
    assert lost.code is Code.INTEGRATION_ACCOUNT_LINKED
    assert TWO in lost.message
    assert (await service(app, ONE)).integration_account is None
    assert await owners(app, ONE, TWO) == [TWO]


async def test_a_claim_is_not_taken_over_once_the_directory_says_who_has_it(
    two: tuple[Installation, Installation],
) -> None:
    app, other = two
    heard: list[Problem | None] = []

    async def meanwhile() -> None:
        heard.append(await refused(link(other, TWO)))

    once_before(app.account_claims.links, "replace_claim", meanwhile)
    await link(app, ONE)
    assert heard[0] is not None
    assert heard[0].code is Code.INTEGRATION_ACCOUNT_LINKED
    assert await owners(app, ONE, TWO) == [ONE]


async def test_a_service_that_is_deleted_while_it_is_linked_leaves_nothing(
    two: tuple[Installation, Installation],
) -> None:
    app, other = two

    async def delete() -> None:
        await run(other, await other.deletions.start(ONE, ASKED))

    once_before(app.links, "put", delete)
    late = await refused(link(app, ONE))
    assert late is not None
    assert await app.links.get(ONE) is None
    assert await app.links.claim(IA.lower()) is None
    await link(app, TWO)
    assert await owners(app, TWO) == [TWO]


async def put(app: Installation, of: Service) -> Any:
    return await app.artifacts.put(of, Section.PARTNERS, "Late", {}, unconditional)


async def delete(app: Installation, of: Service) -> Any:
    return await app.artifacts.delete(of, Section.AGREEMENTS, "A", unconditional)


async def content(app: Installation, of: Service) -> Any:
    kept = await app.content.put(of.id, b"<late/>", "text/xml", None)
    return await app.artifacts.put_content(of, Section.SCHEMAS, "S", kept)


async def many(app: Installation, of: Service) -> Any:
    return await app.imports.write(
        of, [ImportItem(section=Section.TRANSFORMS, name="Late", document={})]
    )


async def set_next(app: Installation, of: Service) -> Any:
    return await app.counters.set_next(of, "A", SetNextBody(kind=Kind.INTERCHANGE, next=500))


async def set_first(app: Installation, of: Service) -> Any:
    return await app.counters.set_next(of, "B", SetNextBody(kind=Kind.INTERCHANGE, next=500))


async def advance(app: Installation, of: Service) -> Any:
    return await app.advances.advance(of, AdvanceBody(by=7), "somebody", None)


async def allocate(app: Installation, of: Service) -> Any:
    return await app.allocator.allocate(of.name, "A", [Kind.INTERCHANGE], 1)


WRITERS: dict[str, tuple[Callable[[Installation, Service], Awaitable[Any]], str, str]] = {
    "put": (put, "configuration", "change"),
    "delete": (delete, "configuration", "change"),
    "content": (content, "configuration", "change"),
    "import": (many, "configuration", "change"),
    "set-next": (set_next, "ledger", "write"),
    "set-first": (set_first, "ledger", "write"),
    "advance": (advance, "ledger", "write_all"),
    "allocate": (allocate, "ledger", "write"),
}
"""Each writer, and the store and method with which it writes."""


async def held(app: Installation, of: Service) -> Any:
    """What a caller could have changed: artifacts, and where the numbers stand."""
    artifacts = [
        (one.value.section, one.value.name, one.value.content)
        async for page in app.configuration.pages(of.id)
        for one in page
    ]
    numbers = [
        (row.agreement, row.counters) async for page in app.ledger.pages(of.name) for row in page
    ]
    return artifacts, [(name, counters) for name, counters in numbers if counters]


@pytest.mark.parametrize("name", WRITERS)
async def test_a_writer_that_was_on_its_way_does_not_write_after_the_link(
    two: tuple[Installation, Installation], name: str
) -> None:
    app, other = two
    write, store, method = WRITERS[name]
    of = await service(app)
    items = [
        ImportItem(section=Section.AGREEMENTS, name="A", document=x12_document()),
        ImportItem(section=Section.AGREEMENTS, name="B", document=B),
        ImportItem(section=Section.SCHEMAS, name="S", document={}),
        *(
            ImportItem(section=Section.PARTNERS, name=one, document=partner_document(one))
            for one in ("Northwind", "Fabrikam", "Other")
        ),
    ]
    await app.imports.write(of, items)
    await app.allocator.allocate(ONE, "A", [Kind.INTERCHANGE], 2)
    before = await held(app, of)
    once_before(getattr(app, store), method, lambda: link(other, ONE))
    late = await refused(write(app, of))
    assert late is not None
    assert late.code is Code.MANAGED_BY_ACCOUNT
    assert IA in late.message
    assert await held(app, of) == before
    assert await owners(app, ONE) == [ONE]
