"""MACs of PFX files: each that is known is checked, and none that is not known is let through."""

import base64
import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from shared.model.problem import Code, Problem
from shared.sealing.asn1 import Reader
from shared.sealing.certificates import Spent, pfx_certificate
from shared.sealing.pfx_cost import MOST_ROUNDS
from tests.support.certificates import Made, tlv

SEQUENCE, OCTETS, OID, INTEGER = 0x30, 0x04, 0x06, 0x02
PBMAC1 = tlv(OID, bytes.fromhex("2a864886f70d01050e"))
PBKDF2 = tlv(OID, bytes.fromhex("2a864886f70d01050c"))
SCRYPT = tlv(OID, bytes.fromhex("2b06010401da47040b"))
HMACS = {
    "sha1": tlv(OID, bytes.fromhex("2a864886f70d0207")),
    "sha256": tlv(OID, bytes.fromhex("2a864886f70d0209")),
    "sha512": tlv(OID, bytes.fromhex("2a864886f70d020b")),
}
SALT = b"saltsalt"


def number(value: int) -> bytes:
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def pbmac1(
    pfx: bytes,
    password: str = "pw",
    *,
    prf: str = "sha256",
    scheme: str = "sha256",
    rounds: int = 2048,
    length: int | None = 32,
    derivation: bytes = PBKDF2,
    said: int | None = None,
) -> bytes:
    """The same PFX with a MAC of RFC 9579.

    :param length: of the key, in bytes; None says none.
    :param said: the rounds that it says to take, where others were taken.
    """
    whole = Reader().read(pfx)
    content = whole.inner[1].inner[1].inner[0].octets
    key = hashlib.pbkdf2_hmac(prf, password.encode(), SALT, rounds, length or 32)
    digest = hmac.digest(key, content, scheme)
    parameters = tlv(OCTETS, SALT) + number(said or rounds)
    parameters += number(length) if length is not None else b""
    if prf != "sha1":  # which is the one where none is said
        parameters += tlv(SEQUENCE, HMACS[prf] + b"\x05\x00")
    derived = tlv(SEQUENCE, derivation + tlv(SEQUENCE, parameters))
    both = tlv(SEQUENCE, derived + tlv(SEQUENCE, HMACS[scheme] + b"\x05\x00"))
    info = tlv(SEQUENCE, tlv(SEQUENCE, PBMAC1 + both) + tlv(OCTETS, digest))
    mac = tlv(SEQUENCE, info + tlv(OCTETS, b"NOT USED"))
    return tlv(SEQUENCE, whole.inner[0].raw + whole.inner[1].raw + mac)


def opened(pfx: bytes, password: str | None = "pw") -> str:
    data = base64.b64encode(pfx).decode()
    return pfx_certificate(data, password, None, "/pfx", Spent()).subject


def refused(pfx: bytes, password: str | None = "pw") -> Problem:
    with pytest.raises(Problem) as problem:
        opened(pfx, password)
    return problem.value


@pytest.mark.parametrize("password", ["pw", "ünï 𝄞", "x" * 300])
@pytest.mark.parametrize(
    ("prf", "scheme", "length"),
    [
        ("sha256", "sha256", 32),
        ("sha256", "sha512", 64),
        ("sha512", "sha256", 20),
        ("sha1", "sha1", 20),
    ],
)
def test_pbmac1(prf: str, scheme: str, length: int, password: str) -> None:
    made = base64.b64decode(Made("as2").pfx(password))
    pfx = pbmac1(made, password, prf=prf, scheme=scheme, length=length)
    assert load_key_and_certificates(pfx, password.encode())[0], "OpenSSL takes it for one"
    assert opened(pfx, password) == "CN=as2"
    assert refused(pfx, "other").code is Code.CERTIFICATE_PASSWORD_WRONG


