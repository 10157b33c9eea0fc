"""Which texts are secrets by their look, whatever the member that holds them is called.

Connection strings and signatures, addresses with a password in them, private keys, tokens of
services. Every search is bounded: its time grows linearly with the text.
"""

import base64
import binascii
import re

from shared.model.wire import MASK
from shared.rules.secret_names import is_secret_name

MOST_CHARACTERS = 32_768
"""Longest text that is examined: a longer one is content that is embedded in a document."""

LEAST_CHARACTERS = 8
"""Shortest text that is examined: a mask, and the shortest secret below, has this many."""

_LEAST_OF_A_KEY = 40
"""A text of letters and digits only is a secret if it is a key in base64, which has at least this
many."""

_HINT = re.compile(
    r"[=@<]|: |:[\"'\\]|-----BEGIN|eyJ|\*{8}|PuTTY|CAQ|AgE|IBA|(?i:bearer|basic|sharedkey)"
)
"""Every text that is a secret by its look contains one of these; most other texts do not."""

_BEHIND_COLON = re.compile(r":[ \"'\\]")

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-")
_KEY_IN_BASE64 = re.compile(
    r"\s*(?:M[A-H][AEIMQUYcgkosw048]CAQ[A-HM-P]|MI[GH][A-Za-z0-9+/]AgE[ABD]|"
    r"MI[I-L][A-Za-z0-9+/]{2}[AQgw]IB[A-P])"
)
"""DER of a sequence whose first element is a small number, its version: a private key or a PFX (RFC
8017, 5208, 5915, 7292). Certificates and public keys begin otherwise."""

_IN_ADDRESS = re.compile(
    # A colon and a number before the path are a port, not a password.
    r"://[^\s/@:]{0,200}:(?![0-9]{1,5}(?:[/?#]|$))[^\s@]{1,500}@|"
    r"(?i:https?)://[^\s/?#@:]{1,500}@|"
    r"jdbc:[a-z:]{1,40}[^/\s@:]{1,100}/[^\s@/]{1,200}@|"
    # The key that Azure Functions put into the address of a function.
    r"[?&]code=[^&\s]{16}"
)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.")
"""JSON Web Signature in its compact form (RFC 7515): its header is JSON, which begins like this in
base64."""

_HEADER = re.compile(r"\s*(?i:bearer|sharedkey)\s+[\w+/=.~:-]{8,}\s*")
_BASIC = re.compile(r"\s*(?i:basic)\s+([A-Za-z0-9+/]{4,}={0,2})\s*")
"""Values of the header Authorization (RFC 6750, RFC 7617)."""

_PAIR = re.compile(
    r"(?<![\w.-])([\w.-]{1,100})\\?[\"']?\s{0,9}(?:=(?!=)|:(?=[\s\"'\\]))\s{0,9}\\?[\"']?[^\s;&\"',<>=\\]"
)
"""A name and the beginning of its value, as connection strings, addresses, headers, XML's
attributes and JSON have them."""

_ELEMENT = re.compile(r"<([\w.:-]{1,100})>\s{0,99}[^<\s]")

_ANY = "bridges"
"""A section that has the general rule."""


def looks_secret(text: str) -> bool:
    """Whether a text is a secret by its look, or the mask of one."""
    if len(text) < _LEAST_OF_A_KEY and (len(text) < LEAST_CHARACTERS or text.isalnum()):
        return False
    if len(text) > MOST_CHARACTERS or not _is_hinted(text):
        return False
    return (
        text == MASK
        or _PRIVATE_KEY.search(text) is not None
        or ("<D>" in text and "KeyValue>" in text)  # XML signature's private keys
        or _IN_ADDRESS.search(text) is not None
        or _JWT.search(text) is not None
        or _HEADER.fullmatch(text) is not None
        or _is_basic(text)
        or _KEY_IN_BASE64.match(text) is not None
        or any(is_secret_name(_ANY, found[1]) for found in _PAIR.finditer(text))
        or any(is_secret_name(_ANY, found[1]) for found in _ELEMENT.finditer(text))
    )


def _is_hinted(text: str) -> bool:
    """Whether ``_HINT`` matches, in a fraction of its time: this is called for every text of a
    document."""
    if not text.isascii():  # a long s equals s where case is ignored
        return _HINT.search(text) is not None
    small = text.lower()
    return (
        "=" in text
        or "@" in text
        or "<" in text
        or (":" in text and _BEHIND_COLON.search(text) is not None)
        or "-----BEGIN" in text
        or "eyJ" in text
        or MASK in text
        or "PuTTY" in text
        or "CAQ" in text
        or "AgE" in text
        or "IBA" in text
        or "bearer" in small
        or "basic" in small
        or "sharedkey" in small
    )


def is_key_in_base64(text: str) -> bool:
    """Whether a text begins as a private key or a PFX does that is written in base64."""
    return len(text) >= _LEAST_OF_A_KEY and _KEY_IN_BASE64.match(text) is not None


def _is_basic(text: str) -> bool:
    found = _BASIC.fullmatch(text)
    if found is None:
        return False
    try:
        return b":" in base64.b64decode(found[1], validate=True)
    except binascii.Error:
        return False
