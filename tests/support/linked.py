"""What a service of an integration account has besides: sessions of every form, a RosettaNet
process, the facts of the account."""

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.link import recorded_facts
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.session import Session
from shared.model.wire import JsonObject, JsonValue, rfc3339
from shared.services.sessions import opened_session, sealed_session
from shared.state.edits import PutSettings

ACCOUNT: JsonObject = {
    "resourceId": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/b2b"
    "/providers/Microsoft.Logic/integrationAccounts/contoso",
    "sku": "Standard",
    "location": "westeurope",
    "tags": {"owner": "edi"},
    "state": "Enabled",
}
PROCESS: JsonObject = {
    "processCode": "3A4",
    "processVersion": "V02.00",
    "processName": "Request Purchase Order",
    "activitySettings": {
        "activityType": "RequestResponse",
        "activityBehavior": {"retryCount": 3, "timeToPerformInSeconds": 86400},
    },
    "initiatorRoleSettings": {"role": "Buyer", "roleType": "Functional"},
}
OPEN = "open-sesame-of-a-session"
"""A secret in the content of a session."""


def session(name: str, content: JsonValue, *, number: int = 0) -> Session:
    """A session as an account gives it."""
    return Session(
        name=name,
        content=content,
        changed_time=f"2026-11-27T18:49:40.21576{number:02}Z",
        etag=f'"085870828790526765{number:02}"',
        properties={"createdTime": "2026-04-27T18:49:39.3355348Z"},
    )


_CONTENTS: tuple[tuple[str, JsonValue], ...] = (
    ("A-ICN", "256"),
    (
        "A-Gcn",
        {
            "ControlNumber": "1000",
            "ControlNumberChangedTime": "2/22/2017 8:05:41 PM",
            "MessageType": "X12",
        },
    ),
    ("A-Tscn-ACK", {"controlNumber": "7", "messageType": 1, "isMessageProcessingFailed": False}),
    ("X12-ICN-A-000000905", {"ControlNumber": "000000905", "MessageType": "X12"}),
    ("Edifact-ICN-A-ME+1,2 'b", {"ControlNumber": "ME+1,2 'b", "MessageType": "Edifact"}),
    ("B-Icn", "12"),
    ("as2-of-nobody/{1}", {"mic": "q83v", "nested": [None, 1.5, {"password": OPEN}]}),
    ("straße-Icn", {"$sealed": "a member that Interkeep has too"}),
    ("strasse-Icn", None),
)
SESSIONS_OF = [session(*one, number=number) for number, one in enumerate(_CONTENTS)]


async def link(app: Installation, service: Service) -> None:
    """Give a service what one of an integration account has."""
    process = ImportItem(section=Section.ROSETTANET_PROCESSES, name="PIP3A4", document=PROCESS)
    await app.imports.write(service, [process])
    stored = await app.configuration.settings(service.id)
    head = await app.configuration.head(service.id)
    assert stored is not None
    assert head is not None
    settings = {**stored.document, "integrationAccount": ACCOUNT}
    put = PutSettings(settings, rfc3339(app.clock.now()), "linked")
    await app.configuration.change(service.id, head, [put])
    listed = await app.services.require(service.name)
    facts = recorded_facts(settings)
    held = listed.service.model_copy(update={"integration_account": facts})
    await app.directory.change(held, listed.etag)
    await put_sessions(app, service, SESSIONS_OF)


async def put_sessions(app: Installation, service: Service, sessions: list[Session]) -> None:
    """Store sessions as a service does, secrets sealed."""
    key = await app.keys.data_key(service.id)
    await app.sessions.put_all(service.id, [sealed_session(key, one) for one in sessions])


async def sessions_of(app: Installation, name: str) -> dict[str, Session]:
    """The sessions of a service by their names, secrets in the clear."""
    service = (await app.services.require(name)).service
    key = await app.keys.data_key(service.id)
    pages = app.sessions.pages(service.id)
    return {one.name: opened_session(key, one) async for page in pages for one in page}
