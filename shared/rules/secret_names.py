"""Which members are secrets by their names.

Names are compared without regard to case, accents, and what separates their words: ``sas_token``,
``SASToken`` and ``sas-token`` are one. A name that is in doubt is a secret's: what is sealed in
vain can be named as public, what lay in the clear cannot be taken back.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from shared.model.sections import SERVICE

_ALWAYS = (
    *("password", "passwd", "pwd", "passphrase", "passcode", "passwort", "kennwort", "wachtwoord"),
    *("motdepasse", "contrasena", "senha", "secret", "geheim", "credential", "token", "cookie"),
    *("privatekey", "accountkey", "accesskey", "apikey", "sharedaccess", "sharedsecret"),
    *("authorization", "authorisation", "basicauth", "authheader", "connectionstring", "sasur"),
)
"""What makes a secret wherever it is in a name."""

_WORDS = ("pass", "sas", "pin", "otp", "psk", "jwt", "mdp", "sig", "pfx", "p12", "pkcs12", "pkcs8")
"""What makes a secret as a word of its own; within others it is a part of mapping or shipping."""

_NONE = re.compile(
    "publickey(?:token)?|(?:continuation|cancellation|page|next)token|tokeni[sz]|"
    "pass(?:thr|ive)|(?:by|com|tres)pass"
)
"""What looks like one of them, and is none."""

_ABOUT = re.compile(
    "(?:key)?(?:s?(?:name|id|identifier|qualifier|type|kind|format|algorithm|length|size|count|"
    "policy|version|lifetime|expir(?:y|es|ation|ed)|at|on|in|seconds|minutes|hours|days|required|"
    "enabled|mode|usage|thumbprint|fingerprint|location|provider|issuer|audience|scope|service|"
    "server|endpoint|ur[il]|path|user|rule|level|separator|delimiter))+s?"
)
"""What a name ends with that is about a secret, or where there is one."""

_KEY = re.compile(
    "(.*?)keys?(?:value|content|text|data|base64|pem|bytes|blob|string|material|plain|raw|old|new|"
    "[0-9]+)*"
)
_BARE_KEY = re.compile("keys?(?:content|data|base64|pem|bytes|blob|material)+")
"""``key``, ``keys`` and ``keyValue`` alone are names of pairs."""

_OTHER_KEYS = (
    *("public", "foreign", "partition", "row", "sort", "range", "routing", "correlation", "unique"),
    *("group", "grouping", "lookup", "cache", "index", "natural", "composite", "alternate"),
    *("business", "reference", "resource", "label", "language", "idempotency", "map", "mapping"),
)
"""Kinds of keys that open nothing."""

_CONNECTION = re.compile("(?!hybrid).+connections?")

_MAY_BE = re.compile("|".join((*_ALWAYS, *_WORDS, "key", "connection")))
"""Every secret's name has one of these; most names have none, and are done with."""

_AS_WORD = re.compile(f"(?:^|_)(?:{'|'.join(_WORDS)})[0-9]*(?=_|$)")
_WHERE = re.compile(f"(?:{'|'.join(_ALWAYS)})")
_BETWEEN = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_SEPARATORS = re.compile("[^a-z0-9]+")

PLACES = frozenset({"/accesscontrol/key", "/sslcertificate/data"})
"""Pointers, in small letters, of what is secret in a service's settings by its place."""


class SecretKind(IntEnum):
    """What a member's name says of it."""

    OTHER = 0
    SECRET = 1
    PUBLIC = 2
    """Named so by the settings."""
    NAMING = 3
    """What it holds names the value beside it: ``{"name": "password", "value": "…"}``."""
    NAMED = 4
    """Such a value."""
    OF_JWK = 5
    """Private where the object is a JSON Web Key (RFC 7518, section 6)."""


_NAMING = frozenset(
    {"name", "key", "header", "property", "parameter", "variable", "setting", "field", "type"}
)
_NAMED = frozenset({"value", "values", "defaultvalue", "text"})
_OF_JWK = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})


@dataclass(frozen=True)
class Named:
    """What the settings say of names, beyond the rule."""

    parts: frozenset[str] = frozenset()
    """Parts that make a name a secret's."""
    public: frozenset[tuple[str, str]] = frozenset()
    """Section, or empty for all of them, and name of members that are none."""

    @staticmethod
    def of(secret: Iterable[str], public: Iterable[str]) -> "Named":
        """From the entries of SECRET_MEMBERS and PUBLIC_MEMBERS."""
        members = (one.rpartition("/") for one in public)
        return Named(
            frozenset(map(flattened, secret)),
            frozenset((section, flattened(name)) for section, _, name in members),
        )


class _Rule:
    """The rule of this process: what is written here, and what the settings add."""

    named = Named()


def set_named(named: Named) -> None:
    """Have the names of the settings count in this process, and those of before no more."""
    _Rule.named = named
    kind.cache_clear()


def fingerprint() -> str:
    """Another one for another rule: what was looked for by one is looked at again by another."""
    named = _Rule.named
    return repr((_VERSION, sorted(named.parts), sorted(named.public)))


_VERSION = 2
"""Raise it with each change of what is a secret by its name or its look."""


def flattened(name: str) -> str:
    """A name as it compares: small letters and digits alone."""
    small = name.lower()
    if not small.isascii():
        small = unicodedata.normalize("NFKD", name.casefold())
        return "".join(c for c in small.casefold() if c.isalnum())
    return small if small.isalnum() else _SEPARATORS.sub("", small)


@lru_cache(maxsize=16_384)
def kind(section: str, name: str) -> SecretKind:
    """What a member's name says of it; documents have the same few names again and again."""
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
    """Whether a member is a secret by its name alone."""
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
    """Whether what follows in a name says that it is about a secret, and is none."""
    leads = what == "sas" and rest.startswith(("uri", "url"))
    is_one = what == "secret" and rest == "id"  # the second half of an application's login
    return not leads and not is_one and _ABOUT.fullmatch(rest) is not None
