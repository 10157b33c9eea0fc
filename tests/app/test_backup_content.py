"""The bytes of an artifact out of a backup: checked, as a file, and never a secret."""

import hashlib

import pytest
from azure.storage.blob import ContainerClient

from tests.support.api import Api, Reply
from tests.support.certificates import Made
from tests.support.deployed import Deployed

NAME = "Order 850 äöü; x=1"
TYPE = "text/html; charset=utf-8"
BYTES = b"<script>alert(1)</script>\0" * 100
LARGE = bytes(range(256)) * 4096 * 9
SECRET = "never-to-be-seen"


async def put(api: Api, service: str, path: str, data: bytes, kind: str = "") -> None:
    artifact = f"services/{service}/artifacts/{path}"
    assert (await api.put(artifact, {"document": {}})).status == 201
    headers = {"Content-Type": kind} if kind else {}
    assert (await api.put(f"{artifact}/content", data=data, headers=headers)).status == 201


@pytest.fixture
async def backed_up(api: Api) -> tuple[str, str]:
    """A service and the address of what is in its backup."""
    name = await api.service()
    await put(api, name, f"schemas/{NAME}", BYTES, TYPE)
    await put(api, name, "transforms/Large", LARGE)
    await put(api, name, "templates/Nothing", b"")
    await api.put(f"services/{name}/artifacts/schemas/Bare", {"document": {}})
    pfx = {"document": {"pfx": Made().pfx(SECRET), "password": SECRET}}
    await api.put(f"services/{name}/artifacts/certificates/Own", pfx)
    return name, f"services/{name}/backups/{await api.backup(name)}/contents"


def require_bytes(reply: Reply, data: bytes) -> None:
    assert reply.status == 200, reply.body
    assert reply.content == data
    assert reply.headers["Content-Length"] == str(len(data))
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Content-Disposition"].startswith("attachment; ")


async def test_bytes_come_as_they_were_backed_up(api: Api, backed_up: tuple[str, str]) -> None:
    name, contents = backed_up
    # What the service has by now is of no account, nor whether there is one.
    path = f"services/{name}/artifacts/schemas/{NAME}"
    assert (await api.put(f"{path}/content", data=b"since then")).status == 200
    found = await api.get(f"{contents}/schemas/{NAME}/content")
    require_bytes(found, BYTES)
    assert found.headers["Content-Type"] == TYPE
    assert found.headers["Content-Disposition"] == (
        'attachment; filename="Order_850______x_1"; '
        "filename*=UTF-8''Order%20850%20%C3%A4%C3%B6%C3%BC%3B%20x%3D1"
    )
    require_bytes(await api.get(f"{contents}/transforms/large/content"), LARGE)
    require_bytes(await api.get(f"{contents}/templates/Nothing/content"), b"")
    await api.succeeded(await api.delete(f"services/{name}"))
    require_bytes(await api.get(f"{contents}/schemas/{NAME}/content"), BYTES)


async def test_who_has_the_bytes_is_not_sent_them_again(
    api: Api, backed_up: tuple[str, str]
) -> None:
    _, contents = backed_up
    first = await api.get(f"{contents}/schemas/{NAME}/content")
    held = {"If-None-Match": first.headers["ETag"]}
    again = await api.get(f"{contents}/schemas/{NAME}/content", headers=held)
    assert (again.status, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = await api.get(f"{contents}/transforms/Large/content", headers=held)
    require_bytes(other, LARGE)


async def test_there_is_no_content_of_what_has_none(api: Api, backed_up: tuple[str, str]) -> None:
    name, contents = backed_up
    for path, status, code, target in (
        ("schemas/Bare", 404, "ArtifactNotFound", "name"),
        ("schemas/Nobody", 404, "ArtifactNotFound", "name"),
        # Of a PFX the key and the password are sealed secrets, and no content.
        ("certificates/Own", 404, "ArtifactNotFound", "name"),
        ("agreements/A", 400, "InvalidRequest", "section"),
        ("control-numbers/A", 400, "InvalidRequest", "section"),
        ("content/A", 400, "InvalidRequest", "section"),
        ("nothing/A", 400, "InvalidRequest", "section"),
    ):
        refused = await api.get(f"{contents}/{path}/content")
        assert (refused.status, refused.code) == (status, code), path
        assert refused.body["error"]["target"] == target
        assert SECRET not in refused.content.decode()
    missing = await api.get(f"services/{name}/backups/no-such/contents/schemas/{NAME}/content")
    assert (missing.status, missing.code) == (404, "BackupNotFound")
    keyless = await api.get(f"{contents}/schemas/{NAME}/content", key="")
    assert keyless.status == 401


async def test_bytes_that_are_not_those_are_not_given(
    api: Api, backed_up: tuple[str, str], deployed: Deployed
) -> None:
    _, contents = backed_up
    container = ContainerClient.from_connection_string(deployed.offsite, contents.split("/")[3])
    blob = container.get_blob_client(f"content/{hashlib.sha256(BYTES).hexdigest()}")
    for wrong in (BYTES[:-1] + b"!", BYTES + b"!", BYTES[:-1]):
        blob.upload_blob(wrong, overwrite=True)
        refused = await api.get(f"{contents}/schemas/{NAME}/content")
        assert refused.code == "BlobCorrupt", refused.body
        assert b"<script>" not in refused.content
    blob.delete_blob()
    refused = await api.get(f"{contents}/schemas/{NAME}/content")
    assert refused.code == "BlobMissing", refused.body
    require_bytes(await api.get(f"{contents}/transforms/Large/content"), LARGE)
