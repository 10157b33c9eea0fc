"""Opening a PFX: never on the event loop, and not at all where it would take too long."""

import asyncio
import base64
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.problem import Problem
from shared.model.sections import Section
from shared.model.service import Service, ServiceSettings
from shared.sealing import certificates
from shared.services.certificates import restored_pfx_facts
from tests.support.api import Api, unique
from tests.support.certificates import Made, pfx_that_takes
from tests.support.scenes import ASKED

SERVICE = "Contoso-B2B"


@dataclass
class Opened:
    """What the library was asked to open."""

    threads: list[int] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    """How many turns the event loop had had before each."""


@asynccontextmanager
async def watched(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened]:
    """The library's function, watched, beside a task that counts the loop's turns."""
    opened, turns = Opened(), 0
    opens = certificates.load_key_and_certificates

    def open_and_tell(*given: Any) -> Any:
        opened.threads.append(threading.get_ident())
        opened.turns.append(turns)
        return opens(*given)

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(certificates, "load_key_and_certificates", open_and_tell)
    counting = asyncio.create_task(count())
    try:
        yield opened
    finally:
        counting.cancel()


def pfx(rounds: int) -> str:
    return base64.b64encode(pfx_that_takes(rounds)).decode()


def settings(data: str) -> ServiceSettings:
    ssl = {"data": data, "password": "x"}
    return ServiceSettings.model_validate({"edition": "Basic", "sslCertificate": ssl})


async def service(app: Installation) -> Service:
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    return (await app.services.create(SERVICE, wanted, ASKED)).service


async def test_none_is_opened_on_the_loop(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, data = fresh_app, Made().pfx("x")
    made = await service(app)
    document = {"pfx": data, "password": "x"}
    count = 5
    items = [
        ImportItem(section=Section.CERTIFICATES, name=f"c{i}", document=document)
        for i in range(count)
    ]

    async def update() -> None:
        await app.services.update(await app.services.require(SERVICE), settings(data), ASKED)

    async with watched(monkeypatch) as opened:
        doing: list[Callable[[], Awaitable[Any]]] = [
            lambda: app.imports.write(made, items),
            lambda: app.services.create("Contoso-Two", settings(data), ASKED),
            update,
            lambda: restored_pfx_facts(document),
        ]
        for do in doing:
            await do()
    assert len(opened.threads) == count + 3
    assert threading.get_ident() not in opened.threads
    assert len(set(opened.turns)) == len(opened.turns), "the loop had a turn between any two"


async def test_a_write_that_is_tried_again_opens_nothing_twice(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    made = await service(app)
    calls = app.configuration.change

    async def meet_another(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(app.configuration, "change", calls)
        head = await app.configuration.head(made.id)
        assert head is not None
        await app.configuration.write_head(made.id, head)
        return await calls(*given, **named)

    monkeypatch.setattr(app.configuration, "change", meet_another)
    document = {"pfx": Made().pfx("x"), "password": "x"}
    item = ImportItem(section=Section.CERTIFICATES, name="c", document=document)
    async with watched(monkeypatch) as opened:
        await app.imports.write(made, [item])
    assert len(opened.threads) == 1


@pytest.mark.parametrize("asked", [20_000_000, 2**31 - 1, 2**63 - 1])
async def test_one_that_takes_too_long_is_not_opened(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    app = fresh_app
    made = await service(app)
    item = ImportItem(
        section=Section.CERTIFICATES, name="c", document={"pfx": pfx(asked), "password": "x"}
    )
    async with watched(monkeypatch) as opened:
        for doing, target in (
            (app.imports.write(made, [item]), "/artifacts/0/document/pfx"),
            (
                app.services.create("Contoso-Two", settings(pfx(asked)), ASKED),
                "/sslCertificate/data",
            ),
        ):
            with pytest.raises(Problem) as refused:
                await doing
            assert (refused.value.code, refused.value.target) == ("InvalidRequest", target)
            assert "rounds" in refused.value.message
        assert await restored_pfx_facts(item.document) is None, "it comes back as it was"
    assert opened.threads == []


async def test_many_in_one_document_are_counted_together(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/certificates/c"
    each = {"pfx": pfx(1_000_000), "password": "x"}
    # Each of them could be opened: what is wrong with it is said of the first.
    refused = await api.put(path, {"document": {"one": each}})
    assert (refused.status, refused.code) == (400, "CertificateHasNoPrivateKey")
    whole = {"pfx": Made().pfx("x"), "password": "x"}
    refused = await api.put(path, {"document": {"a": whole, "b": {"pfx": pfx(1_999_999)}}})
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert refused.body["error"]["target"] == "/document/b/pfx"
    assert (await api.get(path)).status == 404


async def test_the_services_own_certificate_is_bounded_too(api: Api) -> None:
    ssl = {"data": pfx(20_000_000), "password": "x"}
    refused = await api.put(
        f"services/{unique('svc')}", {"edition": "Basic", "sslCertificate": ssl}
    )
    assert (refused.status, refused.code) == (400, "InvalidRequest")
