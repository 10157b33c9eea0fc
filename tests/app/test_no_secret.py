"""No secret leaves the process in the clear: not stored, not queued, not logged, not answered."""

import base64
import contextlib
import json
import secrets
import zlib
from typing import Any

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from localhost.stack import HostProcess
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from tests.support.api import Api, Reply, partner_document, unique, x12_document
from tests.support.certificates import Made
from tests.support.deployed import Deployed

ALONE = True
"""Everything that is stored and printed is searched."""


class Marks:
    """Secrets that nothing else looks like."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        """A secret for one place; the same one each time."""
        return self.made.setdefault(place, f"Marked{secrets.token_hex(12)}")

    def found_in(self, data: bytes) -> list[str]:
        """The places whose secret is in some bytes: as text, UTF-16, base64 or hexadecimal."""
        return [
            place
            for place, mark in self.made.items()
            if any(form in data for form in _forms(mark.encode()))
        ]


def _forms(mark: bytes) -> list[bytes]:
    encoded = [base64.b64encode(b" " * shift + mark)[4:-4] for shift in range(3)]
    return [mark, mark.decode().encode("utf-16-le"), mark.hex().encode(), *encoded]


def opened(data: bytes) -> bytes:
    """Bytes with what is packed in them: gzip members one after another, or zlib."""
    found = data
    for window in (zlib.MAX_WBITS | 16, zlib.MAX_WBITS):
        rest = data
        with contextlib.suppress(zlib.error):
            while rest:
                unpacking = zlib.decompressobj(window)
                found += unpacking.decompress(rest)
                rest = unpacking.unused_data
    return found


def everything(deployed: Deployed) -> dict[str, bytes]:
    """Every row, blob and message of both accounts, with what is packed in them."""
    found: dict[str, bytes] = {}
    with TableServiceClient.from_connection_string(deployed.state) as tables:
        for table in tables.list_tables():
            for row in tables.get_table_client(table.name).list_entities():
                place = f"{table.name}/{row['PartitionKey']}/{row['RowKey']}"
                binary = [row[name] for name in sorted(row) if isinstance(row[name], bytes)]
                texts = json.dumps({n: str(v) for n, v in row.items() if not isinstance(v, bytes)})
                found[place] = texts.encode() + opened(b"".join(binary))
    for account in (deployed.state, deployed.offsite):
        with BlobServiceClient.from_connection_string(account) as blobs:
            for container in blobs.list_containers(include_metadata=True):
                inside = blobs.get_container_client(container.name)
                found[f"container {container.name}"] = json.dumps(container.metadata).encode()
                for blob in inside.list_blobs(include=["metadata"]):
                    data = inside.download_blob(blob.name).readall()
                    metadata = json.dumps(blob.metadata or {}).encode()
                    found[f"{container.name}/{blob.name}"] = opened(data) + metadata
    with QueueServiceClient.from_connection_string(deployed.state) as queues:
        for queue in queues.list_queues():
            for message in queues.get_queue_client(queue.name).peek_messages(max_messages=32):
                text = str(message.content).encode()
                with contextlib.suppress(ValueError):
                    text += base64.b64decode(text)
                found[f"message in {queue.name}/{message.id}"] = text
    return found


class Overheard(Api):
    """A client that keeps every answer."""

    answers: list[bytes]

    async def call(self, *given: Any, **named: Any) -> Reply:
        reply = await super().call(*given, **named)
        self.answers.append(reply.content + str(dict(reply.headers)).encode())
        return reply


def settings(mark: Marks, certificate: Made) -> dict[str, Any]:
    """A service's settings with a secret wherever one can be."""
    return {
        "accessControl": {"namespace": "acs", "key": mark("accessControl")},
        "trackingDatabase": {
            "server": "sql.example.com",
            "name": "tracking",
            "login": "app",
            "password": mark("trackingDatabase"),
        },
        "archivingStore": {"connectionString": mark("archivingStore")},
        "monitoringStore": {"connectionString": mark("monitoringStore")},
        "sslCertificate": {
            "data": certificate.pfx(mark("pfx")),
            "password": mark("pfx"),
        },
    }


def documents(mark: Marks, certificate: Made) -> list[tuple[str, str, Any]]:
    """Artifacts with a secret wherever one can be, small and packed ones."""
    agreement = x12_document()
    envelope = agreement["content"]["x12"]["sendAgreement"]["protocolSettings"]
    envelope["securitySettings"] = {
        "authorizationQualifier": "01",
        "authorizationValue": mark("authorizationValue"),
        "passwordValue": mark("passwordValue"),
    }
    return [
        ("partners", "Northwind", partner("Northwind", mark("ftpPassword"))),
        ("partners", "Fabrikam", partner("Fabrikam", mark("inAList"))),
        ("agreements", "A", agreement),
        ("bridges", "Bridge", {"source": {"connectionString": mark("bridge"), "url": "ftp://a"}}),
        ("schemas", "Long", {"note": "x" * 40_000, "clientSecret": mark("packed")}),
        ("certificates", "Own", {"pfx": certificate.pfx(mark("own")), "password": mark("own")}),
        ("certificates", "Key", {"privateKey": mark("privateKey")}),
    ]


