"""What is hidden in an encrypted part of a PFX is not opened; every other one opens as it is."""

import base64
import hashlib
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from shared.model.problem import Code, Problem
from shared.sealing.asn1 import Reader
from shared.sealing.certificates import Spent, pfx_certificate
from shared.sealing.pfx_cost import rounds
from shared.sealing.pfx_mac import PasswordWrong
from shared.sealing.pfx_order import KeyHidden, with_key_first
from tests.sealing.test_pfx_cost import HOSTILE, loosened
from tests.support.certificates import Made, pfx_that_takes, tlv

SEQUENCE, OCTETS, OID, INTEGER, FIRST = 0x30, 0x04, 0x06, 0x02, 0xA0
DATA = tlv(OID, bytes.fromhex("2a864886f70d010701"))
ENCRYPTED = tlv(OID, bytes.fromhex("2a864886f70d010706"))
SHROUDED = tlv(OID, bytes.fromhex("2a864886f70d010c0a0102"))
HIDDEN_ROUNDS = 6_000_000


def algorithm(asked: int, salt: bytes, vector: bytes) -> bytes:
    """PBES2 with PBKDF2 of SHA-256 and AES-256."""
    number = tlv(INTEGER, asked.to_bytes(asked.bit_length() // 8 + 1, "big"))
    prf = tlv(SEQUENCE, tlv(OID, bytes.fromhex("2a864886f70d0209")) + b"\x05\x00")
    derived = tlv(
        SEQUENCE,
        tlv(OID, bytes.fromhex("2a864886f70d01050c"))
        + tlv(SEQUENCE, tlv(OCTETS, salt) + number + prf),
    )
    cipher = tlv(SEQUENCE, tlv(OID, bytes.fromhex("60864801650304012a")) + tlv(OCTETS, vector))
    pbes2 = tlv(OID, bytes.fromhex("2a864886f70d01050d"))
    return tlv(SEQUENCE, pbes2 + tlv(SEQUENCE, derived + cipher))


def hidden_part(password: str, asked: int) -> bytes:
    """An encrypted part with a key in it that takes so many rounds."""
    key = tlv(SEQUENCE, algorithm(asked, os.urandom(8), os.urandom(16)) + tlv(OCTETS, b"x" * 64))
    bags = tlv(SEQUENCE, tlv(SEQUENCE, SHROUDED + tlv(FIRST, key)))
    salt, vector = os.urandom(8), os.urandom(16)
    secret = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)
    padding = PKCS7(128).padder()
    locked = Cipher(AES(secret), CBC(vector)).encryptor()
    cipher = locked.update(padding.update(bags) + padding.finalize()) + locked.finalize()
    content = tlv(SEQUENCE, DATA + algorithm(1000, salt, vector) + tlv(0x80, cipher))
    data = tlv(SEQUENCE, tlv(INTEGER, b"\0") + content)
    return tlv(SEQUENCE, ENCRYPTED + tlv(FIRST, data))


def pfx_of(parts: list[bytes]) -> bytes:
    octets = tlv(OCTETS, tlv(SEQUENCE, b"".join(parts)))
    return tlv(SEQUENCE, tlv(INTEGER, b"\x03") + tlv(SEQUENCE, DATA + tlv(FIRST, octets)))


def parts_of(pfx: bytes) -> list[bytes]:
    content = Reader().read(pfx).inner[1].inner[1].inner[0].octets
    return [part.raw for part in Reader().read(content).inner]


def opened(pfx: bytes, password: str | None = "x") -> str:
    data = base64.b64encode(pfx).decode()
    return pfx_certificate(data, password, None, "/pfx", Spent()).subject


def test_rounds_that_are_hidden_are_not_taken() -> None:
    pfx = pfx_of([hidden_part("x", HIDDEN_ROUNDS), *parts_of(base64.b64decode(Made().pfx("x")))])
    assert rounds(pfx) < HIDDEN_ROUNDS / 10, "nobody sees them"
    begun = time.process_time()
    with pytest.raises(ValueError, match="Invalid password"):
        load_key_and_certificates(pfx, b"x")
    as_it_is = time.process_time() - begun
    begun = time.process_time()
    assert opened(pfx) == "CN=b2b.example.com"
    assert time.process_time() - begun < as_it_is / 3


def test_a_key_that_is_hidden_is_refused() -> None:
    begun = time.process_time()
    with pytest.raises(Problem) as refused:
        opened(pfx_of([hidden_part("x", HIDDEN_ROUNDS)]))
    assert refused.value.code is Code.CERTIFICATE_HAS_NO_PRIVATE_KEY
    assert time.process_time() - begun < 0.5


def test_what_only_looks_like_a_key_hides_none() -> None:
    """A key's name in an attribute, or within another bag, opens nothing."""
    bag = tlv(SEQUENCE, tlv(OID, b"\x2a\x03") + tlv(FIRST, tlv(SEQUENCE, SHROUDED)))
    plain = tlv(SEQUENCE, DATA + tlv(FIRST, tlv(OCTETS, tlv(SEQUENCE, bag))))
    with pytest.raises(KeyHidden):
        with_key_first(pfx_of([plain, hidden_part("x", HIDDEN_ROUNDS)]), "x")


def test_more_rounds_of_a_mac_than_are_counted() -> None:
    whole = Reader().read(base64.b64decode(Made().pfx("x")))
    digest = whole.inner[2].inner[0].raw
    for number in (b"\x7f" * 4, b"\x7f" * 9, b"\xff" * 40):
        mac = tlv(SEQUENCE, digest + tlv(0x80, b"salt") + tlv(INTEGER, number))
        pfx = tlv(SEQUENCE, whole.inner[0].raw + whole.inner[1].raw + mac)
        with pytest.raises(ValueError, match="rounds"):
            with_key_first(pfx, "x")


@pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER")
@pytest.mark.parametrize("password", ["x", "ünï 𝄞", "x" * 300, None])
def test_files_of_the_library(password: str | None) -> None:
    pfx = base64.b64decode(Made().pfx(password))
    for one in (pfx, loosened(pfx)):
        assert opened(one, password) == "CN=b2b.example.com"
    if password:
        with pytest.raises(PasswordWrong):
            with_key_first(pfx, "other")


OPTIONS = {
    "usual": [],
    "legacy": ["-legacy"],
    "without a MAC": ["-nomac"],
    "nothing encrypted": ["-keypbe", "NONE", "-certpbe", "NONE"],
    "the key not encrypted": ["-keypbe", "NONE"],
    "a MAC of SHA-1": ["-macalg", "sha1"],
    "a MAC of SHA-512": ["-macalg", "sha512"],
    "a MAC of MD5": ["-macalg", "md5"],
    "a MAC of SHA-3": ["-macalg", "sha3-256"],
    "a MAC of a short SHA-512": ["-macalg", "sha512-256"],
    "a MAC of SM3": ["-macalg", "sm3"],
    "a MAC of RIPEMD": ["-macalg", "ripemd160"],
    "PBMAC1": ["-pbmac1_pbkdf2"],
    "one round": ["-noiter", "-nomaciter"],
}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("password", ["x", ""])
def test_files_of_openssl(tmp_path: Path, kind: str, password: str) -> None:
    made, pem = Made(), tmp_path / "both.pem"
    pem.write_bytes(made.private_key(Encoding.PEM) + made.pem)
    command = ["openssl", "pkcs12", "-export", "-in", str(pem), "-passout", f"pass:{password}"]
    done = subprocess.run([*command, *OPTIONS[kind]], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("this openssl has no such option")
    assert opened(done.stdout, password or None) == "CN=b2b.example.com"
    with pytest.raises(Problem) as refused:
        opened(done.stdout, "other")
    assert refused.value.code is Code.CERTIFICATE_PASSWORD_WRONG


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_pfx_is_refused(kind: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - said where it is caught
        with_key_first(HOSTILE[kind], "x")


def test_damage_anywhere_is_refused_with_a_reason() -> None:
    chance = random.Random(23)
    packed = base64.b64decode(Made().pfx("x"))
    for _ in range(400):
        damaged = bytearray(packed)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            opened(bytes(damaged))
        except Problem:
            continue
    with pytest.raises(Problem):
        opened(pfx_that_takes(1000))
