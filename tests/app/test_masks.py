"""Secrets of artifacts: masked in answers, kept by their mask, given to no other place."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.sections import Section
from shared.services.documents import open_document
from tests.support.api import Api, x12_document


async def test_secrets_of_a_document(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/artifacts/agreements/A"
    shown = await api.get(path)
    assert b"agreement-secret" not in shown.content
    kept = await api.put(path, {"document": shown.body["document"]})
    assert kept.status == 200
    moved = x12_document()
    moved["content"]["x12"]["other"] = {"passwordValue": "********"}
    refused = await api.put(path, {"document": moved})
    assert (refused.status, refused.code) == (400, "MaskWithoutValue")
    assert refused.body["error"]["target"] == "/document/content/x12/other/passwordValue"


def _source(host: str, password: str | None = "********", **more: Any) -> Any:
    return {"host": host, **({} if password is None else {"password": password}), **more}


_AB = [_source("A", "pa"), _source("B", "pb")]
_STOPPED = [_source("A", "pa", state="Stopped"), _source("B", "pb", enabled=False)]
_ONE_ON = [_source("A", "p1"), _source("A", "p2", state="Stopped")]
_TWINS = [_source("A", "p1"), _source("A", "p2")]
_NESTED = [
    {"name": name, "routes": [_source("A", f"{name}a"), _source("B", f"{name}b")]} for name in "xy"
]


@pytest.mark.parametrize(
    ("stored", "sent", "passwords"),
    [
        (_AB, [_source("B")], ["pb"]),
        (_AB, [_source("B"), _source("A")], ["pb", "pa"]),
        (_AB, [_source("C", "pc"), _source("A"), _source("B", "new")], ["pc", "pa", "new"]),
        (_AB, [_source("A", secret="more")], ["pa"]),
        (_AB, [_source("A"), _source("A")], ["pa", "pa"]),
        (_AB, [_source("A", None), _source("B")], [None, "pb"]),
        (_TWINS, [_source("A"), _source("A")], ["p1", "p2"]),
        (_NESTED, [{"name": "y", "routes": [_source("A"), _source("B")]}], ["ya", "yb"]),
        (_STOPPED, [_source("B", enabled=True), _source("A")], ["pb", "pa"]),
        (_ONE_ON, [_source("A", state="Stopped")], ["p2"]),
        (_ONE_ON, [_source("A"), _source("A")], ["p1", "p2"]),
    ],
)
async def test_a_mask_in_a_list_keeps_the_secret_of_its_element(
    api: Api, host_app: Installation, stored: Any, sent: Any, passwords: Any
) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/bridges/b"
    await api.put(path, {"document": {"sources": stored}})
    put = await api.put(path, {"document": {"sources": sent}})
    assert put.status == 200, put.body
    service = (await host_app.services.require(name)).service
    found = (await host_app.artifacts.get(service, Section.BRIDGES, "b")).value.document
    key = await host_app.keys.data_key(service.id)
    sources: Any = open_document(key, "bridges", "b", found)["sources"]
    elements = [e for source in sources for e in source.get("routes", [source])]
    assert [element.get("password") for element in elements] == passwords


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        (_AB, [_source("C")]),
        (_AB, [_source("A", port=22)]),
        (_TWINS, [_source("A")]),
        (_NESTED, [{"name": "z", "routes": [_source("A")]}]),
    ],
)
async def test_a_mask_in_a_list_gives_no_secret_to_another_element(
    api: Api, stored: Any, sent: Any
) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/bridges/b"
    await api.put(path, {"document": {"sources": stored}})
    before = (await api.get(path)).headers["ETag"]
    refused = await api.put(path, {"document": {"sources": sent}})
    assert (refused.status, refused.code) == (400, "MaskWithoutValue")
    inner = "/routes/0" if "routes" in sent[0] else ""
    assert refused.body["error"]["target"] == f"/document/sources/0{inner}/password"
    assert (await api.get(path)).headers["ETag"] == before


async def test_secrets_under_names_that_nobody_listed(api: Api, host_app: Installation) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/bridges/In"
    source = {
        "sshPrivateKey": "KEY",
        "sshPrivateKeyPassphrase": "open-sesame",
        "privateKeyContent": "KEY2",
        "sasToken": "sv=1&sig=abc",
        "address": "sftp://edi:hush@example.com",
        "headers": [{"name": "x-functions-key", "value": "function"}],
    }
    hidden = {
        **dict.fromkeys(source, "********"),
        "headers": [{"name": "x-functions-key", "value": "********"}],
        "type": "SFTP",
    }
    put = await api.put(path, {"document": {"source": {"type": "SFTP", **source}}})
    assert put.body["document"]["source"] == hidden
    assert (await api.get(path)).body["document"]["source"] == hidden
    service = (await host_app.services.require(name)).service
    stored = str((await host_app.artifacts.get(service, Section.BRIDGES, "In")).value.document)
    for secret in ("KEY", "sesame", "sig=", "hush", "'function'"):
        assert secret not in stored
    backup = await api.backup(name)
    contents = await api.get(f"services/{name}/backups/{backup}/contents?section=bridges")
    assert contents.body["value"][0]["document"]["source"] == hidden
    kept = await api.put(path, {"document": {"source": hidden}})
    assert kept.status == 200, kept.body
    moved = await api.put(path, {"document": {"note": "********"}})
    assert (moved.status, moved.code) == (400, "MaskWithoutValue")


async def test_all_that_lies_in_the_clear_is_sealed_by_an_operation(api: Api) -> None:
    done = await api.succeeded(await api.post("secrets/seal"))
    assert done["operation"] == "SealSecrets"
    assert done["result"]["failed"] == 0
