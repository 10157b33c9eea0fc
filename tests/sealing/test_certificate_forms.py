"""Forms of public certificates: each is read, or refused by a reason of its own."""

import base64
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from shared.model.problem import Code, Problem
from shared.sealing.certificates import Spent, pfx_certificate, public_certificate
from tests.support.certificates import Made

PEM, DER = Made("partner").pem, Made("partner").der
KEY = Made().private_key(Encoding.PEM)
BODY = PEM.splitlines(keepends=True)[1:-1]


def chain(*names: str) -> list[bytes]:
    """Certificates in PEM, each but the last one issued by the one behind it."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in names]
    now, found = datetime.now(UTC), []
    for place, name in enumerate(names):
        issuer = min(place + 1, len(names) - 1)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[issuer])]))
            .public_key(keys[place].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30 + 300 * place))
            .sign(keys[issuer], SHA256())
        )
        found.append(made.public_bytes(Encoding.PEM))
    return found


def taken(data: bytes) -> str:
    return public_certificate(data).subject


def refused(data: bytes) -> str:
    with pytest.raises(Problem) as problem:
        public_certificate(data)
    assert problem.value.code is Code.INVALID_REQUEST
    assert problem.value.target == "content"
    return problem.value.message


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (2, 0, 0, 1)])
def test_a_chain_is_its_leafs_in_any_order(order: tuple[int, ...]) -> None:
    certificates = chain("leaf", "between", "root")
    facts = public_certificate(b"".join(certificates[place] for place in order))
    assert facts.subject == "CN=leaf"
    assert facts.expires_at < datetime.now(UTC) + timedelta(days=31)


def test_where_nothing_tells_the_first_counts() -> None:
    one, other = Made("one").pem, Made("other").pem
    assert (taken(one + other), taken(other + one)) == ("CN=one", "CN=other")
    bundle = b"".join(reversed(chain("leaf", *(f"ca-{number}" for number in range(100)))))
    assert taken(bundle) == "CN=ca-99", "more than a chain"


def test_a_chain_whose_names_the_library_does_not_read() -> None:
    """Latin-1 in a T61String, as real authorities have it."""
    leaf, root = chain("leaf", "Muller")
    odd = []
    for pem in (root, leaf):
        der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        body = base64.encodebytes(der.replace(b"\x0c\x06Muller", b"\x14\x06M\xfcller"))
        odd.append(b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n")
    assert taken(odd[0]) == "CN=Müller"
    assert taken(b"".join(odd)) == "CN=leaf"


@pytest.mark.parametrize(
    "data",
    [
        b"Bag Attributes\n    friendlyName: Contoso private key 2026\n" + PEM,
        "Müller\n".encode("latin-1") + PEM,
        b"\xef\xbb\xbf" + PEM,
        PEM.replace(b"\n", b"\r\n"),
        PEM.replace(b"\n", b"\r"),
        PEM.replace(b"\n", b" \n"),
        PEM.replace(b"\n", b""),
        PEM.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
        PEM.replace(b"CERTIFICATE", b"X509 CERTIFICATE") + PEM,
        PEM.strip(),
        DER,
    ],
)
def test_what_is_taken(data: bytes) -> None:
    assert taken(data) == "CN=partner"


TEXT = PEM.decode()
REASONS = {
    "nothing": (b" \n", "no bytes"),
    "UTF-16": (TEXT.encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "UTF-16"),
    "UTF-16 from the left": (TEXT.encode("utf-16-be"), "UTF-16"),
    "base64 alone": (b"".join(BODY), "base64 without the lines"),
    "base64 in one line": (base64.b64encode(DER), "base64 without the lines"),
    "PEM in base64": (base64.b64encode(PEM), "once more"),
    "escaped": (PEM.replace(b"\n", b"\\n"), "line ends"),
    "cut in its middle": (PEM.replace(BODY[2], b""), "Certificate 1 cannot be read"),
    "the second is cut": (PEM + PEM.replace(BODY[2], b""), "Certificate 2 cannot be read"),
    "cut at its end": (PEM[:200], "no line END CERTIFICATE"),
    "two labels": (
        PEM.replace(b"BEGIN CERTIFICATE", b"BEGIN X509 CERTIFICATE"),
        "no line END X509 CERTIFICATE",
    ),
    "dashes": (PEM + b"-----\n", "A line of dashes"),
    "a zero": (PEM + b"\0", "no text"),
    "DER behind PEM": (PEM + Made().private_key(Encoding.DER), "no text"),
    "DER behind DER": (DER + Made().private_key(Encoding.DER), "more bytes"),
    "a line behind DER": (DER + b"\n", "more bytes"),
    "DER that is cut": (DER[:-1], "cut"),
    "a trusted one": (PEM.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"), "openssl x509"),
    "another block": (PEM + PEM.replace(b"CERTIFICATE", b"EC PARAMETERS"), "'EC PARAMETERS'"),
    "text": (b"hello", "without a line -----BEGIN CERTIFICATE-----"),
    "four dashes": (PEM.replace(b"-----", b"----"), "without a line -----BEGIN CERTIFICATE-----"),
    "other ASN.1": (bytes.fromhex("30053003020101"), "ASN.1"),
}


@pytest.mark.parametrize("kind", REASONS)
def test_what_is_refused_says_why(kind: str) -> None:
    data, reason = REASONS[kind]
    said = refused(data)
    assert reason in said
    assert "rivate key" not in said, "it has none"


KEY_BODY = b"".join(KEY.splitlines()[1:-1])
WITH_KEYS = {
    "a block": PEM + KEY,
    "a block before": KEY + PEM,
    "an encrypted block": PEM + KEY.replace(b"PRIVATE", b"ENCRYPTED PRIVATE"),
    "alone": KEY,
    "too few dashes": PEM + KEY.replace(b"-----", b"----"),
    "too few dashes, alone": KEY.replace(b"-----", b"----"),
    "no lines": PEM + b"\n".join(KEY.splitlines()[1:-1]),
    "no lines, alone": KEY_BODY,
    "in DER": Made().private_key(Encoding.DER),
    "a PFX": base64.b64decode(Made().pfx(None)),
    "a PFX in base64": Made().pfx("pw").encode(),
    "PuTTY's": PEM + b"PuTTY-User-Key-File-3: ssh-rsa\n",
    "as openssl prints it": PEM + b"Private-Key: (2048 bit, 2 primes)\n",
}


@pytest.mark.parametrize("kind", WITH_KEYS)
def test_a_private_key_is_told_where_it_belongs(kind: str) -> None:
    said = refused(WITH_KEYS[kind])
    assert "put it as pfx and password into the document" in said
    assert KEY_BODY.decode() not in said


@pytest.mark.parametrize("text", [b"BEGIN ", b"a", b"private key", b"-----BEGIN ", b"\x30\x80"])
def test_long_content_takes_little_time(text: bytes) -> None:
    """A pattern over all of it lets nobody else run."""
    begun = time.process_time()
    refused(text * (3_000_000 // len(text)))
    assert time.process_time() - begun < 1


def test_no_key_hides_behind_a_certificate_in_one_block() -> None:
    both = base64.encodebytes(DER + Made().private_key(Encoding.DER))
    pem = b"-----BEGIN CERTIFICATE-----\n" + both + b"-----END CERTIFICATE-----\n"
    assert "cannot be read" in refused(pem)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_what_openssl_makes_of_one(tmp_path: Path) -> None:
    def openssl(*arguments: str) -> bytes:
        command = ["openssl", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout

    made = Made("partner")
    (tmp_path / "c").write_bytes(made.pem)
    (tmp_path / "k").write_bytes(made.private_key(Encoding.PEM))
    bundle = ["crl2pkcs7", "-nocrl", "-certfile", "c"]
    for data, reason in (
        (openssl(*bundle), "openssl pkcs7 -in"),
        (openssl(*bundle, "-outform", "DER"), "openssl pkcs7 -inform DER"),
        (openssl("x509", "-in", "c", "-trustout", "-addtrust", "serverAuth"), "openssl x509 -in"),
        (openssl("x509", "-in", "c", "-pubkey"), "'PUBLIC KEY'"),
        (openssl("req", "-new", "-key", "k", "-subj", "/CN=partner"), "asks for a certificate"),
    ):
        assert reason in refused(data)
    assert taken(openssl("x509", "-in", "c", "-text")) == "CN=partner"
    export = ["pkcs12", "-export", "-in", "c", "-inkey", "k", "-passout", "pass:pw", "-out", "p"]
    openssl(*export, "-name", "Contoso private key 2026")
    bags = ["pkcs12", "-in", "p", "-passin", "pass:pw", "-nodes"]
    assert taken(openssl(*bags, "-nokeys")) == "CN=partner"
    assert "pfx and password" in refused(openssl(*bags))


def test_a_certificate_whose_name_is_a_line_of_pem() -> None:
    name = "-----BEGIN PRIVATE KEY-----"
    assert taken(Made(name).der) == taken(Made(name).pem) == f"CN={name}"


def test_a_pfx_whose_name_is_a_line_of_pem() -> None:
    made = Made("partner")
    pfx = serialize_key_and_certificates(
        b"-----BEGIN CERTIFICATE-----", made.key, made.certificate, None, NoEncryption()
    )
    facts = pfx_certificate(base64.b64encode(pfx).decode(), None, None, "/pfx", Spent())
    assert facts.subject == "CN=partner"


SIGNED = bytes.fromhex("300b06092a864886f70d010702")
OTHER_FORMS = {
    "PEM": (PEM + KEY, "openssl pkcs12 -export"),
    "a Java key store": (b"\xfe\xed\xfe\xed\0\0\0\2", "keytool"),
    "base64 twice": (Made().pfx("pw").encode(), "twice"),
    "a certificate": (DER, "without a private key"),
    "PKCS #7": (SIGNED, "PKCS #7"),
}


@pytest.mark.parametrize("kind", OTHER_FORMS)
def test_what_was_sent_for_a_pfx_is_told(kind: str) -> None:
    data, reason = OTHER_FORMS[kind]
    with pytest.raises(Problem) as problem:
        pfx_certificate(base64.b64encode(data).decode(), "pw", None, "/document/pfx", Spent())
    assert (problem.value.code, problem.value.target) == (Code.INVALID_REQUEST, "/document/pfx")
    assert reason in problem.value.message


@pytest.mark.parametrize("data", [b"no pfx", b"", SIGNED[:4], b"\x30\x80"])
def test_what_is_nothing_known_does_not_open(data: bytes) -> None:
    with pytest.raises(Problem) as problem:
        pfx_certificate(base64.b64encode(data).decode(), "pw", None, "/document/pfx", Spent())
    assert problem.value.code is Code.CERTIFICATE_PASSWORD_WRONG
