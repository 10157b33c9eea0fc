"""Certificates that openssl makes and reads: each is taken, or refused by a reason of its own."""

import base64
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.certificates import Made

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

LATIN = b"[req]\nprompt=no\nstring_mask=nombstr\ndistinguished_name=dn\n[dn]\n"
COMPANY = LATIN + b"O=M\xfcller Logistik\nCN=as2.example\n"


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def made(folder: Path, key: list[str], *more: str) -> bytes:
    """A PFX with a key of a kind; the certificate lies beside it as ``c``."""
    openssl(folder, *key, "-out", "k")
    openssl(folder, "req", "-x509", "-new", "-key", "k", "-out", "c", "-days", "800", *more)
    return packed(folder)


def packed(folder: Path) -> bytes:
    command = ["pkcs12", "-export", "-in", "c", "-inkey", "k", "-passout", "pass:pw"]
    openssl(folder, *command, "-out", "p")
    return (folder / "p").read_bytes()


def document(pfx: bytes, password: str = "pw") -> Any:
    return {"pfx": base64.b64encode(pfx).decode(), "password": password}


RSA = ["genpkey", "-algorithm", "RSA"]
UNKNOWN = {
    "SM2": ["genpkey", "-algorithm", "SM2"],
    **{
        curve: ["ecparam", "-name", curve, "-genkey", "-noout"]
        for curve in ("sect163k1", "secp160k1", "secp112r1")
    },
}


@pytest.mark.parametrize("kind", UNKNOWN)
async def test_keys_of_kinds_that_cannot_be_used(api: Api, tmp_path: Path, kind: str) -> None:
    pfx = made(tmp_path, UNKNOWN[kind], "-subj", "/CN=odd")
    name = await api.service()
    refused = await api.put(
        f"services/{name}/artifacts/certificates/c", {"document": document(pfx)}
    )
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert refused.body["error"]["target"] == "/document/pfx"
    assert "Curve" in refused.body["error"]["message"]
    ssl = {"data": document(pfx)["pfx"], "password": "pw"}
    refused = await api.put(f"services/{name}", {"edition": "Basic", "sslCertificate": ssl})
    assert (refused.status, refused.code) == (400, "InvalidRequest")


KEYS = {
    "Ed25519": ["genpkey", "-algorithm", "ED25519"],
    "Ed448": ["genpkey", "-algorithm", "ED448"],
    "RSA-PSS": ["genpkey", "-algorithm", "RSA-PSS"],
    "512 bits": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512"],
    "brainpool": ["ecparam", "-name", "brainpoolP256r1", "-genkey", "-noout"],
    "a curve in full": [
        *("ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout")
    ],
}


@pytest.mark.parametrize("kind", KEYS)
async def test_keys_that_are_taken(api: Api, tmp_path: Path, kind: str) -> None:
    try:
        pfx = made(tmp_path, KEYS[kind], "-subj", "/CN=odd")
    except subprocess.CalledProcessError:
        pytest.skip("this openssl makes no such key")
    name = await api.service()
    put = await api.put(f"services/{name}/artifacts/certificates/c", {"document": document(pfx)})
    assert (put.status, put.body["certificate"]["subject"]) == (201, "CN=odd")


async def test_a_companys_name_in_latin_1(api: Api, tmp_path: Path) -> None:
    (tmp_path / "cnf").write_bytes(COMPANY)
    pfx = made(tmp_path, RSA, "-config", "cnf")
    name = await api.service()
    path = f"services/{name}/artifacts/certificates/c"
    put = await api.put(path, {"document": document(pfx)})
    assert put.status == 201, put.body
    assert put.body["certificate"]["subject"] == "CN=as2.example,O=Müller Logistik"
    content = await api.put(f"{path}/content", data=(tmp_path / "c").read_bytes())
    assert content.status == 201, content.body
    shown = (await api.get(path)).body
    assert shown["content"]["certificate"]["subject"] == "CN=as2.example,O=Müller Logistik"


async def test_names_that_are_no_text(api: Api) -> None:
    der = Made("plain").der
    name = await api.service()
    path = f"services/{name}/artifacts/certificates/c"
    await api.put(path, {"document": {}})
    for string, subject in (
        (b"\x03\x05\x00lain", "CN=#0305006c61696e"),
        (b"\x02\x05plain", "CN=#0205706c61696e"),
        (b"\x14\x05pl\xfc,n", "CN=plü\\,n"),
        (b"\x0c\x05\xff\xff\xff\xff\xff", "CN=#0c05ffffffffff"),
    ):
        put = await api.put(f"{path}/content", data=der.replace(b"\x0c\x05plain", string))
        assert put.status in (200, 201), put.body
        shown = (await api.get(path)).body["content"]["certificate"]["subject"]
        assert shown == subject