def test_pbmac1_is_of_the_content() -> None:
    """Of another PFX with the same password, and where nothing at all is encrypted."""
    one, other = (base64.b64decode(Made(name).pfx("pw")) for name in ("one", "other"))
    mac = Reader().read(pbmac1(one)).inner[2].raw
    for source in (other, base64.b64decode(Made("open").pfx(None))):
        whole = Reader().read(source)
        moved = tlv(SEQUENCE, whole.inner[0].raw + whole.inner[1].raw + mac)
        assert refused(moved).code is Code.CERTIFICATE_PASSWORD_WRONG
        again = pbmac1(source)
        if source is other:
            assert opened(again) == "CN=other"


def test_pbmac1_says_what_it_takes() -> None:
    made = base64.b64decode(Made().pfx("pw"))
    problem = refused(pbmac1(made, said=MOST_ROUNDS + 1))
    assert problem.code is Code.INVALID_REQUEST
    assert "rounds of key derivation" in problem.message
    for length in (None, 0, 65, 2**31, 2**64):
        pfx = pbmac1(made, length=None) if length is None else relengthened(made, length)
        assert refused(pfx).code is Code.CERTIFICATE_PASSWORD_WRONG


def relengthened(pfx: bytes, length: int) -> bytes:
    """A PBMAC1 that says to make a key of another length; its digest is that of 32 bytes."""
    marked = pbmac1(pfx, length=32)
    whole = Reader().read(marked)
    info, salt = whole.inner[2].inner
    algorithm, digest = info.inner
    derivation, scheme = algorithm.inner[1].inner
    given, rounds, _, prf = derivation.inner[1].inner
    parameters = tlv(SEQUENCE, given.raw + rounds.raw + number(length) + prf.raw)
    derived = tlv(SEQUENCE, PBKDF2 + parameters)
    both = tlv(SEQUENCE, derived + scheme.raw)
    info_again = tlv(SEQUENCE, tlv(SEQUENCE, PBMAC1 + both) + digest.raw)
    mac = tlv(SEQUENCE, info_again + salt.raw)
    return tlv(SEQUENCE, whole.inner[0].raw + whole.inner[1].raw + mac)


UNKNOWN = {
    "a hash that nobody knows": lambda pfx: of_hash(pfx, bytes.fromhex("2a03")),
    "a PBMAC1 of scrypt": lambda pfx: pbmac1(pfx, derivation=SCRYPT),
}


def of_hash(pfx: bytes, oid: bytes) -> bytes:
    whole = Reader().read(pfx)
    digest, salt, rounds = whole.inner[2].inner
    algorithm = tlv(SEQUENCE, tlv(OID, oid) + b"\x05\x00")
    info = tlv(SEQUENCE, algorithm + digest.inner[1].raw)
    mac = tlv(SEQUENCE, info + salt.raw + rounds.raw)
    return tlv(SEQUENCE, whole.inner[0].raw + whole.inner[1].raw + mac)


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_mac_that_is_not_known_is_refused(kind: str) -> None:
    problem = refused(UNKNOWN[kind](base64.b64decode(Made().pfx("pw"))))
    assert problem.code is Code.INVALID_REQUEST
    assert "MAC is of a kind" in problem.message


@pytest.mark.parametrize("cut", ["parameters", "derivation", "scheme"])
def test_a_pbmac1_that_lacks_something(cut: str) -> None:
    whole = Reader().read(pbmac1(base64.b64decode(Made().pfx("pw"))))
    info, salt = whole.inner[2].inner
    algorithm, digest = info.inner
    derivation, scheme = algorithm.inner[1].inner
    both = {
        "parameters": b"",
        "derivation": tlv(SEQUENCE, scheme.raw),
        "scheme": tlv(SEQUENCE, derivation.raw + tlv(SEQUENCE, b"")),
    }[cut]
    info_again = tlv(SEQUENCE, tlv(SEQUENCE, PBMAC1 + both) + digest.raw)
    mac = tlv(SEQUENCE, info_again + salt.raw)
    pfx = tlv(SEQUENCE, whole.inner[0].raw + whole.inner[1].raw + mac)
    assert refused(pfx).code is Code.CERTIFICATE_PASSWORD_WRONG
