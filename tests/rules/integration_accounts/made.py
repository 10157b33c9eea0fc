"""Resources of an account, made for tests."""

from shared.model.integration_account import Child
from shared.model.wire import JsonObject

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/integrationAccounts/a"
DER = b"\x30\x82\x02\x11certificate"


def resource(child: Child, properties: JsonObject, **beside: object) -> JsonObject:
    found: JsonObject = {
        "id": f"{ID}/{child}/One",
        "name": "One",
        "type": f"Microsoft.Logic/integrationAccounts/{child}",
        "properties": properties,
    }
    found.update(beside)  # type: ignore[arg-type]  # any JSON
    return found


def sent(body: JsonObject) -> JsonObject:
    properties = body["properties"]
    assert isinstance(properties, dict)
    return properties
