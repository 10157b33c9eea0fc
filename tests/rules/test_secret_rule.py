"""Which members are secrets: by names that nobody listed, by looks, by what stands beside them."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.sections import SECTIONS
from shared.model.wire import MASK
from shared.rules.documents import masked
from shared.rules.secret_looks import _HINT, MOST_CHARACTERS, _is_hinted, looks_secret
from shared.rules.secret_names import Named, fingerprint, is_secret_name, set_named

USUAL = (
    *("password", "sshPrivateKey", "accountKey", "clientSecret", "connectionString", "keyPassword"),
    *("issuerSecret", "pfxPassword", "passphrase", "passPhrase", "sshPrivateKeyPassphrase"),
    *("privateKeyContent", "sasToken", "sharedAccessSignature", "sharedAccessKeyValue"),
    *("sharedSecretIssuerKey", "issuerKey", "accessKey", "primaryKey", "secondaryKey"),
    *("secretKey", "secretValue", "apiKey", "token", "pwd", "passwd", "credential"),
    *("authorization", "storageConnection", "blobSasUri", "passwordHash", "userPasswordText"),
)
"""What bridges, partners and connections of many products call their secrets."""


@pytest.fixture(autouse=True)
def without_settings() -> Iterator[None]:
    set_named(Named())
    yield
    set_named(Named())


@pytest.mark.parametrize("name", USUAL)
def test_usual_names(name: str) -> None:
    for written in (name, name.lower(), name.upper(), f"ftp_{name}", f"my-{name}"):
        assert masked("bridges", {written: "x", "n": 1}) == {written: MASK, "n": 1}, written


@pytest.mark.parametrize(
    "name",
    [
        *("SAS_TOKEN", "x-functions-key", "Ocp-Apim-Subscription-Key", "DB_PASS", "userpass"),
        *("contraseña", "CONTRASEN\N{COMBINING TILDE}A", "Kennwort", "motDePasse", "ftpPwd2"),
        *(
            "PRIVATE\N{KELVIN SIGN}EY",
            "\N{FULLWIDTH LATIN CAPITAL LETTER P}assword",
            "pass\x00word",
        ),
        *("secretId", "tokenTypeSecret", "keyPem", "pfx", "passwordHint", "PASS", "pin"),
    ],
)
def test_names_in_any_case_and_writing(name: str) -> None:
    assert is_secret_name("bridges", name)


@pytest.mark.parametrize(
    "name",
    [
        *("passwordQualifier", "authorizationQualifier", "recipientReferencePasswordQualifier"),
        *("publicKey", "publicKeyToken", "publicCertificate", "sharedAccessKeyName", "secretName"),
        *("key", "keys", "keyName", "keyVault", "keyVersion", "keyValue", "partitionKey"),
        *("tokenEndpoint", "tokenUrl", "credentialId", "passThrough", "passiveMode", "mapping"),
        *("shipping", "signature", "connection", "hybridConnection", "compass", "tokenizer"),
        *("qualifier", "value", "name", "address", "host", "state", "thumbprint"),
    ],
)
def test_what_is_about_a_secret_or_none(name: str) -> None:
    assert not is_secret_name("bridges", name)


def test_what_the_app_reads_of_a_document_is_never_sealed() -> None:
    for section, facts in SECTIONS.items():
        assert [name for name in facts.names if is_secret_name(section, name)] == []


_FORMER = (
    *("password", "secret", "connectionstring", "accountkey", "sharedaccesskey", "privatekey"),
)
"""How names ended that were secret before this rule."""


@given(st.text(), st.sampled_from(_FORMER))
def test_what_was_a_secret_is_one(before: str, ending: str) -> None:
    name = before + ending
    if name.lower().endswith(ending):
        assert is_secret_name("bridges", name), name


@pytest.mark.parametrize(
    "text",
    [
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==",
        "Server=x;Database=y;User Id=u;Password=p",
        "Driver={SQL};Pwd = abc",
        "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=abc=",
        "sftp://edi:pw@host.example/out",
        "ftp://u:p#ss/w@host",
        "amqps://user:pa%2Fss@host:5671/vhost",
        "https://ghp_x@github.com/",
        "jdbc:oracle:thin:scott/tiger@host:1521/x",
        "https://a.blob.core.windows.net/c?sv=2023&sig=abc",
        "sv=1&sig=abc",
        "https://x.azurewebsites.net/api/f?code=abcdefghijklmnopqrst==",
        "-----BEGIN RSA PRIVATE KEY-----\nx",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
        "PuTTY-User-Key-File-3: ssh-rsa",
        "<RSAKeyValue><D>x</D></RSAKeyValue>",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "Bearer abcdefgh123",
        "Basic dXNlcjpwYXNz",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB",
        "\nMIIKgQIBAzCCCkcGCSqGSIb3DQEHAaCCCjgEggo0MIIKMDCC",
        "MHcCAQEEIBxx1234567890MHcCAQEEIBxx1234567890MHcC",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
        '<add password="x"/>',
        "<ns:Password>x</ns:Password>",
        '{"password": "x"}',
        '{\\"client_secret\\": \\"x\\"}',
        "Authorization: Bearer x",
        "x-functions-key: abc",
        MASK,
    ],
)
def test_texts_that_look_secret(text: str) -> None:
    assert looks_secret(text)
    document = {"address": text, "urls": ["a", text, [text]], "n": {"note": text}}
    assert masked("bridges", document) == {  # type: ignore[arg-type]
        "address": MASK,
        "urls": ["a", MASK, [MASK]],
        "n": {"note": MASK},
    }


@pytest.mark.parametrize(
    "text",
    [
        "sftp://user@host/x",
        "http://host:8080/a@b",
        "https://host:443?x=1",
        "https://host/x?y=1",
        "sb://x.servicebus.windows.net/",
        "Microsoft.X, Version=1.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35",
        "Basic authentication",
        "a.b@example.com",
        "CN=as2.example, O=Contoso",
        "2026-11-01T00:00:00Z",
        "MIIDXTCCAkWgAwIBAgIJAKL0UG",
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
        "-----BEGIN CERTIFICATE-----\nMII",
        "passwordQualifier=00",
        'password=""',
        "Monday: see the note",
        "<a>b</a>",
    ],
)
def test_texts_that_do_not(text: str) -> None:
    assert not looks_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "://a:" * 6000,
        "eyJ" * 10_000,
        "a" * 32_000,
        "<a" * 16_000,
        "a=" * 16_000,
        "-----BEGIN A" * 2700,
        *("http://" * 4600, "jdbc:" * 6000, "x: " * 10_000, "bearer " * 4600, "://" * 10_900),
    ],
)
def test_a_look_at_a_hostile_text_takes_no_time(text: str) -> None:
    begun = time.process_time()
    looks_secret(text)
    assert time.process_time() - begun < 0.5


_SIGNS = [
    *("=", "@", "<", ":", " ", '"', "'", "\\", "-----BEGIN", "----", "BEGIN", "eyJ", "ey", "J"),
    *("********", "*******", "*", "PuTTY", "Pu", "CAQ", "CA", "Q", "AgE", "Ag", "IBA", "IB", "A"),
    *("bearer", "BeArEr", "basic", "Basic", "baſic", "sharedkey", "SharedKey", "shared\u212aey"),
    *("key", "shared", "\n", "\t", "é", "日", "x", "1"),
]


@given(st.lists(st.sampled_from(_SIGNS), max_size=6).map("".join))
def test_the_quick_look_is_the_exact_one(text: str) -> None:
    assert _is_hinted(text) is (_HINT.search(text) is not None)


@pytest.mark.parametrize("sign", _SIGNS)
def test_each_sign_alone_is_looked_at_exactly(sign: str) -> None:
    for text in (sign, f"x{sign}y", f"{sign} ", f"é{sign}"):
        assert _is_hinted(text) is (_HINT.search(text) is not None), text


def test_a_longer_text_is_content() -> None:
    assert looks_secret("password=x" + " " * (MOST_CHARACTERS - 10))
    assert not looks_secret("password=x" + " " * (MOST_CHARACTERS - 9))


@pytest.mark.parametrize("named", ["name", "key", "header", "property", "@name", "Parameter"])
def test_a_value_beside_its_name(named: str) -> None:
    document = [{named: "sftpPassword", "value": "x"}, {named: "port", "value": "22"}]
    assert masked("pipelines", {"properties": document}) == {  # type: ignore[dict-item]
        "properties": [{named: "sftpPassword", "value": MASK}, {named: "port", "value": "22"}]
    }


def test_values_that_say_what_they_are() -> None:
    typed: Any = {"type": "SecureString", "value": "x", "defaultValue": ["y"]}
    assert masked("bridges", typed) == {**typed, "value": MASK, "defaultValue": MASK}
    jwk: Any = {"kty": "EC", "crv": "P-256", "x": "a", "d": "b"}
    assert masked("bridges", jwk) == {**jwk, "d": MASK}
    assert masked("bridges", {"d": "b", "value": "x"}) == {"d": "b", "value": "x"}


def test_many_values_beside_a_name_take_no_time() -> None:
    many: Any = {f"v{'-' * (i % 300)}{' ' * (i // 300)}alue": "1" for i in range(60_000)}
    begun = time.process_time()
    masked("bridges", many)
    assert time.process_time() - begun < 3


def test_settings_widen_and_narrow() -> None:
    before = fingerprint()
    set_named(Named.of(["kenn-ung"], ["schemas/lineToken", "client_secret"]))
    assert fingerprint() != before
    assert masked("bridges", {"myKennung": "x"}) == {"myKennung": MASK}
    document: Any = {"lineToken": "x", "clientSecret": ["a=b;password=c"]}
    assert masked("schemas", document) == document
    assert masked("bridges", document) == {**document, "lineToken": MASK}
    assert masked("bridges", {"clientSecret": MASK}) == {"clientSecret": MASK}
    assert masked("service", {"trackingDatabase": {"password": "x"}}) == {
        "trackingDatabase": {"password": MASK}
    }
