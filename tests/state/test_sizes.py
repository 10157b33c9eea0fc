"""What is sent to tables fits them, which the emulator does not see to.

A key has 512 UTF-16 units at most, a text column 32 Ki of them, a binary one 64 KiB, a row 1 MiB, a
transaction 4 MiB.
"""

import base64
import itertools
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from azure.core.rest import HttpRequest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import Kind
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody
from shared.model.runtime import MicBody, MicValue, ReceivedBody
from shared.model.sections import MIC_VALUES, Section
from shared.model.service import Service, ServiceSettings
from shared.state.columns import list_columns, read_list
from shared.state.mic_values import mic_key
from shared.state.order import record_key
from shared.storage.clients import FencedTransport
from shared.storage.versioned import Versioned
from tests.support.api import Api, partner_document, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import ASKED, COPY, SECOND, SERVICE, run, start_backup

TEXT_UNITS, BINARY_BYTES = 32 * 1024, 64 * 1024
KEY_UNITS, ROW_BYTES, TRANSACTION_BYTES = 512, 1024 * 1024, 4 * 1024 * 1024
MANY = 1200
JAPANESE = "株式会社東京電子部品調達部と大阪物流センターのあいだの受発注取引契約第二版西日本"[:40]
LONG_ID = f"<{'a' * 150}.{'b' * 40}@as2.example.co.jp>"
AS2 = {"agreementType": "AS2", "content": {"aS2": {}}}
_KEYS_IN_ADDRESS = re.compile(r"(?:PartitionKey|RowKey)='((?:[^']|'')*)'")


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def stored_bytes(entity: dict[str, Any]) -> int:
    """What a row takes: its names and texts in UTF-16, its bytes as they are."""
    size = 0
    for name, value in entity.items():
        if not name.endswith("@odata.type"):
            binary = entity.get(f"{name}@odata.type") == "Edm.Binary"
            taken = len(base64.b64decode(value)) if binary else 2 * units(str(value))
            size += 8 + 2 * units(name) + taken
    return size


class Measuring(FencedTransport):
    """Refuses what a table would."""

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        address = unquote(request.url)
        for key in _KEYS_IN_ADDRESS.findall(address):
            assert units(key) <= KEY_UNITS, address
        body = request.content
        if isinstance(body, str):
            body = body.encode()
        if (isinstance(body, bytes) and "interkeep" in address) or "$batch" in address:
            self._look_at(body if isinstance(body, bytes) else b"")
        return await super().send(request, **config)

    def _look_at(self, body: bytes) -> None:
        assert len(body) <= TRANSACTION_BYTES, f"{len(body)} bytes in a transaction"
        for line in body.splitlines():
            for key in _KEYS_IN_ADDRESS.findall(unquote(line.decode("utf-8", "replace"))):
                assert units(key) <= KEY_UNITS, line
            if line.startswith(b"{"):
                self._look_at_row(json.loads(line))

    def _look_at_row(self, entity: dict[str, Any]) -> None:
        for name, value in entity.items():
            if name in ("PartitionKey", "RowKey"):
                assert units(value) <= KEY_UNITS, value
            elif entity.get(f"{name}@odata.type") == "Edm.Binary":
                assert len(base64.b64decode(value)) <= BINARY_BYTES, name
            elif isinstance(value, str):
                assert units(value) <= TEXT_UNITS, name
        assert stored_bytes(entity) <= ROW_BYTES


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Installation]:
    """Parts over empty accounts, whose tables take no more than Azure's."""
    parts = Installation(Deployed.new(emulator, tmp_path).read(), transport=Measuring())
    yield parts
    await parts.close()


def mic(message_id: str = LONG_ID) -> MicBody:
    members = {
        "messageId": message_id,
        "mic": "q83v",
        "algorithm": "SHA1",
        "as2From": "A",
        "as2To": "B",
    }
    return MicBody.model_validate(members)


