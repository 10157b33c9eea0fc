"""One good answer of every route and status, as the app gives it: a service from its first day on.

What a route answers in several forms, or with several statuses, is asked for once each.
"""

import re
from typing import Any
from urllib.parse import quote

from tests.app.requests import SCHEDULE
from tests.support.api import Api, Reply, nobodys, partner_document, unique, x12_document

Answers = list[tuple[str, str, Reply]]
"""The name of a route's function, what its query asked for, and what it answered."""

_SETTINGS = {
    "edition": "Standard",
    "unitCount": 2,
    "region": "West Europe",
    "accessControl": {"namespace": "contoso", "key": "access-key"},
    "trackingDatabase": {
        "server": "sql.contoso.example",
        "name": "tracking",
        "login": "b2b",
        "password": "tracking-password",
    },
    "monitoringStore": {"storageAccount": "offsite"},
}
_ASKED = re.compile(r"[?&](section=[a-z-]+|stored=true)")
"""What makes an answer one of another form."""

_TRIES = 20
"""A worker may take a backup before it is canceled."""

_AGREEMENT = "Northwind-Fabrikam"
_MESSAGE = "<20261101.1@northwind.example>"
_MIC = {
    "messageId": _MESSAGE,
    "mic": "7v7F++fQaNB1RVLFxSRMfFF+JS0=",
    "algorithm": "SHA1",
    "as2From": "NORTHWIND",
    "as2To": "FABRIKAM",
}


async def answers(api: Api, foreign: str, account: str) -> Answers:
    """Ask for all of them, in the order in which they can be had.

    :param foreign: the container of a backup that the app's history does not know.
    :param account: an integration account that no service has.
    """
    day = _Day(api, unique("day"))
    await day.configures()
    await day.exchanges()
    await day.backs_up(foreign)
    await day.schedules()
    await day.links(account)
    await day.looks_around()
    await day.moves()
    return day.heard


