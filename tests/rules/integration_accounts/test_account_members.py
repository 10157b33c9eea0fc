"""The members of an account's own resource that Interkeep does not know."""

import json
from pathlib import Path

import pytest

from shared.model.link import AccountProperties
from shared.model.wire import JsonObject, JsonValue
from shared.rules.acceptable import MAX_DEPTH
from shared.rules.integration_accounts.account_members import (
    MOST_CHARACTERS,
    NOT_KEPT,
    not_carried,
    other_members,
)
from shared.rules.integration_accounts.verbatim import faithful
from tests.rules.integration_accounts.recorded import recorded

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/integrationAccounts/contoso"
KNOWN: JsonObject = {
    "id": ID,
    "name": "contoso",
    "type": "Microsoft.Logic/integrationAccounts",
    "location": "westeurope",
    "sku": {"name": "Premium"},
    "tags": {"team": "edi"},
    "properties": {"state": "Enabled"},
}
IDENTITY: JsonObject = {"type": "SystemAssigned", "principalId": "8a6ce9e8", "tenantId": "3d1c"}
ENVIRONMENT: JsonObject = {"id": "/subscriptions/s/integrationServiceEnvironments/ise"}


def test_recorded_accounts_have_no_others(corpus: Path) -> None:
    found = [
        other_members(one.resource)
        for one in recorded(corpus / "integration_account" / "arm")
        if one.child is None
    ]
    assert len(found) >= 8
    assert not any(found)


def test_every_other_member_is_kept_as_it_came() -> None:
    resource: JsonObject = {
        **KNOWN,
        "etag": "1",
        "systemData": {"lastModifiedAt": "2026-01-01"},
        "identity": IDENTITY,
        "zones": ["1", "2"],
        "plan": None,
        "empty": {},
        "sku": {"name": "Premium", "capacity": 2},
        "properties": {
            "state": "Enabled",
            "createdTime": "2026-01-01",
            "changedTime": "2026-01-02",
            "integrationServiceEnvironment": ENVIRONMENT,
            "later": [1, 2.5, None, True, ""],
        },
    }
    assert other_members(resource) == {
        "identity": IDENTITY,
        "zones": ["1", "2"],
        "plan": None,
        "empty": {},
        "sku": {"capacity": 2},
        "properties": {
            "integrationServiceEnvironment": ENVIRONMENT,
            "later": [1, 2.5, None, True, ""],
        },
    }
    assert other_members(KNOWN) == {}


def test_what_is_not_as_arm_answers_it_is_no_known_member() -> None:
    """Nothing of it is lost, also where it is in another spelling or of another type."""
    odd: JsonObject = {"Location": "x", "sku": "Premium", "tags": [1], "Properties": {"State": "x"}}
    assert AccountProperties.of(odd) == AccountProperties()
    assert other_members(odd) == odd
    assert other_members({"properties": 3, "location": 4}) == {"properties": 3, "location": 4}
    named: JsonObject = {"sku": {"name": 1}, "properties": {"state": 1}}
    assert other_members(named) == named


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("callbackUrl", "https://logic.example/x"),
        ("contentLink", {"uri": "https://storage.example/x"}),
        ("password", "hunter2hunter2"),
        ("storage", "DefaultEndpointsProtocol=https;AccountKey=QUJDREVGR0hJSktMTU5P;x=y"),
        ("address", "https://storage.example/x?sv=2020&sig=QUJDREVGR0hJSktMTU5P"),
        ("odd", {"$sealed": "x"}),
        ("odd", {"$secret": "x"}),
    ],
)
def test_what_may_hold_a_secret_is_not_kept(name: str, value: JsonValue) -> None:
    resource: JsonObject = {**KNOWN, name: value, "properties": {"state": "Enabled", name: value}}
    assert other_members(resource) == {name: NOT_KEPT, "properties": {name: NOT_KEPT}}
    within: JsonObject = {"deep": [{"name": "x", name: value}], "beside": 1}
    kept = other_members({**KNOWN, "properties": within})
    assert "QUJD" not in str(kept)
    assert "hunter2" not in str(kept)
    assert kept["properties"]["beside"] == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"b": 1, "b": 2}}',
        '{"a": {"b": "\\ud800"}}',
        '{"a": {"b": NaN}}',
        '{"a": {"b": 1.00000000000000000000000001}}',
        '{"a": ' + '{"b": ' * 80 + "1" + "}" * 80 + "}",
    ],
)
def test_what_no_document_holds_does_not_stop_a_pull(text: str) -> None:
    whole = json.dumps(KNOWN)[:-1] + ', "odd": ' + text + "}"
    assert other_members(faithful(whole)) == {"odd": NOT_KEPT}
    twice = json.dumps(KNOWN)[:-1] + ', "tags": {}, "password": "hunter2hunter2"}'
    assert "hunter2" not in str(other_members(faithful(twice)))


@pytest.mark.parametrize("name", ["$sealed", "$secret", "half \ud83d"])
def test_a_name_that_no_document_holds_is_not_kept(name: str) -> None:
    """One of them would be taken for a sealed secret."""
    inside: JsonObject = {"state": "Enabled", name: 1}
    found = other_members({**KNOWN, name: {"x": 1}, "properties": inside})
    assert found == {NOT_KEPT: NOT_KEPT, "properties": {NOT_KEPT: NOT_KEPT}}


def test_what_is_too_large_or_too_deep_is_not_kept() -> None:
    assert other_members({**KNOWN, "large": "x" * MOST_CHARACTERS}) == {NOT_KEPT: NOT_KEPT}
    deep: JsonValue = "x"
    for _ in range(MAX_DEPTH - 3):
        deep = [deep]
    assert other_members({**KNOWN, "deep": deep, "b": 1}) == {"deep": NOT_KEPT, "b": 1}


def test_a_new_account_is_told_what_it_has_not() -> None:
    others = other_members(
        {
            **KNOWN,
            "identity": IDENTITY,
            "properties": {
                "state": "Disabled",
                "provisioningState": "Succeeded",
                "integrationServiceEnvironment": ENVIRONMENT,
            },
        }
    )
    known = AccountProperties(sku="Premium", location="westeurope", state="Disabled")
    (told,) = not_carried(known.recorded(ID, {}, others), "new")
    assert (told.code, told.target) == ("AccountMembersLeftOut", "new")
    names = "identity, properties.integrationServiceEnvironment, properties.state (Disabled)"
    assert names in told.message, told.message
    plain = AccountProperties(state="Enabled", location="westeurope")
    assert not_carried(plain.recorded(ID), "new") == []
    assert not_carried({}, "new") == []
