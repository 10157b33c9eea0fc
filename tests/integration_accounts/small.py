"""A small account with a bit of everything, and what somebody does to it between two pulls."""

from typing import Any

from tests.integration_accounts.linked import IA, account
from tests.support.api import partner_document, x12_document
from tests.support.arm import Arm

AGREEMENT = "Northwind-Fabrikam"
SECRET = "agreement-secret"
"""The password in the agreement."""

CREATED, CHANGED = "2026-02-03T04:05:06.1234567Z", "2026-02-03T04:05:07.7654321Z"
LATER = "2026-03-04T05:06:07.8901234Z"


def resource(kind: str, name: str, changed: str = CHANGED, **properties: Any) -> dict[str, Any]:
    """A resource of the account. ``content_of`` is what its content link leads to."""
    text = properties.pop("content_of", None)
    times = {"createdTime": CREATED, "changedTime": changed}
    found = {"id": f"{IA}/{kind}/{name}", "name": name, "properties": {**properties, **times}}
    return found if text is None else {**found, "content": text, "contentType": "application/xml"}


def partner(name: str, changed: str = CHANGED, **more: Any) -> dict[str, Any]:
    return resource("partners", name, changed, **partner_document(name), **more)


def agreement(changed: str = CHANGED, **more: Any) -> dict[str, Any]:
    return resource("agreements", AGREEMENT, changed, **{**x12_document(), **more})


def schema(name: str, text: str, changed: str = CHANGED, **more: Any) -> dict[str, Any]:
    return resource("schemas", name, changed, schemaType="Xml", content_of=text, **more)


def session(name: str, number: int, time: str = CHANGED, *, received: bool = False) -> Any:
    """A session as Microsoft's commands write it."""
    content: dict[str, Any] = {
        "ControlNumber": f"{number:09}" if received else str(number),
        "ControlNumberChangedTime": time,
        "MessageType": 0,
    }
    if received:
        content["IsMessageProcessingFailed"] = False
    return resource("sessions", name, time, content=content)


def small() -> list[dict[str, Any]]:
    """Before somebody changes it."""
    return [
        account(),
        partner("Northwind"),
        partner("Fabrikam"),
        partner("Adatum"),
        agreement(),
        schema("Order", "<order/>"),
        schema("Invoice", "<invoice/>"),
        resource("maps", "ToInvoice", mapType="Xslt", content_of="<stylesheet/>"),
        session(f"{AGREEMENT}-ICN", 41),
        session(f"X12-ICN-{AGREEMENT}-000000007", 7, received=True),
        resource("sessions", "as2-of-nobody", content={"mic": "q83v"}),
    ]


def change(arm: Arm) -> None:
    """What somebody does: adds, changes and removes, while numbers go on."""
    held = arm.account(IA).items
    del held["partners"]["adatum"]
    del held["maps"]["toinvoice"]
    del held["sessions"]["as2-of-nobody"]
    arm.load(
        [
            account(tags={"team": "other"}),
            partner("Tailwind", LATER),
            agreement(LATER, metadata={"owner": "edi"}),
            schema("Order", "<order version='2'/>", LATER),
            session(f"{AGREEMENT}-ICN", 45, LATER),
            session(f"X12-ICN-{AGREEMENT}-000000008", 8, LATER, received=True),
        ]
    )
