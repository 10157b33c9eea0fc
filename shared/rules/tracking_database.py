"""The tracking database of a restored service: merged, checked by its form, never connected to.

Names and passwords as Azure SQL takes them ("Strong Passwords", "Database Identifiers"): the app
never connects to it, so that a caller cannot make it probe an address.
"""

import re
from collections.abc import Iterator

from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject, JsonValue

_SERVER = re.compile(r"(tcp:)?[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(,[0-9]{1,5})?")
_LONGEST_NAME = 128
_PASSWORD_LENGTHS = range(8, 129)
_PASSWORD_CLASSES = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]")
_CLASSES_WANTED = 3
_PLACE = "/service/trackingDatabase"
MEMBERS = ("server", "name", "login", "password")


def merged(chosen: JsonObject, backed_up: JsonObject) -> JsonObject:
    """What was chosen, completed from the backup; a new database keeps its own name."""
    kept = {member: backed_up[member] for member in MEMBERS if member in backed_up}
    if "advanced" in chosen:
        kept.pop("name", None)
    return {**kept, **chosen}


def wrong_with(database: JsonObject, chosen: JsonObject) -> Iterator[Problem]:
    """All that is wrong with a database's details: what is missing, the form of what was chosen.

    :param database: all of its details; a secret of the backup may be any value that is not a text.
    """
    for member in MEMBERS:
        if not database.get(member):
            yield _problem(
                member,
                f"The tracking database needs a {member}: the backup has none. Send "
                f"service.trackingDatabase.{member}.",
            )
    server, password = (str(chosen.get(member) or "") for member in ("server", "password"))
    if server and not _SERVER.fullmatch(server):
        yield _problem("server", "A server is a host name, such as sql.example.com or host,1433.")
    for member in ("name", "login"):
        value = str(chosen.get(member) or "")
        if len(value) > _LONGEST_NAME or not value.isprintable():
            yield _problem(member, f"A {member} has at most {_LONGEST_NAME} printable characters.")
    if password:
        yield from _wrong_with_password(password, str(database.get("login") or ""))


def _wrong_with_password(password: str, login: str) -> Iterator[Problem]:
    classes = sum(bool(re.search(each, password)) for each in _PASSWORD_CLASSES)
    if len(password) not in _PASSWORD_LENGTHS or classes < _CLASSES_WANTED:
        yield _problem(
            "password",
            "A password has 8 to 128 characters, of three of these kinds: capital letters, small "
            "letters, digits, others.",
        )
    if login and login.lower() in password.lower():
        yield _problem("password", "A password does not contain the login.")


def connection_string(database: JsonObject) -> str:
    """The ADO.NET connection string of a database, secrets in the clear."""
    server = str(database["server"])
    parts: dict[str, JsonValue] = {
        "Server": server if "," in server else f"{server},1433",
        "Database": database["name"],
        "User ID": database["login"],
        "Password": database["password"],
        "Encrypt": "True",
    }
    return ";".join(f"{name}={_quoted(str(value))}" for name, value in parts.items())


def _quoted(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_.,:\\@-]+", value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _problem(member: str, message: str) -> Problem:
    return Problem(Code.INVALID_REQUEST, message, f"{_PLACE}/{member}")
