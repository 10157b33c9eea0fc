"""Which members are secrets by their names.

Names are compared without regard to case, accents, and what separates their words: ``sas_token``,
``SASToken`` and ``sas-token`` are one. A doubtful name counts as a secret's: a value that is sealed
needlessly can be named as public, one that was stored in the clear cannot be made secret again.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from shared.model.sections import SERVICE, SESSIONS

_ALWAYS = (
    *("password", "passwd", "pwd", "passphrase", "passcode", "passwort", "kennwort", "wachtwoord"),
    *("motdepasse", "contrasena", "senha", "secret", "geheim", "credential", "token", "cookie"),
    *("privatekey", "accountkey", "accesskey", "apikey", "sharedaccess", "sharedsecret"),
    *("authorization", "authorisation", "basicauth", "authheader", "connectionstring", "sasur"),
)
"""Parts that make a name a secret's, anywhere in it."""

_WORDS = ("pass", "sas", "pin", "otp", "psk", "jwt", "mdp", "sig", "pfx", "p12", "pkcs12", "pkcs8")
"""Words that make a name a secret's only as words of their own: in mapping or shipping they do
not."""

_NONE = re.compile(
    "publickey(?:token)?|(?:continuation|cancellation|page|next)token|tokeni[sz]|"
    "pass(?:thr|ive)|(?:by|com|tres)pass"
)
"""Names that look like a secret's, and are not."""

_ABOUT = re.compile(
    "(?:key)?(?:s?(?:name|id|identifier|qualifier|type|kind|format|algorithm|length|size|count|"
    "policy|version|lifetime|expir(?:y|es|ation|ed)|at|on|in|seconds|minutes|hours|days|required|"
    "enabled|mode|usage|thumbprint|fingerprint|location|provider|issuer|audience|scope|service|"
    "server|endpoint|ur[il]|path|user|rule|level|separator|delimiter))+s?"
)
"""Endings of names that are about a secret, or say where one is, but do not hold it."""

_KEY = re.compile(
    "(.*?)keys?(?:value|content|text|data|base64|pem|bytes|blob|string|material|plain|raw|old|new|"
    "[0-9]+)*"
)
_BARE_KEY = re.compile("keys?(?:content|data|base64|pem|bytes|blob|material)+")
"""``key``, ``keys`` and ``keyValue`` by themselves are names of name–value pairs."""

_OTHER_KEYS = (
    *("public", "foreign", "partition", "row", "sort", "range", "routing", "correlation", "unique"),
    *("group", "grouping", "lookup", "cache", "index", "natural", "composite", "alternate"),
    *("business", "reference", "resource", "label", "language", "idempotency", "map", "mapping"),
)
"""Kinds of keys that open nothing."""

_CONNECTION = re.compile("(?!hybrid).+connections?")

_MAY_BE = re.compile("|".join((*_ALWAYS, *_WORDS, "key", "connection")))
"""Every secret's name contains one of these; most names contain none, and need no further check."""

_AS_WORD = re.compile(f"(?:^|_)(?:{'|'.join(_WORDS)})[0-9]*(?=_|$)")
_WHERE = re.compile(f"(?:{'|'.join(_ALWAYS)})")
_BETWEEN = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_SEPARATORS = re.compile("[^a-z0-9]+")

VERBATIM = "$verbatim"
"""Member of a session's document that holds JSON as a text, which nobody looks into."""

PLACES = frozenset({"/accesscontrol/key", "/sslcertificate/data"})
"""Pointers, in lower case, of values in a service's settings that are secret by their place."""


class SecretKind(IntEnum):
    """What a member's name says of it."""

    OTHER = 0
    SECRET = 1
    PUBLIC = 2
    """Named as public by the settings."""
    NAMING = 3
    """Its value names the value next to it: ``{"name": "password", "value": "…"}``."""
    NAMED = 4
    """A value that is named by the member next to it."""
    OF_JWK = 5
    """Private where the object is a JSON Web Key (RFC 7518, section 6)."""