def partner(name: str, secret: str) -> Any:
    """A partner with a secret in a list."""
    return {**partner_document(name), "channels": [{"ftp": {"ftpPassword": secret}}]}


async def use(api: Api, mark: Marks) -> str:
    """Everything that a secret goes through; the name of a service that is there at the end."""
    certificate = Made("secrets.example.com")
    name = await api.service(edition="Premium", **settings(mark, certificate))
    items = [
        {"section": section, "name": artifact, "document": document}
        for section, artifact, document in documents(mark, certificate)
    ]
    imported = await api.post(f"services/{name}/import", {"artifacts": items})
    assert imported.status == 200, imported.body
    await refuse(api, name, mark, certificate)
    for section, artifact, _ in documents(mark, certificate):
        path = f"services/{name}/artifacts/{section}/{artifact}"
        shown = await api.get(path)
        assert shown.status == 200
        kept = await api.put(path, {"document": shown.body["document"]})
        assert kept.status == 200, kept.body
    backup = await api.backup(name)
    history = f"services/{name}/backups/{backup}"
    await api.succeeded(await api.post(f"{history}/verify", {"level": "restore"}))
    other = mark("other")
    changed = {"document": partner("Northwind", other)}
    assert (await api.put(f"services/{name}/artifacts/partners/Northwind", changed)).status == 200
    assert (await api.get(f"{history}/contents?section=agreements")).status == 200
    assert (await api.get(f"{history}/contents?section=service")).status == 200
    assert (await api.get(f"{history}/changes?since=live")).status == 200
    await api.succeeded(await api.post("keys/rotate"))
    assert (await api.get("health/deep")).status == 200
    assert (await api.get("storage-accounts/offsite/backups")).status == 200
    second = unique("again")
    await api.restore(backup, name=second)
    assert (await api.get(f"services/{second}")).body["accessControl"]["key"] == "********"
    await api.get(f"services/{second}/operations")
    await api.get(f"services/{name}/operations")
    await api.succeeded(await api.delete(f"services/{second}"))
    return name


async def refuse(api: Api, name: str, mark: Marks, certificate: Made) -> None:
    """Requests that fail for what they hold: an error must not say the secret either."""
    wrong = settings(mark, certificate)
    for body in (
        {"edition": "Premium", **wrong, "color": "red"},
        {"edition": "Premium", **wrong, "accessControl": {"key": {"a": mark("misplaced")}}},
        {"edition": "Premium", **wrong, "accessControl": mark("bare")},
        {
            "edition": "Premium",
            "sslCertificate": {"data": wrong["sslCertificate"]["data"], "password": mark("wrong")},
        },
        {"edition": "Free", **wrong},
    ):
        assert (await api.put(f"services/{name}", body)).status >= 400
    for document in (
        {"password": mark("reserved"), "$sealed": mark("reserved")},
        {"pfx": certificate.pfx(mark("own")), "password": mark("wrongPfx")},
    ):
        path = f"services/{name}/artifacts/certificates/Wrong"
        assert (await api.put(path, {"document": document})).status >= 400
    restore = {
        "backup": {"storageAccount": "offsite", "container": "none-there"},
        "service": {
            "name": "Refused-1",
            "trackingDatabase": {"password": mark("restore")},
            "accessControl": {"namespace": "acs", "key": mark("restoreKey")},
        },
    }
    assert (await api.post("restores", restore)).status >= 400
    cut = json.dumps({"document": {"password": mark("cutOff")}}).encode()[:-2]
    path = f"services/{name}/artifacts/partners/P"
    assert (await api.put(path, data=cut)).status == 400


async def test_no_secret_is_stored_sent_or_printed_in_the_clear(
    api: Api, host: HostProcess, deployed: Deployed
) -> None:
    mark = Marks()
    overheard = Overheard(api._session, api.base_url, api._key)
    overheard.answers = []
    name = await use(overheard, mark)
    host.stop()
    app = Installation(deployed.read())
    listed = await app.services.require(name)
    body = BackupBody(name=unique("queued"), storage_account="offsite")
    await app.backups.start(listed.service, body, "somebody", None)
    await app.close()

    assert len(mark.made) > 15
    searched = everything(deployed)
    assert any(place.startswith("message in") for place in searched), "no message to look into"
    searched["the log"] = host.log.read_bytes()
    searched |= {f"answer {n}": answer for n, answer in enumerate(overheard.answers)}
    leaks = {place: leaked for place, data in searched.items() if (leaked := mark.found_in(data))}
    assert leaks == {}


def test_the_search_finds_what_is_there() -> None:
    mark = Marks()
    secret = mark("planted").encode()
    packed = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    member = packed.compress(b"before " + secret) + packed.flush()
    for data in (
        secret,
        b"x" + base64.b64encode(b"ab" + secret + b"cd"),
        opened(zlib.compress(b"in a row " + secret)),
        opened(member + member),
        secret.decode().encode("utf-16-le"),
    ):
        assert mark.found_in(data) == ["planted"]
    assert mark.found_in(b"nothing of that kind") == []