async def made(app: Installation, edition: str = "Premium") -> Service:
    wanted = ServiceSettings.model_validate({"edition": edition, "unitCount": 2})
    return (await app.services.create(SERVICE, wanted, ASKED)).service


def schema_name(number: int) -> str:
    return f"EDI_X12_00401_{number:04d}_PurchaseOrder_v1"


async def with_many_schemas(app: Installation) -> Service:
    """A service with a bridge that names very many schemas."""
    service = await made(app)
    names = [schema_name(number) for number in range(MANY)]
    items = [ImportItem(section=Section.SCHEMAS, name=name, document={}) for name in names]
    for half in (items[: MANY // 2], items[MANY // 2 :]):
        await app.imports.write(service, half)
    document: Any = {"schemas": names}
    await app.artifacts.put(service, Section.BRIDGES, "many", document, unconditional)
    return service


async def require_in_use(app: Installation, service: Service, name: str) -> None:
    with pytest.raises(Problem) as refused:
        await app.artifacts.delete(service, Section.SCHEMAS, name, unconditional)
    assert refused.value.code is Code.ARTIFACT_IN_USE
    assert [detail.target for detail in refused.value.details] == ["bridges/many"]


async def test_a_bridge_may_name_very_many(app: Installation) -> None:
    service = await with_many_schemas(app)
    await require_in_use(app, service, schema_name(0))
    await require_in_use(app, service, schema_name(MANY - 1))
    backup = await start_backup(app, SECOND)
    await run(app, backup)
    body = {
        "backup": {"storageAccount": "offsite", "container": SECOND},
        "service": {"name": COPY},
    }
    restore = await app.restores.start(RestoreBody.model_validate(body), "somebody", None)
    await run(app, restore)
    found = await app.records.find(COPY, restore.operation.id)
    assert found is not None
    assert found[0].operation.status == "Succeeded", found[0].operation.error
    copy = (await app.services.require(COPY)).service
    await require_in_use(app, copy, schema_name(7))
    await app.artifacts.put(copy, Section.BRIDGES, "many", {}, unconditional)
    await app.artifacts.delete(copy, Section.SCHEMAS, schema_name(7), unconditional)


async def test_a_list_in_one_column_is_read_as_before(app: Installation) -> None:
    service = await made(app)
    items = [
        ImportItem(section=Section.SCHEMAS, name="s", document={}),
        ImportItem(section=Section.BRIDGES, name="many", document={"schemas": ["s"]}),
    ]
    await app.imports.write(service, items)
    rows = [row async for page in app.configuration.rows(service.id) for row in page]
    bridge = next(row for row in rows if row.values["name"] == "many")
    assert bridge.values["references"] == '["schemas!s"]'
    await require_in_use(app, service, "s")


def test_a_list_comes_back_however_long() -> None:
    for count in (0, 1, 500, 5_000):
        items = [f"schemas!{os.urandom(8).hex()}" for _ in range(count)]
        columns = list_columns("references", items)
        assert read_list("references", columns) == items
        assert ("references" in columns) == (count < 1_000)
    with pytest.raises(Problem) as refused:
        list_columns("references", [os.urandom(40).hex() for _ in range(10_000)])
    assert refused.value.code is Code.DOCUMENT_TOO_LARGE


async def test_a_document_that_names_more_than_a_row_holds_is_refused(app: Installation) -> None:
    service = await made(app)
    document: Any = {"schemas": [os.urandom(20).hex() for _ in range(20_000)]}
    with pytest.raises(Problem) as refused:
        await app.artifacts.put(service, Section.BRIDGES, "many", document, unconditional)
    assert refused.value.code is Code.DOCUMENT_TOO_LARGE
    assert refused.value.target == "/document"


async def test_long_message_ids_under_long_names(app: Installation) -> None:
    service = await made(app)
    names = (JAPANESE, JAPANESE[:-1], "A")
    ids = [LONG_ID, LONG_ID[:-1], "m", "日" * 200, "z" * 998, "z" * 997]
    items = [ImportItem(section=Section.AGREEMENTS, name=n, document=AS2) for n in names]  # type: ignore[arg-type]
    await app.imports.write(service, items)
    for name, message_id in itertools.product(names, ids):
        _, new = await app.inbound.put_mic(service, name, mic(message_id))
        assert new
    received = ReceivedBody(kind=Kind.GROUP, value=7, validity_days=3, message_id="m")
    await app.inbound.receive(service, JAPANESE, received)
    for name, message_id in itertools.product(names, ids):
        found: Versioned[MicValue] | None = await app.inbound.get_mic(service, name, message_id)
        assert found is not None
        assert (found.value.agreement, found.value.message_id) == (name, message_id)
    cut = await app.source(service).cut("", hold=False)
    records = [r async for page in cut.records(MIC_VALUES, "") for r in page]
    assert len(records) == len(names) * len(ids)
    keys = [record_key(MIC_VALUES, record.name) for record in records]
    assert keys == sorted(set(keys))
    for number, record in enumerate(records):
        rest = [r.name async for p in cut.records(MIC_VALUES, record.name) for r in p]
        assert rest == [r.name for r in records[number + 1 :]]
    await run(app, await start_backup(app, SECOND))
    body = {"backup": {"storageAccount": "offsite", "container": SECOND}, "service": {"name": COPY}}
    await run(app, await app.restores.start(RestoreBody.model_validate(body), "me", None))
    copy = (await app.services.require(COPY)).service
    assert (await app.inbound.get_mic(copy, JAPANESE, LONG_ID)) is not None


def test_short_keys_stay_as_they_are() -> None:
    assert mic_key("A", "m") == "a!m"
    edge = "x" * 400
    assert mic_key("a" * 80, edge) == f"{'a' * 80}!{edge}"
    assert len(mic_key(JAPANESE, LONG_ID)) <= KEY_UNITS
    assert mic_key(JAPANESE, LONG_ID).startswith(f"{mic_key(JAPANESE, '')}=3ca")


async def test_long_identities_and_subjects(app: Installation) -> None:
    service = await made(app)
    long = "N" * 40_000
    partner: Any = partner_document("Northwind")
    partner["content"]["b2b"]["businessIdentities"][0]["value"] = long
    agreement: Any = x12_document()
    agreement["hostIdentity"]["value"] = long
    items = [
        ImportItem(section=Section.PARTNERS, name="Northwind", document=partner),
        ImportItem(
            section=Section.PARTNERS, name="Fabrikam", document=partner_document("Fabrikam")
        ),
        ImportItem(section=Section.AGREEMENTS, name="A", document=agreement),
    ]
    await app.imports.write(service, items)
    with pytest.raises(Problem) as refused:
        await app.artifacts.put(service, Section.AGREEMENTS, "B", agreement, unconditional)
    assert "same identities" in refused.value.message


async def test_an_import_of_secrets_is_split_where_they_do_not_fit_together(
    app: Installation,
) -> None:
    """Sealed, a secret is larger than as it was sent, and packs into nothing smaller."""
    service = await made(app)
    items = [
        ImportItem(
            section=Section.SCHEMAS,
            name=f"s{number}",
            document={"password": base64.b64encode(os.urandom(60_000)).decode()},
        )
        for number in range(50)
    ]
    written = await app.imports.write(service, items)
    assert not [one for one in written if isinstance(one, Problem)]
    head = await app.configuration.head(service.id)
    assert head is not None
    assert head.counts[Section.SCHEMAS] == len(items)


async def test_over_http(api: Api) -> None:
    """What a runtime is told, and what it reads back."""
    service = await api.service()
    path = f"services/{service}/artifacts/agreements/{JAPANESE}"
    assert (await api.put(path, {"document": AS2})).status == 201
    body = mic().to_json()
    path = f"services/{service}/mic-values/{JAPANESE}"
    assert (await api.put(path, body)).status == 201
    assert (await api.put(path, body)).status == 200
