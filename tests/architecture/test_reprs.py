"""No repr shows a secret or a key: what is logged by chance, or stands in a trace, gives none away.

The types are found by walking the app. Whatever holds JSON, bytes, or a member that is a secret by
its name, keeps it out of its repr; a new type that does not is found here.
"""

import dataclasses
import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from pydantic import BaseModel

import shared
from shared.model.wire import JsonValue
from shared.rules.secret_names import PLACES
from shared.sealing.data_key import DataKey
from shared.sealing.local import LocalKey
from shared.settings.accounts import AccountSetting

CANARY = "canary-of-a-secret"
JSON = {"password": CANARY, "list": [CANARY]}

_PLACED = {place.rsplit("/")[-1] for place in PLACES}
"""Members that are secret by their place."""

_ENDINGS = (
    *("password", "secret", "connection_string", "account_key", "shared_access_key"),
    *("private_key", "pfx"),
)
"""Narrower than the rule for documents: the app's own names are known."""

_OTHERS = {"alert_webhook_url"}
"""Secret though no document has it."""

SHOWN = {
    "Operation.parameters": "a monitor shows it",
    "Operation.result": "a monitor shows it",
    "Monitor.parameters": "a monitor shows it",
    "Monitor.result": "a monitor shows it",
    "Outcome.result": "a monitor shows it",
    "Alert.data": "a webhook is told it",
    "Row.values": "as it rests: secrets are sealed",
    "Write.body": "as it rests: secrets are sealed",
    "RowsPage.entities": "as it rests: secrets are sealed",
    "Part.data": "as it rests in a backup: secrets are sealed",
    "RunResult.settings": "as a backup has it: secrets are taken out",
}
"""What may be seen, and why."""


def app_types() -> Iterator[type]:
    """The dataclasses and models of the app."""
    for module in pkgutil.walk_packages(shared.__path__, "shared."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if found.__module__ == module.name and (
                dataclasses.is_dataclass(found) or issubclass(found, BaseModel)
            ):
                yield found


TYPES = sorted(app_types(), key=lambda one: (one.__module__, one.__qualname__))


def members(of: type) -> Iterator[tuple[str, Any]]:
    """The members of a type, with what they hold."""
    if issubclass(of, BaseModel):
        yield from ((name, found.annotation) for name, found in of.model_fields.items())
        return
    try:
        hints = typing.get_type_hints(of)
    except NameError:  # named for the type checker alone
        hints = {}
    assert dataclasses.is_dataclass(of)
    yield from ((found.name, hints.get(found.name, found.type)) for found in dataclasses.fields(of))


def may_be_secret(of: type, name: str, holds: Any) -> bool:
    """Whether what a member holds can be a secret, by its type or its name."""
    if f"{of.__name__}.{name}" in SHOWN:
        return False
    named = name.endswith(_ENDINGS)
    placed = issubclass(of, BaseModel) and name in _PLACED
    if named or placed or name in _OTHERS:
        return _holds(holds, str)
    return _holds(holds, bytes) or _holds_json(holds)


def _parts(holds: Any) -> Iterator[Any]:
    """All that a type is made of."""
    yield holds
    for part in holds if isinstance(holds, list) else typing.get_args(holds):
        yield from _parts(part)


def _holds(holds: Any, wanted: type) -> bool:
    return any(part is wanted for part in _parts(holds))


def _holds_json(holds: Any) -> bool:
    return any(part is JsonValue or part is Any for part in _parts(holds))


def filled(of: type, depth: int = 4) -> Any:
    """One of a type, with a canary in whatever can be a secret; it was never checked."""
    values = {
        name: _secret(holds) if may_be_secret(of, name, holds) else _value(holds, depth)
        for name, holds in members(of)
    }
    if issubclass(of, BaseModel):
        return of.model_construct(**values)
    made = of.__new__(of)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def _secret(holds: Any) -> Any:
    if _holds(holds, bytes):
        return CANARY.encode()
    return JSON if _holds_json(holds) else CANARY


def _value(holds: Any, depth: int) -> Any:
    """What a member holds that is no secret, with what is a secret within it."""
    if holds is DataKey:
        return DataKey("service", CANARY.encode().ljust(32)[:32])
    for part in _parts(holds):
        if isinstance(part, type) and part in _FOUND and depth:
            made = filled(part, depth - 1)
            origin = typing.get_origin(_plain(holds))
            if origin in (list, tuple, set, frozenset, Sequence):
                return [made]
            return {"one": made} if origin in (dict, Mapping) else made
    return None


def _plain(holds: Any) -> Any:
    """A type without its None."""
    if typing.get_origin(holds) in (typing.Union, types.UnionType):
        return next((one for one in typing.get_args(holds) if one is not type(None)), holds)
    return holds


_FOUND = frozenset(TYPES)


@dataclasses.dataclass
class Holder:
    """What holds another thing, as a line of a log or a trace has it."""

    held: Any


@pytest.mark.parametrize("of", TYPES, ids=lambda of: f"{of.__module__}.{of.__qualname__}")
def test_no_repr_shows_a_secret(of: type) -> None:
    made = filled(of)
    for shown in (repr(made), str(made), f"{Holder(made)}", f"{[made]}"):
        assert CANARY not in shown


def test_the_walk_finds_what_holds_secrets() -> None:
    """Those that are known to: should the walk itself be broken, it would find nothing."""
    found = {
        f"{of.__name__}.{name}"
        for of in TYPES
        for name, holds in members(of)
        if may_be_secret(of, name, holds)
    }
    assert found >= {
        "Secrets.run_key",
        "Record.document",
        "Artifact.document",
        "ImportItem.document",
        "Replacement.value",
        "AccessControl.key",
        "SslCertificate.data",
        "SslCertificate.password",
        "TrackingDatabase.connection_string",
        "Store.connection_string",
        "AccountSetting.connection_string",
        "Settings.sealing_key",
        "Settings.sealing_keys_former",
        "Settings.alert_webhook_url",
        "Start.request",
        "StoredSettings.document",
        "StoredText.secrets",
    }
    names = {f"{of.__name__}.{name}" for of in TYPES for name, _ in members(of)}
    assert names >= SHOWN.keys()


def test_keys_show_their_ids_alone() -> None:
    key = CANARY.encode().ljust(32)[:32]
    for one in (DataKey("service", key), LocalKey(key), AccountSetting(CANARY)):
        assert CANARY not in repr(one)