_NAMING = frozenset(
    {"name", "key", "header", "property", "parameter", "variable", "setting", "field", "type"}
)
_NAMED = frozenset({"value", "values", "defaultvalue", "text"})
_OF_JWK = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})


@dataclass(frozen=True)
class Named:
    """Names that the settings add to the rule."""

    parts: frozenset[str] = frozenset()
    """Parts that make a name a secret's."""
    public: frozenset[tuple[str, str]] = frozenset()
    """Members that are not secrets: section (empty for all sections) and name."""

    @staticmethod
    def of(secret: Iterable[str], public: Iterable[str]) -> "Named":
        """From the entries of SECRET_MEMBERS and PUBLIC_MEMBERS."""
        members = (one.rpartition("/") for one in public)
        return Named(
            frozenset(map(flattened, secret)),
            frozenset((section, flattened(name)) for section, _, name in members),
        )


class _Rule:
    """The rule of this process: what this module says, and what the settings add."""

    named = Named()


def set_named(named: Named) -> None:
    """Use the names of the settings in this process, instead of those that were set before."""
    _Rule.named = named
    kind.cache_clear()


def fingerprint() -> str:
    """Differs between rules: documents that were searched by one rule are searched again by
    another."""
    named = _Rule.named
    return repr((_VERSION, sorted(named.parts), sorted(named.public)))


_VERSION = 2
"""Increase it with each change of what is a secret by its name or its look."""


def flattened(name: str) -> str:
    """A name in the form in which it is compared: lower-case letters and digits only."""
    small = name.lower()
    if not small.isascii():
        small = unicodedata.normalize("NFKD", name.casefold())
        return "".join(c for c in small.casefold() if c.isalnum())
    return small if small.isalnum() else _SEPARATORS.sub("", small)


@lru_cache(maxsize=16_384)
def kind(section: str, name: str) -> SecretKind:
    """What a member's name says of it. Cached: documents repeat the same few names."""
    if name == VERBATIM and section == SESSIONS:
        return SecretKind.SECRET
    flat = flattened(name)
    if section != SERVICE:
        public = _Rule.named.public
        if public and (("", flat) in public or (section, flat) in public):
            return SecretKind.PUBLIC
        if any(part in flat for part in _Rule.named.parts):
            return SecretKind.SECRET
    if _is_secret(name, flat):
        return SecretKind.SECRET
    if flat in _NAMING:
        return SecretKind.NAMING
    if flat in _NAMED:
        return SecretKind.NAMED
    return SecretKind.OF_JWK if flat in _OF_JWK else SecretKind.OTHER


def is_secret_name(section: str, name: str) -> bool:
    """Whether a member is a secret by its name."""
    return kind(section, name) is SecretKind.SECRET


def _is_secret(name: str, flat: str) -> bool:
    if not _MAY_BE.search(flat):
        return False
    sought = _NONE.sub("", flat)
    last = max(_WHERE.finditer(sought), key=re.Match.end, default=None)
    if last is not None and not _is_about(sought[last.end() :], last[0]):
        return True
    words = _BETWEEN.sub("_", name).lower()
    for word in _AS_WORD.finditer(words):
        if not _is_about(_SEPARATORS.sub("", words[word.end() :]), word[0].strip("_")):
            return "passthr" not in flat
    if sought.endswith("pass"):  # userpass, in one word
        return True
    if last is None and _CONNECTION.fullmatch(sought):
        return True
    of_key = _KEY.fullmatch(sought)
    if of_key is not None and of_key[1]:
        return not of_key[1].endswith(_OTHER_KEYS)
    return _BARE_KEY.fullmatch(sought) is not None


def _is_about(rest: str, what: str) -> bool:
    """Whether the rest of a name says that it is only about a secret, and does not hold one."""
    leads = what == "sas" and rest.startswith(("uri", "url"))
    is_one = what == "secret" and rest == "id"  # the second half of an application's login
    return not leads and not is_one and _ABOUT.fullmatch(rest) is not None
