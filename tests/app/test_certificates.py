"""Certificates through HTTP: the service's own, and artifacts."""

import base64
import hashlib
from collections.abc import Awaitable, Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.api import Api, unique
from tests.support.certificates import Made

ALONE = True
"""The clock moves."""


async def test_the_ssl_certificate_of_a_service(api: Api) -> None:
    made = Made("b2b.example.com")
    ssl = {"data": made.pfx("pfx-secret"), "password": "pfx-secret"}
    name = await api.service(sslCertificate=ssl)
    shown = await api.get(f"services/{name}")
    assert b"pfx-secret" not in shown.content
    assert ssl["data"].encode() not in shown.content
    assert shown.body["sslCertificate"] == {
        "data": "********",
        "password": "********",
        "thumbprint": hashlib.sha1(made.der, usedforsecurity=False).hexdigest().upper(),
        "subject": "CN=b2b.example.com",
        "expiresAt": made.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    body = {"edition": "Basic", "sslCertificate": shown.body["sslCertificate"]}
    kept = await api.put(f"services/{name}", body)
    assert kept.body["sslCertificate"] == shown.body["sslCertificate"]
    wrong = {**shown.body["sslCertificate"], "password": "other"}
    refused = await api.put(f"services/{name}", {"edition": "Basic", "sslCertificate": wrong})
    assert refused.code == "CertificatePasswordWrong"
    gone = await api.put(f"services/{name}", {"edition": "Basic"})
    assert "sslCertificate" not in gone.body


@pytest.mark.parametrize(
    ("pfx", "password", "code"),
    [
        (Made().pfx("right"), "wrong", "CertificatePasswordWrong"),
        (Made().pfx("right"), None, "CertificatePasswordWrong"),
        (Made().pfx("right", with_key=False), "right", "CertificateHasNoPrivateKey"),
        (Made(days=-1).pfx("right"), "right", "CertificateExpired"),
        ("bm8gcGZ4", "x", "CertificatePasswordWrong"),
        ("no base64!", "x", "InvalidRequest"),
        (None, "x", "InvalidRequest"),
        ("********", "********", "MaskWithoutValue"),
    ],
)
async def test_ssl_certificates_that_are_refused(
    api: Api, pfx: str | None, password: str | None, code: str
) -> None:
    name = unique("svc")
    ssl = {k: v for k, v in (("data", pfx), ("password", password)) if v is not None}
    refused = await api.put(f"services/{name}", {"edition": "Basic", "sslCertificate": ssl})
    assert (refused.status, refused.code) == (400, code)
    assert (await api.get(f"services/{name}")).status == 404
    living = await api.service()
    before = await api.everything(living)
    again = await api.put(f"services/{living}", {"edition": "Basic", "sslCertificate": ssl})
    assert again.code == code
    assert await api.everything(living) == before


async def test_a_pfx_without_password(api: Api) -> None:
    name = await api.service(sslCertificate={"data": Made().pfx(None)})
    assert (await api.get(f"services/{name}")).body["sslCertificate"]["subject"]


@pytest.mark.parametrize("form", ["der", "pem"])
async def test_a_public_certificate_is_read(api: Api, form: str) -> None:
    name, made = await api.service(), Made("partner.example.com")
    path = f"services/{name}/artifacts/certificates/partner"
    await api.put(path, {"document": {}})
    data = made.der if form == "der" else made.pem
    put = await api.put(f"{path}/content", data=data)
    assert put.status == 201
    assert put.body["content"]["certificate"]["subject"] == "CN=partner.example.com"
    backup = await api.backup(name)
    copy = unique("copy")
    await api.restore(backup, name=copy)
    restored = await api.get(f"services/{copy}/artifacts/certificates/partner")
    assert restored.body["content"] == put.body["content"]


_PARTNER = Made("partner.example.com")
_PEM_KEY = _PARTNER.private_key(Encoding.PEM)
_DER_KEY = _PARTNER.private_key(Encoding.DER)


@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN PRIVATE KEY-----",
        _PARTNER.pem + _PEM_KEY,
        _PEM_KEY + _PARTNER.pem,
        _PARTNER.pem + _PEM_KEY.replace(b"BEGIN PRIVATE", b"BEGIN RSA PRIVATE"),
        _PARTNER.pem + _DER_KEY,
        _PARTNER.pem + _PARTNER.pem[:200],
        _PARTNER.der + _DER_KEY,
        _PARTNER.der + _PARTNER.pem,
        _PARTNER.der + b"\n",
        base64.b64decode(_PARTNER.pfx(None)),
    ],
)
async def test_content_that_is_more_than_certificates(api: Api, data: bytes) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/certificates/partner"
    await api.put(path, {"document": {}})
    refused = await api.put(f"{path}/content", data=data)
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert "content" not in (await api.get(path)).body


