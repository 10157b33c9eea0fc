"""What opening a PFX costs is read from it, in any form of BER; what cannot be read is refused."""

import base64
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates

from shared.sealing.pfx_cost import rounds
from tests.support.certificates import Made, pfx_that_takes, tlv

SEQUENCE, OCTETS, INTEGER, OID = 0x30, 0x04, 0x02, 0x06
SCRYPT = bytes.fromhex("2b06010401da47040b")


def loosened(data: bytes) -> bytes:
    """The same elements as BER may have them: no lengths, octets in parts."""
    tag, rest = data[0], data[1:]
    length, rest = rest[0], rest[1:]
    if length & 0x80:
        count = length & 0x7F
        length, rest = int.from_bytes(rest[:count], "big"), rest[count:]
    content, behind = rest[:length], rest[length:]
    if tag & 0x20:
        whole = bytes([tag, 0x80]) + (loosened(content) if content else b"") + b"\0\0"
    elif tag == OCTETS and len(content) > 1:
        halves = tlv(OCTETS, content[:1]), tlv(0x24, tlv(OCTETS, content[1:]))
        whole = b"\x24\x80" + halves[0] + halves[1] + b"\0\0"
    else:
        whole = tlv(tag, content)
    return whole + (loosened(behind) if behind else b"")


@pytest.mark.parametrize(
    "algorithm", [PBES.PBESv1SHA1And3KeyTripleDESCBC, PBES.PBESv2SHA256AndAES256CBC]
)
def test_files_of_the_library(algorithm: PBES) -> None:
    made = Made()
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1000)
    locked = builder.key_cert_algorithm(algorithm).build(b"x")
    packed = serialize_key_and_certificates(b"n", made.key, made.certificate, None, locked)
    assert rounds(packed) == 1000 + 1000 + 2048, "certificate, key, MAC"
    assert rounds(loosened(packed)) == rounds(packed)
    assert rounds(base64.b64decode(made.pfx(None))) == 2048


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(
    ("options", "asked"),
    [([], 3 * 2048), (["-iter", "5000"], 3 * 5000), (["-noiter", "-nomaciter"], 2)],
)
def test_files_of_openssl(tmp_path: Path, options: list[str], asked: int) -> None:
    made = Made()
    pem = tmp_path / "both.pem"
    pem.write_bytes(made.private_key(Encoding.PEM) + made.pem)
    command = ["openssl", "pkcs12", "-export", "-in", str(pem), "-passout", "pass:x", *options]
    assert rounds(subprocess.run(command, check=True, capture_output=True).stdout) == asked


def test_numbers_that_a_file_only_claims() -> None:
    for asked in (1, 128, 20_000_000, 2**31, 2**63 - 1):
        assert rounds(pfx_that_takes(asked)) == asked
        assert rounds(loosened(pfx_that_takes(asked))) == asked
        assert rounds(pfx_that_takes(asked) + b"more") == asked


def test_scrypt_costs_the_product_of_its_numbers() -> None:
    numbers = b"".join(tlv(INTEGER, n.to_bytes(4, "big")) for n in (2**14, 8, 100))
    parameters = tlv(SEQUENCE, tlv(OCTETS, b"salt") + numbers)
    assert rounds(tlv(SEQUENCE, tlv(OID, SCRYPT) + parameters)) >= 2**14 * 8 * 100


HOSTILE = {
    "empty": b"",
    "text": b"no pfx",
    "cut": pfx_that_takes(5)[:-1],
    "huge length": b"\x30\x84\xff\xff\xff\xff",
    "longer length": b"\x30\xff" + b"\xff" * 127,
    "length that is cut": b"\x30\x88\x01",
    "primitive without length": b"\x04\x80\x00\x00",
    "without end": b"\x30\x80\x02\x01\x01",
    "tag without end": b"\x3f" + b"\xff" * 1000,
    "deep": b"\x30\x80" * 100_000,
    "deep with ends": b"\x30\x80" * 100_000 + b"\0\0" * 100_000,
    "wide": tlv(SEQUENCE, b"\x05\x00" * 200_000),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_pfx_is_refused(kind: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - said where it is caught
        rounds(HOSTILE[kind])


def test_data_within_data_is_followed_no_further_than_a_pfx_goes() -> None:
    inner = b"\x05\x00"
    for _ in range(300):
        oid = tlv(OID, bytes.fromhex("2a864886f70d010701"))
        inner = tlv(SEQUENCE, oid + tlv(0xA0, tlv(OCTETS, inner)))
    assert rounds(inner) == 0


def test_damage_anywhere_is_refused_or_counted() -> None:
    chance = random.Random(17)
    packed = base64.b64decode(Made().pfx("x"))
    for _ in range(3000):
        damaged = bytearray(packed)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            assert rounds(bytes(damaged)) >= 0
        except ValueError:
            continue
    for _ in range(3000):
        try:
            rounds(b"\x30" + os.urandom(chance.randint(0, 200)))
        except ValueError:
            continue
