"""Real artifacts that nobody here wrote: in, backed up, deleted, restored, identical.

`make test` takes every agreement and partner and some of the files, others each day;
CORPUS_FILES=all takes all 422 (`make exhaustive`).
"""

import asyncio
import hashlib
import json
import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.model.sections import WITH_CONTENT
from tests.support.api import Api, unique

SIDE_BY_SIDE = 8
FILES = os.environ.get("CORPUS_FILES", "80")
SEED = os.environ.get("FAULT_SEED") or datetime.now(UTC).strftime("%Y%m%d")


@dataclass(frozen=True)
class Item:
    """One file of the corpus, as an artifact."""

    section: str
    name: str
    path: Path
    as_document: bool
    """JSON documents go in as the document, all else as content."""

    @property
    def document(self) -> Any:
        if not self.as_document:
            return {"file": self.path.name}
        found = json.loads(self.path.read_text())
        if self.section != "agreements" or "properties" in found:
            return found
        return {
            "agreementType": next(iter(found)),
            "hostPartner": "Partner1",
            "guestPartner": "Partner2",
            "content": found,
        }


def section_of(path: Path) -> tuple[str, bool]:
    parts = path.parts
    if "agreements" in parts or "partners" in parts:
        return ("agreements" if "agreements" in parts else "partners"), True
    for folder in ("certificates", "assemblies"):
        if folder in parts:
            return folder, False
    if "maps" in parts or "maps_btm" in parts:
        return "transforms", False
    return ("x12-mappings" if "x12_pyx12_maps" in parts else "schemas"), False


def items_of(corpus: Path) -> list[Item]:
    """Every file of the corpus that its manifest names; each gets a name of its own."""
    files = sorted(p for p in corpus.rglob("*") if p.is_file() and p.parent != corpus)
    return [
        Item(section, f"{number:03} {path.name}"[-80:].strip(), path, as_document)
        for number, path in enumerate(files)
        for section, as_document in [section_of(path.relative_to(corpus))]
    ]


async def put_content(api: Api, service: str, item: Item) -> None:
    path = f"services/{service}/artifacts/{item.section}/{item.name}/content"
    reply = await api.put(path, data=item.path.read_bytes())
    assert reply.status == 201, (item, reply.body)


async def documents(api: Api, service: str) -> dict[tuple[str, str], Any]:
    """Every document that the service has, by section and name."""
    found = {}
    for section in ("agreements", "partners", *WITH_CONTENT):
        link = f"services/{service}/artifacts/{section}?top=1000"
        while link:
            page = (await api.get(link)).body
            found |= {(a["section"], a["name"]): a["document"] for a in page["value"]}
            link = page.get("nextLink", "")
    return found


async def content_hash(api: Api, service: str, item: Item) -> str:
    path = f"services/{service}/artifacts/{item.section}/{item.name}/content"
    return hashlib.sha256((await api.get(path)).content).hexdigest()


def masked(value: Any) -> Any:
    """The document with the four secret members masked, as answers show them."""
    secret = (
        "passwordvalue",
        "authorizationvalue",
        "recipientreferencepasswordvalue",
        "groupapplicationpassword",
    )
    if isinstance(value, dict):
        return {
            k: "********" if k.lower() in secret and v not in (None, "") else masked(v)
            for k, v in value.items()
        }
    return [masked(v) for v in value] if isinstance(value, list) else value


async def each(items: list[Item], work: Any) -> list[Any]:
    slots = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(item: Item) -> Any:
        async with slots:
            return await work(item)

    return list(await asyncio.gather(*(one(item) for item in items)))


@pytest.mark.timeout(900)
async def test_the_corpus_comes_back_byte_for_byte(api: Api, corpus: Path) -> None:
    items = items_of(corpus)
    assert len(items) > 400
    if FILES != "all":
        print(f"{FILES} of the files (FAULT_SEED={SEED})")
        files = [item for item in items if not item.as_document]
        drawn = random.Random(SEED).sample(files, int(FILES))
        items = [item for item in items if item.as_document] + drawn
    service = await api.service(edition="Standard")
    for partner in (item.document for item in items if item.section == "partners"):
        path = f"services/{service}/artifacts/partners/{partner['name']}"
        assert (await api.put(path, {"document": partner})).status == 201
    with_content = [item for item in items if not item.as_document]
    body = [{"section": i.section, "name": i.name, "document": i.document} for i in items]
    imported = await api.post(f"services/{service}/import", {"artifacts": body})
    refused = [line for line in imported.body["value"] if line["status"] == "refused"]
    assert (imported.status, refused) == (200, [])
    await each(with_content, lambda item: put_content(api, service, item))
    numbering = [
        item.name for item in items if item.section == "agreements" and "as2" not in item.path.parts
    ]
    assert len(numbering) == 4

    issued: dict[str, list[int]] = {name: [] for name in numbering}
    backup = unique("corpus")

    async def client(number: int, turns: int) -> None:
        agreement = numbering[number % len(numbering)]
        for _ in range(turns):
            issued[agreement].append(await api.allocate(service, agreement))

    before = asyncio.gather(*(client(n, 15) for n in range(32)))
    await asyncio.sleep(0.3)
    await api.backup(service, backup)
    await before
    await api.succeeded(await api.delete(f"services/{service}"))
    await api.restore(backup)

    restored = await documents(api, service)
    for item in items:
        assert restored[item.section, item.name] == masked(item.document), item
    hashes = await each(with_content, lambda item: content_hash(api, service, item))
    for item, sha256 in zip(with_content, hashes, strict=True):
        assert sha256 == hashlib.sha256(item.path.read_bytes()).hexdigest(), item

    await api.post(f"services/{service}/resume")
    await asyncio.gather(*(client(n, 10) for n in range(32)))
    for agreement, numbers in issued.items():
        assert len(numbers) == 8 * 25
        assert len(set(numbers)) == len(numbers), agreement

    second = await api.backup(service)
    sections = [
        {p["name"]: p["linesSha256"] for p in shown.body["sections"]}
        for shown in [
            await api.get(f"services/{service}/backups/{name}") for name in (backup, second)
        ]
    ]
    running = "control-numbers"
    assert {k: v for k, v in sections[0].items() if k != running} == {
        k: v for k, v in sections[1].items() if k != running
    }
