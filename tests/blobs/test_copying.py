"""Copies: by the service where it can, by streaming where it refuses."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from azure.core.rest import HttpRequest
from azure.storage.blob import ContentSettings

from shared.blobs.copying import Copier
from shared.installation.installation import Installation
from shared.model.problem import Code, Problem
from shared.storage.clients import FencedTransport
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Scripted, proxied

_SOURCE = "x-ms-copy-source"
_MD5 = "x-ms-source-content-md5"
SIZES = [0, 1, 4 * 1024 * 1024, 9 * 1024 * 1024 + 7]


class Refusing(FencedTransport):
    """Lets the service see a signature that it cannot check, as across a firewall."""

    def __init__(self, *, refuses: bool) -> None:
        super().__init__()
        self.refuses = refuses
        self.copies = 0
        self.md5s: list[bytes] = []

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if _SOURCE in request.headers:
            self.copies += 1
            if _MD5 in request.headers:
                self.md5s.append(base64.b64decode(request.headers[_MD5]))
            if self.refuses:
                request.headers[_SOURCE] = request.headers[_SOURCE].replace("sig=", "sig=x")
        return await super().send(request, **config)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("refuses", [False, True], ids=["by the service", "streamed"])
async def test_bytes_arrive_as_they_are(emulator: Emulator, tmp_path: Any, refuses: bool) -> None:
    transport = Refusing(refuses=refuses)
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=transport)
    offsite = app.accounts.require("offsite", "")
    sources = app.accounts.state.get_container_client("source")
    targets = offsite.get_container_client("target")
    await sources.create_container()
    await targets.create_container()
    copier = Copier(app.accounts.state, app.clock)
    for size in SIZES:
        data = bytes(number * 7 % 251 for number in range(1000)) * (size // 1000 + 1)
        data = data[:size]
        name = f"content/{hashlib.sha256(data).hexdigest()}"
        source, target = sources.get_blob_client(name), targets.get_blob_client(name)
        await source.upload_blob(data)
        known = base64.b64encode(hashlib.md5(data).digest()).decode()
        assert await copier.copy(source, target, known) == known
        assert await copier.copy(source, target, known) == known, "it is there already"
        assert await (await target.download_blob()).readall() == data
    assert transport.copies >= 1
    assert not refuses or transport.copies == 1, "after a refusal it asks no more"

    gone = sources.get_blob_client(f"content/{'0' * 64}")
    for known in ("", base64.b64encode(hashlib.md5(b"").digest()).decode()):
        with pytest.raises(Problem) as missing:
            await copier.copy(gone, targets.get_blob_client("content/gone"), known)
        assert missing.value.code is Code.BLOB_MISSING
        assert missing.value.target == gone.blob_name
    await app.close()


async def test_what_is_empty_is_put_and_the_others_are_copied(
    emulator: Emulator, tmp_path: Any
) -> None:
    """Azure refuses an empty source (CannotVerifyCopySource), which says nothing of the others."""
    transport = Refusing(refuses=False)
    deployed = Deployed.new(emulator, tmp_path)
    async with proxied(deployed.offsite, "BlobEndpoint") as (proxy, offsite):
        settings = {**deployed.settings, "OFFSITE_STORAGE": offsite}
        app = Installation(replace(deployed, settings=settings).read(), transport=transport)
        sources = app.accounts.state.get_container_client("source")
        targets = app.accounts.require("offsite", "").get_container_client("target")
        await sources.create_container()
        await targets.create_container()
        copier = Copier(app.accounts.state, app.clock)

        async def copy(data: bytes, stored: bytes) -> None:
            name = f"content/{sha256(data)}"
            source, target = sources.get_blob_client(name), targets.get_blob_client(name)
            await source.upload_blob(stored, content_settings=ContentSettings("text/xml"))
            known = base64.b64encode(hashlib.md5(data).digest()).decode()
            assert await copier.copy(source, target, known) == known
            assert await (await target.download_blob()).readall() == data
            assert (await target.get_blob_properties()).content_settings.content_type == "text/xml"

        await copy(b"", b"")
        assert transport.copies == 0
        await copy(b"whole", b"whole")
        assert transport.copies == 1
        proxy.script = [Scripted("PUT", "/target/content/", 416, "CannotVerifyCopySource", times=1)]
        with pytest.raises(Problem) as emptied:
            await copy(b"was whole", b"")
        assert emptied.value.code is Code.BLOB_CORRUPT
        await copy(b"another", b"another")
        assert transport.copies == 3, "one that was emptied says nothing of the others"
        await app.close()


async def test_an_empty_blob_that_is_gone_is_missing(emulator: Emulator, tmp_path: Any) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    sources = app.accounts.state.get_container_client("source")
    await sources.create_container()
    gone = sources.get_blob_client(sha256(b""))
    known = base64.b64encode(hashlib.md5(b"").digest()).decode()
    with pytest.raises(Problem) as missing:
        await Copier(app.accounts.state, app.clock).copy(
            gone, sources.get_blob_client("target"), known
        )
    assert missing.value.code is Code.BLOB_MISSING
    await app.close()


async def test_without_what_the_bytes_were_they_stream(emulator: Emulator, tmp_path: Any) -> None:
    transport = Refusing(refuses=False)
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=transport)
    sources = app.accounts.state.get_container_client("source")
    await sources.create_container()
    copier = Copier(app.accounts.state, app.clock)
    for size in SIZES:
        data = b"y" * size
        source, target = sources.get_blob_client(sha256(data)), sources.get_blob_client(f"t{size}")
        await source.upload_blob(data)
        known = await copier.copy(source, target)
        assert base64.b64decode(known) == hashlib.md5(data).digest()
        kept = (await target.get_blob_properties()).content_settings.content_md5
        assert bytes(kept) == hashlib.md5(data).digest(), "whoever copies it next can be sure"
    assert transport.copies == 0
    await app.close()


async def test_the_service_is_told_what_the_bytes_were(emulator: Emulator, tmp_path: Any) -> None:
    """Azure compares, and the emulator does not: the proxy answers as Azure would."""
    transport = Refusing(refuses=False)
    deployed = Deployed.new(emulator, tmp_path)
    async with proxied(deployed.offsite, "BlobEndpoint") as (proxy, offsite):
        settings = {**deployed.settings, "OFFSITE_STORAGE": offsite}
        app = Installation(replace(deployed, settings=settings).read(), transport=transport)
        sources = app.accounts.state.get_container_client("source")
        targets = app.accounts.require("offsite", "").get_container_client("target")
        await sources.create_container()
        await targets.create_container()
        copier = Copier(app.accounts.state, app.clock)
        whole, other, changed = b"as it was", b"as it was too", b"not as it was"
        for name, data in (
            (sha256(whole), whole),
            (sha256(other), other),
            (sha256(b"put"), changed),
        ):
            settings = ContentSettings(content_md5=bytearray(hashlib.md5(data).digest()))
            blob = sources.get_blob_client(f"service/{name}")
            await blob.upload_blob(data, content_settings=settings)

        async def copy(name: str, put: bytes) -> bytes:
            target = targets.get_blob_client(f"content/{name}")
            known = base64.b64encode(hashlib.md5(put).digest()).decode()
            await copier.copy(sources.get_blob_client(f"service/{name}"), target, known)
            return bytes(await (await target.download_blob()).readall())

        assert await copy(sha256(whole), whole) == whole
        assert transport.md5s == [hashlib.md5(whole).digest()]
        proxy.script = [Scripted("PUT", "/target/content/", 400, "Md5Mismatch", times=1)]
        with pytest.raises(Problem) as refused:
            await copy(sha256(b"put"), b"put")
        assert transport.md5s[1] == hashlib.md5(b"put").digest(), "not what the blob says by now"
        assert refused.value.code is Code.BLOB_CORRUPT
        assert not await targets.get_blob_client(f"content/{sha256(b'put')}").exists()
        assert await copy(sha256(other), other) == other
        assert transport.copies == 3, "one source says nothing of the others"
        await app.close()


async def test_what_streams_is_checked_on_its_way(emulator: Emulator, tmp_path: Any) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=Refusing(refuses=True))
    sources = app.accounts.state.get_container_client("source")
    await sources.create_container()
    copier = Copier(app.accounts.state, app.clock)
    for size in SIZES[1:]:
        source = sources.get_blob_client(f"content/{'1' * 64}")
        await source.upload_blob(b"x" * size, overwrite=True)
        target = sources.get_blob_client(f"content/of-{size}")
        with pytest.raises(Problem) as refused:
            await copier.copy(source, target)
        assert refused.value.code is Code.BLOB_CORRUPT
        assert not await target.exists(), "nothing is made of bytes that are not its own"
    await app.close()
