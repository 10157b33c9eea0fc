"""A service with records in every section, before and after a change, in two backups."""

from typing import Any
from urllib.parse import quote

from tests.support.api import Api
from tests.support.certificates import Made

SERVICE = "litware-b2b"
FIRST, SECOND = "litware-first", "litware-second"
SECRET = "never-to-be-seen"
HOSTILE = "<img src=x onerror=alert(1)> & ä+b=c"
MESSAGE = "<50%41 a/b%2F#?c@litware>"
"""A message id: it may hold what an artifact's name may not."""

MANY = 3000
"""Partners beside those of the agreement."""

LONG = "x" * 2_000


async def put(api: Api, section: str, name: str, document: Any) -> None:
    """An artifact as it shall be."""
    path = f"services/{SERVICE}/artifacts/{section}/{quote(name, safe='')}"
    reply = await api.put(path, {"document": document})
    assert reply.status in (200, 201), reply.body


def bridge(**more: Any) -> dict[str, Any]:
    """A bridge with a secret."""
    source = {"type": "FTP", "address": "ftp://files.litware.example", "password": SECRET}
    stages = [{"name": f"Stage{number}", "on": True} for number in range(12)]
    return {"source": source, "stages": stages, "text": LONG, **more}


async def build(api: Api, many: int = MANY) -> None:
    """The service, its first backup, its changes, its second one, and a change since."""
    key = {"namespace": "litware", "key": f"{SECRET} acs"}
    await api.service(SERVICE, edition="Premium", unitCount=8, accessControl=key)
    await api.agreement(SERVICE, "Litware-850")
    await put(api, "bridges", "Orders", bridge())
    await put(api, "bridges", HOSTILE, bridge())
    await put(api, "bridges", "Invoices", bridge())
    await put(api, "schemas", "Order850", {"of": "850"})
    await put(api, "certificates", "Signing", {"use": "sign"})
    await put(api, "pipelines", "Old", {"steps": [1, 2, 3]})
    artifacts = f"services/{SERVICE}/artifacts"
    assert (await api.put(f"{artifacts}/schemas/Order850/content", data=b"<a/>")).status < 300
    public = Made("signing.litware.example").der
    assert (await api.put(f"{artifacts}/certificates/Signing/content", data=public)).status < 300
    for first in range(0, many, 1000):
        partners = [
            {"section": "partners", "name": f"P{number:04}", "document": {"n": number}}
            for number in range(first, min(first + 1000, many))
        ]
        assert (await api.post(f"services/{SERVICE}/import", {"artifacts": partners})).status == 200
    mic = {"messageId": MESSAGE, "mic": "q83v", "algorithm": "SHA1", "as2From": "a", "as2To": "b"}
    path = f"services/{SERVICE}/mic-values/Litware-850"
    assert (await api.put(path, mic)).status < 300
    received = {"kind": "group", "value": 9, "validityDays": 30, "messageId": "m1"}
    path = f"services/{SERVICE}/received-control-numbers/Litware-850"
    assert (await api.post(path, received)).status == 200
    await api.allocate(SERVICE, "Litware-850")
    await api.backup(SERVICE, FIRST)

    changed = bridge()
    changed["source"]["address"] = "ftp://new.litware.example"
    changed["stages"][4] = {"name": "Stage4", "on": False}
    await put(api, "bridges", "Orders", changed)
    secret = bridge()
    secret["source"]["password"] = f"{SECRET} two"
    await put(api, "bridges", "Invoices", secret)
    await put(api, "bridges", "Returns", bridge())
    assert (await api.delete(f"{artifacts}/pipelines/Old")).status == 204
    assert (await api.put(f"{artifacts}/schemas/Order850/content", data=b"<b/>")).status < 300
    await api.allocate(SERVICE, "Litware-850")
    await api.backup(SERVICE, SECOND)
    assert (await api.delete(f"{artifacts}/bridges/Returns")).status == 204
