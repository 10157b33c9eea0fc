"""What tests of pulls compare: an account as the stand-in has it, a service as it is stored."""

import base64
from typing import Any

from shared.installation.installation import Installation
from shared.model.operation import Operation
from shared.model.pull import PullBody
from shared.services.documents import open_document
from shared.services.sessions import opened_session
from shared.state.operations import place
from tests.integration_accounts.linked import ONE, service
from tests.support.arm import Arm

RECORDED = ("azps-2017", "azps-2019", "corpus", "quickstarts", "spec")
"""The files of the corpus that hold resources, each of its own accounts."""

_SECTIONS = {
    "partners": "partners",
    "agreements": "agreements",
    "batchconfigurations": "batches",
    "schemas": "schemas",
    "maps": "transforms",
    "assemblies": "assemblies",
    "certificates": "certificates",
    "rosettanetprocessconfigurations": "rosettanet-processes",
}


def ids_of(resources: list[dict[str, Any]]) -> list[str]:
    """The accounts among resources."""
    return [one["id"] for one in resources if one["id"].count("/") == 8]


async def pull(app: Installation, name: str = ONE, *, accept: bool = False) -> Operation:
    """A pull, run to its end."""
    body = PullBody(accept_removals=accept)
    record = await app.pulls.start(await service(app, name), body, "somebody", None)
    operation = record.operation
    await app.engine.run(operation.service, operation.id, place(operation))
    found = await app.records.find(name, operation.id)
    assert found is not None
    return found[0].operation


async def held(app: Installation, name: str = ONE) -> dict[str, Any]:
    """The artifacts of a service: documents with their secrets in the clear, and content."""
    of = await service(app, name)
    key = await app.keys.data_key(of.id)
    found: dict[str, Any] = {}
    async for page in app.configuration.pages(of.id):
        for stored in page:
            one = stored.value
            content = None
            if one.content is not None:
                chunks = [chunk async for chunk in app.content.open(of.id, one.content)]
                content = b"".join(chunks)
            document = open_document(key, one.section, one.name, one.document)
            found[f"{one.section}/{one.name}"] = document, content
    return found


def artifacts_of(arm: Arm, account: str) -> dict[str, Any]:
    """The same of an account: each resource's members but for times, links and content."""
    found: dict[str, Any] = {}
    for kind, items in arm.account(account).items.items():
        if kind not in _SECTIONS:
            continue
        for item in items.values():
            document, content = dict(item.properties), item.content
            public = document.get("publicCertificate")
            if public is not None and _is_plain(public):
                content = base64.b64decode(document.pop("publicCertificate"))
            if item.beside:
                document["$resource"] = dict(item.beside)
            found[f"{_SECTIONS[kind]}/{item.name}"] = document, content
    return found


def _is_plain(text: str) -> bool:
    """Whether base64 gives exactly this text back: then it is kept as bytes."""
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except ValueError:
        return False


async def sessions_of(app: Installation, name: str = ONE) -> dict[str, Any]:
    """The sessions of a service: content and time of each."""
    of = await service(app, name)
    key = await app.keys.data_key(of.id)
    found: dict[str, Any] = {}
    async for page in app.sessions.pages(of.id):
        for one in page:
            opened = opened_session(key, one)
            found[opened.name] = opened.content, opened.changed_time
    return found
