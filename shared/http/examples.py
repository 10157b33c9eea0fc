"""One good body for each route that takes one, and values for the parameters of routes.

They stand in openapi.json and on the docs page; a test holds each to the model of its route.
"""

from shared.model.wire import JsonObject, JsonValue

PARAMETERS = {
    "service": "contoso-b2b",
    "section": "partners",
    "name": "Northwind",
    "agreement": "Northwind-Fabrikam",
    "batch": "Orders",
    "backup": "contoso-before-upgrade",
    "container": "contoso-before-upgrade",
    "account": "offsite",
    "id": "2f7c1d0e5b8a4c6f9e3d2a1b0c9d8e7f",
    "restore": "contoso-b2b.2f7c1d0e5b8a4c6f9e3d2a1b0c9d8e7f",
}
"""Of paths, by their names."""

QUERIES = {
    "get_mic_value": "messageId=%3C20261101.1%40northwind.example%3E",
    "get_received_number": "kind=interchange&value=000004711",
    "release_received_number": "kind=interchange&value=000004711",
}
"""Of routes that answer nothing without them."""

_PARTNER: JsonObject = {
    "partnerType": "B2B",
    "content": {"b2b": {"businessIdentities": [{"qualifier": "ZZ", "value": "NORTHWIND"}]}},
}
_SCHEDULE: JsonObject = {
    "status": "Automatic",
    "storageAccount": "offsite",
    "startAt": "2026-12-01T02:00:00Z",
    "frequencyDays": 1,
    "retentionDays": 30,
    "keepAtLeastOne": True,
}
_PLACE: JsonValue = {"storageAccount": "offsite", "container": "contoso-before-upgrade"}

BODIES: dict[str, JsonObject] = {
    "put_service": {"edition": "Standard", "unitCount": 2, "region": "West Europe"},
    "scale_service": {"unitCount": 3},
    "put_artifact": {"document": _PARTNER},
    "import_artifacts": {
        "artifacts": [{"section": "partners", "name": "Northwind", "document": _PARTNER}]
    },
    "start_backup": {"name": "contoso-before-upgrade", "storageAccount": "offsite"},
    "pin_backup": {"pinned": True},
    "verify_backup": {"level": "data"},
    "start_restore": {
        "backup": _PLACE,
        "service": {"name": "contoso-b2b-dr", "edition": "Premium"},
        "controlNumbers": {"policy": "continue"},
    },
    "advance_control_numbers": {"by": 500},
    "allocate_control_numbers": {"kind": "interchange", "count": 1},
    "set_control_number": {"kind": "interchange", "next": 1000},
    "receive_control_number": {
        "kind": "interchange",
        "value": "000004711",
        "validityDays": 30,
        "messageId": "<20261101.1@northwind.example>",
    },
    "put_mic_value": {
        "messageId": "<20261101.1@northwind.example>",
        "mic": "7v7F++fQaNB1RVLFxSRMfFF+JS0=",
        "algorithm": "SHA1",
        "as2From": "NORTHWIND",
        "as2To": "FABRIKAM",
    },
    "put_batch_activity": {"activeMessages": 12},
    "put_schedule": _SCHEDULE,
    "preview_schedule": {"days": 30, "schedule": _SCHEDULE},
}
"""By the name of the route's function."""