class _Day:
    """A service's life, as its answers tell it."""

    def __init__(self, api: Api, name: str) -> None:
        self.api, self.name = api, name
        self.heard: Answers = []

    async def ask(
        self, route: str, method: str, path: str = "", body: Any = None, **more: Any
    ) -> Reply:
        """Ask a route, under the service unless the path begins with ``//``."""
        whole = path[2:] if path.startswith("//") else f"services/{self.name}{path}"
        reply = await self.api.call(method, whole, body, **more)
        asked = _ASKED.search(path)
        assert reply.status < 400 or route == "deep_health", f"{route}: {reply.body}"
        self.heard.append((route, asked[1] if asked else "", reply))
        return reply

    async def configures(self) -> None:
        """The service and what it holds."""
        await self.ask("put_service", "PUT", "", _SETTINGS)
        await self.ask("put_service", "PUT", "", _SETTINGS)
        read = await self.ask("get_service", "GET")
        await self.ask("get_service", "GET", headers={"If-None-Match": read.headers["ETag"]})
        for name in ("Fabrikam", "Northwind"):
            body = {"document": partner_document(name)}
            await self.ask("put_artifact", "PUT", f"/artifacts/partners/{name}", body)
        await self.ask("put_artifact", "PUT", "/artifacts/partners/Northwind", body)
        agreement = {"document": x12_document()}
        await self.ask("put_artifact", "PUT", f"/artifacts/agreements/{_AGREEMENT}", agreement)
        sections = await self.ask("get_sections", "GET", "/artifacts")
        tag = {"If-None-Match": sections.headers["ETag"]}
        await self.ask("get_sections", "GET", "/artifacts", headers=tag)
        await self.ask("list_artifacts", "GET", "/artifacts/partners?top=1")
        schema = "/artifacts/schemas/Orders"
        await self.ask("put_artifact", "PUT", schema, {"document": {}})
        for data in (b"<a/>", b"<b/>"):
            await self.ask("put_content", "PUT", f"{schema}/content", data=data)
        await self.ask("get_content", "GET", f"{schema}/content")
        await self.ask("get_artifact", "GET", schema)
        many = [
            {"section": "schemas", "name": f"Orders{number}", "document": {}}
            for number in range(100)
        ]
        many[0] = {"section": "agreements", "name": "Nobodys", "document": _nobody()}
        await self.ask("import_artifacts", "POST", "/import", {"artifacts": many[1:3]})
        await self.ask("import_artifacts", "POST", "/import", {"artifacts": many})
        await self.ask("put_artifact", "PUT", "/artifacts/batches/Hourly", {"document": {}})

    async def exchanges(self) -> None:
        """What an EDI runtime asks for."""
        numbers = "/control-numbers"
        await self.ask(
            "allocate_control_numbers",
            "POST",
            f"{numbers}/{_AGREEMENT}/allocate",
            {"kind": "interchange"},
        )
        body = {"kind": "interchange", "next": 1000}
        await self.ask("set_control_number", "PUT", f"{numbers}/{_AGREEMENT}", body)
        await self.ask("list_control_numbers", "GET", numbers)
        await self.ask("get_control_numbers", "GET", f"{numbers}/{_AGREEMENT}")
        await self.ask("advance_control_numbers", "POST", f"{numbers}/advance", {"by": 500})
        received = {"kind": "group", "value": 7, "validityDays": 30, "messageId": _MESSAGE}
        await self.ask(
            "receive_control_number", "POST", f"/received-control-numbers/{_AGREEMENT}", received
        )
        number = f"/received-control-numbers/{_AGREEMENT}?kind=group&value=7"
        await self.ask("get_received_number", "GET", number)
        await self.ask("release_received_number", "DELETE", number)
        for _ in range(2):
            await self.ask("put_mic_value", "PUT", f"/mic-values/{_AGREEMENT}", _MIC)
        await self.ask(
            "get_mic_value", "GET", f"/mic-values/{_AGREEMENT}?messageId={quote(_MESSAGE)}"
        )
        await self.ask("put_batch_activity", "PUT", "/batch-activity/Hourly", {"activeMessages": 1})
        await self.ask("list_batch_activity", "GET", "/batch-activity")

    async def backs_up(self, foreign: str) -> None:
        """Backups, what is in them, and what is made of them."""
        backup = unique("backup")
        body = {"name": backup, "storageAccount": "offsite"}
        started = await self.ask("start_backup", "POST", "/backups", body)
        ended = await self.api.succeeded(started)
        await self.ask("get_operation", "GET", f"/operations/{ended['id']}")
        path = f"/backups/{backup}"
        await self.ask("pin_backup", "PATCH", path, {"pinned": True})
        verified = await self.ask("verify_backup", "POST", f"{path}/verify", {"level": "data"})
        await self.api.succeeded(verified)
        await self.ask("get_backup", "GET", path)
        await self.ask("list_services", "GET", "//services?stored=true")
        await self.ask("get_summary", "GET", "//summary")
        await self.ask("pin_backup", "PATCH", path, {"pinned": False})
        await self.ask("list_backup_contents", "GET", f"{path}/contents")
        await self.ask("get_backup_content", "GET", f"{path}/contents/schemas/Orders/content")
        for section in ("schemas", "service", "content", "control-numbers", "mic-values"):
            await self.ask("list_backup_contents", "GET", f"{path}/contents?section={section}")
        await self.ask("put_artifact", "PUT", "/artifacts/schemas/Orders1", {"document": {"a": 1}})
        await self.ask("list_backup_changes", "GET", f"{path}/changes?since=live")
        await self.cancels()
        place = {"backup": {"storageAccount": "offsite", "container": backup}}
        wanted = {**place, "service": {"name": f"{self.name}-dr"}}
        await self.ask("start_restore", "POST", "//restores?validateOnly=true", wanted)
        restored = await self.ask("start_restore", "POST", "//restores", wanted)
        await self.api.succeeded(restored)
        restore = f"//restores/{self.name}-dr.{restored.body['id']}"
        await self.ask("get_restore", "GET", restore)
        self.backup = backup
        register = f"//storage-accounts/offsite/backups/{foreign}/register"
        await self.ask("register_backup", "POST", register)

    async def cancels(self) -> None:
        """A backup that no worker has taken yet, as its example shows it."""
        for _ in range(_TRIES):
            other = {"name": unique("backup"), "storageAccount": "offsite"}
            started = await self.api.post(f"services/{self.name}/backups", other)
            path = f"services/{self.name}/operations/{started.body['id']}/cancel"
            reply = await self.api.post(path)
            await self.api.ended(started)
            if reply.body.get("status") == "Canceled":
                self.heard.append(("cancel_operation", "", reply))
                return
        raise AssertionError(f"a worker was quicker, {_TRIES} times")

    async def schedules(self) -> None:
        """The calendar."""
        path = "/backup-schedule"
        for _ in range(2):
            await self.ask("put_schedule", "PUT", path, SCHEDULE)
        await self.ask("get_schedule", "GET", path)
        await self.ask("list_backups", "GET", "/backups")
        await self.ask("list_services", "GET", "//services")
        await self.ask("preview_schedule", "POST", f"{path}/preview", {"days": 9})
        await self.ask("delete_schedule", "DELETE", path)

    async def links(self, account: str) -> None:
        """An integration account, of another service."""
        path = f"//services/{await self.api.service()}/integration-account"
        push = {"resourceId": account, "include": [{"section": "partners"}], "link": False}
        await self.ask("push", "POST", "/push?validateOnly=true", push)
        for _ in range(2):
            body = {"resourceId": account, "pullMinutes": 15}
            await self.ask("put_link", "PUT", path, body)
        read = await self.ask("get_link", "GET", path)
        await self.ask("get_link", "GET", path, headers={"If-None-Match": read.headers["ETag"]})
        await self.ask("list_integration_accounts", "GET", "//integration-accounts?top=1")
        service = path.removesuffix("/integration-account")
        await self.api.succeeded(await self.ask("pull", "POST", f"{service}/pull", {}))
        await self.api.succeeded(await self.ask("push", "POST", "/push", push))
        await self.api.succeeded(await self.ask("pull", "POST", f"{service}/pull", {}))
        await self.ask("list_account_changes", "GET", f"{path}/changes?top=1")
        await self.ask("delete_link", "DELETE", path)

    async def looks_around(self) -> None:
        """Lists, the log, the installation."""
        await self.ask("list_services", "GET", "//services")
        editions = await self.ask("get_editions", "GET", "//editions")
        tag = {"If-None-Match": editions.headers["ETag"]}
        await self.ask("get_editions", "GET", "//editions", headers=tag)
        await self.ask("list_operations", "GET", "/operations")
        await self.ask("list_all_operations", "GET", "//operations?top=2")
        await self.ask("list_storage_accounts", "GET", "//storage-accounts")
        browse = f"//storage-accounts/offsite/backups?service={self.name}"
        await self.ask("browse_backups", "GET", browse)
        await self.ask("health", "GET", "//health")
        await self.ask("deep_health", "GET", "//health/deep")
        me = await self.ask("get_me", "GET", "//me")
        await self.ask("get_me", "GET", "//me", headers={"If-None-Match": me.headers["ETag"]})
        await self.ask("get_openapi", "GET", "//openapi.json")
        await self.ask("get_docs", "GET", "//docs")
        rotated = await self.ask("rotate_keys", "POST", "//keys/rotate")
        await self.api.ended(rotated)
        await self.api.ended(await self.ask("seal_secrets", "POST", "//secrets/seal"))
        await self.ask("get_general_operation", "GET", f"//operations/{rotated.body['id']}")

    async def moves(self) -> None:
        """The state chart, to its end."""
        await self.ask("scale_service", "POST", "/scale", {"unitCount": 3})
        for move in ("suspend", "resume", "stop", "start", "restart", "disable", "enable"):
            await self.ask(f"{move}_service", "POST", f"/{move}")
        await self.ask("delete_artifact", "DELETE", "/artifacts/schemas/Orders1")
        await self.ask("delete_backup", "DELETE", f"/backups/{self.backup}?force=true")
        await self.ask("delete_service", "DELETE")


def _nobody() -> Any:
    return {**nobodys(x12_document()), "hostPartner": "Nobody"}