async def test_a_chain_with_text_between_its_certificates(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/certificates/partner"
    await api.put(path, {"document": {}})
    chain = b"subject=CN = partner.example.com\n" + _PARTNER.pem + b"issuer:\n" + Made("ca").pem
    put = await api.put(f"{path}/content", data=chain)
    assert put.body["content"]["certificate"]["subject"] == "CN=partner.example.com"
    assert (await api.get(f"{path}/content")).content == chain


async def test_content_in_other_forms(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/certificates/partner"
    await api.put(path, {"document": {}})
    bag = b"Bag Attributes\n    friendlyName: partner private key 2026\n" + _PARTNER.pem
    put = await api.put(f"{path}/content", data=bag)
    assert (put.status, put.body["content"]["certificate"]) == (201, facts_of(_PARTNER))
    assert (await api.get(f"{path}/content")).content == bag
    for data, reason in (
        (_PARTNER.pem.decode().encode("utf-16"), "UTF-16"),
        (_PARTNER.pem.replace(b"CERTIFICATE", b"PKCS7"), "openssl pkcs7"),
        (base64.b64encode(_PARTNER.der), "base64 without the lines"),
        (_PARTNER.pem + _PEM_KEY, "put it as pfx and password"),
    ):
        refused = await api.put(f"{path}/content", data=data)
        assert (refused.status, refused.code) == (400, "InvalidRequest")
        assert reason in refused.body["error"]["message"]
        assert refused.body["error"]["target"] == "content"
    assert (await api.get(f"{path}/content")).content == bag


def facts_of(made: Made) -> dict[str, str]:
    """What is shown of a certificate."""
    return {
        "thumbprint": hashlib.sha1(made.der, usedforsecurity=False).hexdigest().upper(),
        "subject": made.certificate.subject.rfc4514_string(),
        "issuer": made.certificate.issuer.rfc4514_string(),
        "validFrom": made.certificate.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "expiresAt": made.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


async def test_a_private_certificate_is_a_secret(api: Api) -> None:
    name, made = await api.service(), Made("own.example.com")
    path = f"services/{name}/artifacts/certificates/own"
    wrong = {"document": {"pfx": made.pfx("a"), "password": "b"}}
    assert (await api.put(path, wrong)).code == "CertificatePasswordWrong"
    right = {"document": {"pfx": made.pfx("a"), "password": "a", "note": "ours"}}
    put = await api.put(path, right)
    assert put.body["document"] == {"pfx": "********", "password": "********", "note": "ours"}
    assert put.body["certificate"] == facts_of(made)
    kept = await api.put(path, {"document": put.body["document"]})
    assert (kept.status, kept.body["certificate"]) == (200, facts_of(made))
    backup, copy = await api.backup(name), unique("copy")
    await api.restore(backup, name=copy)
    restored = await api.get(f"services/{copy}/artifacts/certificates/own")
    assert restored.body["certificate"] == facts_of(made)
    await api.put(path, {"document": {"note": "none any more"}})
    assert "certificate" not in (await api.get(path)).body


_OWN, _OTHER = Made().pfx("a"), Made("other.example.com")


@pytest.mark.parametrize(
    ("document", "code", "target"),
    [
        ({"pfx": _OTHER.pfx("b"), "password": "********"}, "CertificatePasswordWrong", "/pfx"),
        ({"pfx": "********", "password": "b"}, "CertificatePasswordWrong", "/pfx"),
        ({"pfx": "********"}, "CertificatePasswordWrong", "/pfx"),
        ({"Pfx": "garbage", "password": "a"}, "InvalidRequest", "/Pfx"),
        ({"PFX": _OWN, "PassWord": "b"}, "CertificatePasswordWrong", "/PFX"),
        (
            {"properties": {"pfx": Made(days=-1).pfx("a"), "password": "a"}},
            "CertificateExpired",
            "/properties/pfx",
        ),
        ({"all": [{"pfx": _OWN, "password": "x"}]}, "CertificatePasswordWrong", "/all/0/pfx"),
        ({"pfx": 5, "password": "a"}, "InvalidRequest", "/pfx"),
        ({"pfx": _OWN, "password": ["a"]}, "InvalidRequest", "/password"),
        ({"pfx": _OWN, "PFX": _OWN, "password": "a"}, "InvalidRequest", "/PFX"),
    ],
)
async def test_a_private_certificate_opens_or_is_refused(
    api: Api, document: object, code: str, target: str
) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/certificates/own"
    await api.put(path, {"document": {"pfx": _OWN, "password": "a"}})
    before = (await api.get(path)).body
    refused = await api.put(path, {"document": document})
    assert (refused.status, refused.code) == (400, code), refused.body
    assert refused.body["error"]["target"] == f"/document{target}"
    assert (await api.get(path)).body == before


async def test_a_certificate_that_expired_since_is_kept(
    api: Api, host_clock: Callable[[float], Awaitable[None]]
) -> None:
    name, made = await api.service(), Made(days=1)
    path = f"services/{name}/artifacts/certificates/own"
    await api.put(path, {"document": {"pfx": made.pfx("a"), "password": "a"}})
    await host_clock(2 * 24 * 3600)
    try:
        kept = await api.put(path, {"document": {"pfx": "********", "password": "********"}})
        again = await api.put(path, {"document": {"pfx": made.pfx("a"), "password": "a"}})
    finally:
        await host_clock(0)
    assert (kept.status, again.code) == (200, "CertificateExpired")


async def test_an_expired_certificate_is_restored_and_said(
    api: Api, host_clock: Callable[[float], Awaitable[None]]
) -> None:
    name = await api.service(sslCertificate={"data": Made(days=1).pfx("a"), "password": "a"})
    backup = await api.backup(name)
    await host_clock(2 * 24 * 3600)
    try:
        monitor = await api.restore(backup, name=unique("later"))
    finally:
        await host_clock(0)
    assert "SslCertificateExpired" in {w["code"] for w in monitor["warnings"]}