async def test_versions_that_there_are_not(api: Api, tmp_path: Path) -> None:
    der, version = Made().der, bytes.fromhex("a003020102")
    assert version in der
    name = await api.service()
    path = f"services/{name}/artifacts/certificates/c"
    await api.put(path, {"document": {}})
    for number in (2, 4):
        other = der.replace(version, version[:-1] + bytes([number - 1]))
        refused = await api.put(f"{path}/content", data=other)
        assert (refused.status, refused.code) == (400, "InvalidRequest")
        assert f"version {number};" in refused.body["error"]["message"]
        made(tmp_path, RSA, "-subj", "/CN=odd")
        openssl(tmp_path, "x509", "-in", "c", "-outform", "DER", "-out", "d")
        data = (tmp_path / "d").read_bytes().replace(version, version[:-1] + bytes([number - 1]))
        text = base64.encodebytes(data).decode()
        pem = f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
        (tmp_path / "c").write_text(pem)
        refused = await api.put(path, {"document": document(packed(tmp_path))})
        assert (refused.status, refused.code) == (400, "InvalidRequest"), refused.body
        assert f"version {number};" in refused.body["error"]["message"]


async def test_one_of_an_import_names_itself(api: Api, tmp_path: Path) -> None:
    bad = document(made(tmp_path, UNKNOWN["SM2"], "-subj", "/CN=odd"))
    good = {"pfx": Made().pfx("pw"), "password": "pw"}
    items = [
        {"section": "certificates", "name": f"c{i}", "document": bad if i == 3 else good}
        for i in range(5)
    ]
    name = await api.service()
    refused = await api.post(f"services/{name}/import", {"artifacts": items})
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert refused.body["error"]["target"] == "/artifacts/3/document/pfx"
    schemas = [{"section": "schemas", "name": f"s{i}", "document": {}} for i in range(100)]
    partly = await api.post(f"services/{name}/import", {"artifacts": items + schemas})
    assert partly.status == 207
    said = {line["name"]: line["status"] for line in partly.body["value"]}
    assert [one for one, status in said.items() if status == "refused"] == ["c3"]


async def test_a_replacement_at_a_restore_must_open(api: Api) -> None:
    name = await api.service(edition="Standard")
    path = f"services/{name}/artifacts/certificates/Sign"
    own = {"pfx": Made().pfx("own"), "password": "own", "note": "x"}
    await api.put(path, {"document": {"deep": [own], **own}})
    container = await api.backup(name)

    async def planned(*changes: tuple[str, Any]) -> list[tuple[str, str]]:
        body = {
            "backup": {"storageAccount": "offsite", "container": container},
            "service": {"name": f"{name}-two"},
            "replace": [
                {"section": "certificates", "name": "Sign", "pointer": pointer, "value": value}
                for pointer, value in changes
            ],
        }
        plan = await api.post("restores?validateOnly=true", body)
        assert plan.status == 200, plan.body
        errors = [(one["code"], one["target"]) for one in plan.body["errors"]]
        if errors:
            refused = await api.post("restores", body)
            assert (refused.status, refused.code) == (400, errors[0][0])
        return errors

    wrong = "CertificatePasswordWrong"
    other, expired = Made("other.example.com"), Made(days=-1)
    assert await planned(("/password", "not-the-password")) == [(wrong, "/replace/0/value")]
    assert await planned(("/pfx", "AAAA")) == [(wrong, "/replace/0/value")]
    assert await planned(("/note", "y"), ("/deep/0/password", "no")) == [
        (wrong, "/replace/1/value")
    ]
    assert await planned(("/deep/0", {"pfx": "AAAA"})) == [(wrong, "/replace/0/value")]
    assert await planned(("/pfx", other.pfx("own"))) == []
    assert await planned(("/pfx", other.pfx("new")), ("/password", "new")) == []
    assert await planned(("/pfx", expired.pfx("own"))) == [
        ("CertificateExpired", "/replace/0/value")
    ]
    assert await planned(("/pfx", other.pfx("own", with_key=False))) == [
        ("CertificateHasNoPrivateKey", "/replace/0/value")
    ]
    assert await planned(("/note", "y")) == []
