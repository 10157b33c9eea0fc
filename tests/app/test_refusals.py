"""No request changes anything when it is refused: no row, no blob, no message, no log record.

For each writing route: what is wrong with any request, and what only this route refuses.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.service import Service, State
from shared.web.http.route import Route
from tests.app.requests import GOOD, MIC, ONLY_HERE, Ask
from tests.support.api import Api, nobodys, unique, x12_document
from tests.support.declared import SHOWN
from tests.support.deployed import Deployed
from tests.support.stored import changes, everything_stored

ALONE = True
"""Everything that is stored is compared."""

WRITING = {r.name: r for r in SHOWN if r.method != "GET"}

STARTING = {
    "put_service",
    "delete_service",
    "suspend_service",
    "start_backup",
    "delete_backup",
    "verify_backup",
    "register_backup",
    "start_restore",
    "advance_control_numbers",
    "put_link",
    "delete_link",
    "pull",
    "push",
}
"""Routes that take an Operation-Id; the other transitions are the code of suspend."""

RUN_TIME = {
    "allocate_control_numbers",
    "receive_control_number",
    "put_mic_value",
    "put_batch_activity",
}
"""Routes that need an Active service."""


HISTORY = {"{backup}": "BackupNotFound", "operations/{id}": "OperationNotFound"}
"""What outlives its service is looked for by itself."""

AT_ANY_TIME = {
    "rotate_keys",
    "seal_secrets",
    "pin_backup",
    "delete_backup",
    "verify_backup",
    "cancel_operation",
    "register_backup",
    "preview_schedule",
}
"""Routes of the history, which does not end with the service, of the installation, and one that
only asks."""


def wrong_anywhere(route: Route) -> Iterator[tuple[Ask, str | None]]:
    """What every writing route refuses; the code is None where the host itself does."""
    good = GOOD[route.name]
    asked = f"{good.path}{'&' if '?' in good.path else '?'}"
    yield good.but(path=f"{asked}color=red"), "InvalidRequest"
    yield good.but(path=f"{asked}api-version=2020-01-01"), "UnsupportedApiVersionValue"
    yield good.but(headers={"x-functions-key": "wrong"}), None
    if route.body is not None:
        yield Ask(good.path, data=b""), "InvalidJson"
        yield Ask(good.path, data=b'{"a": 1, "a": 2}'), "InvalidJson"
        yield Ask(good.path, body=[]), "InvalidRequest"
        yield good.but(body={"color": "red"}), "InvalidRequest"
    elif not route.takes_bytes:
        yield good.but(body={"color": "red"}), "InvalidRequest"
    if route.conditional:
        yield good.but(headers={"If-Match": '"0000000000000000"'}), "ConditionNotMet"
    if "{service}" in route.path and route.name != "put_service":
        code = next((c for part, c in HISTORY.items() if part in route.path), "ServiceNotFound")
        yield good.but(path=f"//services/nowhere{good.path}"), code
    if route.name in STARTING:
        yield good.but(headers={"Operation-Id": "a b"}), "InvalidName"
        taken = good.but(headers={"Operation-Id": "{taken}"})
        if route.name == "start_restore":
            taken = taken.but(body={"service": {"name": "{service}"}})
        yield taken, "OperationIdInUse"


@dataclass
class Stage:
    """A service with a bit of everything, to which nothing may happen."""

    api: Api
    deployed: Deployed
    names: dict[str, str]
    asked: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def unchanged(self) -> AsyncIterator[None]:
        """What is asked in here changes nothing."""
        before = await asyncio.to_thread(everything_stored, self.deployed)
        yield
        after = await asyncio.to_thread(everything_stored, self.deployed)
        assert changes(before, after) == [], f"one of these changed it: {self.asked}"

    async def refuse(self, method: str, ask: Ask, code: str | None) -> None:
        """Send a request that must be refused with a code."""
        path = ask.path[2:] if ask.path.startswith("//") else f"services/{{service}}{ask.path}"
        headers = {name: self._filled(value) for name, value in ask.headers.items()}
        reply = await self.api.call(
            method, self._filled(path), self._filled(ask.body), data=ask.data, headers=headers
        )
        self.asked.append(f"{method} {path} {str(ask.body)[:200]} {headers}")
        assert 400 <= reply.status < 500, self.asked[-1]
        assert reply.code == code, f"{self.asked[-1]}: {reply.body}"

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            for name, text in self.names.items():
                value = value.replace(f"{{{name}}}", text)
        elif isinstance(value, dict):
            return {name: self._filled(member) for name, member in value.items()}
        return value


async def staged(api: Api) -> dict[str, str]:
    """A service with a bit of everything, and its names."""
    service = await api.service()
    path = f"services/{service}/artifacts"
    await api.agreement(service, "A")
    small = x12_document(
        interchangeControlNumberUpperBound=2, rolloverInterchangeControlNumber=False
    )
    await api.agreement(service, "small", nobodys(small))
    await api.agreement(service, "as2", {"agreementType": "AS2", "content": {"aS2": {}}})
    for section, name in (("schemas", "s"), ("batches", "hourly"), ("certificates", "c")):
        await api.put(f"{path}/{section}/{name}", {"document": {}})
    await api.put(f"{path}/schemas/s/content", data=b"<a/>")
    for _ in range(2):
        await api.allocate(service, "A")
    await api.put(f"services/{service}/mic-values/A", MIC)
    number = {**GOOD["receive_control_number"].body, "value": 77}
    await api.post(f"services/{service}/received-control-numbers/A", number)
    await api.put(f"services/{service}/backup-schedule", {"status": "None"})
    taken = unique("taken")
    await api.post(f"services/{service}/restart", headers={"Operation-Id": taken})
    return {"service": service, "backup": await api.backup(service), "taken": taken}


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    """Of the service that all routes refuse something on: made by the first test."""
    return {}


@pytest.fixture
async def stage(api: Api, deployed: Deployed, names: dict[str, str]) -> Stage:
    if not names:
        names.update(await staged(api))
    return Stage(api, deployed, names)


@pytest.fixture
async def own_stage(api: Api, deployed: Deployed) -> Stage:
    """A service for one test, which puts it into a state."""
    return Stage(api, deployed, await staged(api))


def test_every_writing_route_has_a_good_request() -> None:
    """A new route says in GOOD what a request of it looks like, and its refusals in ONLY_HERE."""
    assert GOOD.keys() == WRITING.keys()
    assert ONLY_HERE.keys() <= WRITING.keys()


@pytest.mark.parametrize("name", GOOD)
async def test_what_is_refused_changes_nothing(stage: Stage, name: str) -> None:
    route = WRITING[name]
    async with stage.unchanged():
        for ask, code in (*wrong_anywhere(route), *ONLY_HERE.get(name, [])):
            await stage.refuse(route.method, ask, code)


async def test_a_service_that_is_being_deleted_takes_nothing(
    own_stage: Stage, host_app: Installation
) -> None:
    listed = await host_app.services.require(own_stage.names["service"])
    deleting = listed.service.model_copy(update={"state": State.DELETING})
    await host_app.directory.change(deleting, listed.etag)
    await under_way(host_app, listed.service, OperationName.DELETE)
    async with own_stage.unchanged():
        for name, ask in GOOD.items():
            if name in AT_ANY_TIME:
                continue
            code = "ServiceNotActive" if name in RUN_TIME else "OperationNotAllowed"
            if name == "start_restore":
                ask = ask.but(body={"service": {"name": "{service}"}})
                code = "ServiceNameUnavailable"
            await own_stage.refuse(WRITING[name].method, ask, code)


async def test_a_configuration_that_is_held_takes_no_change(
    own_stage: Stage, host_app: Installation
) -> None:
    service_id = (await host_app.services.require(own_stage.names["service"])).service.id
    head = await host_app.configuration.head(service_id)
    assert head is not None
    await host_app.configuration.write_head(service_id, replace(head, hold="a-backup"))
    async with own_stage.unchanged():
        for name in (
            "put_service",
            "put_artifact",
            "delete_artifact",
            "put_content",
            "import_artifacts",
        ):
            await own_stage.refuse(WRITING[name].method, GOOD[name], "ConfigurationHeld")


async def under_way(host_app: Installation, service: Service, name: OperationName) -> None:
    """A long operation that another worker has."""
    running = Operation(
        id=unique("running"),
        operation=name,
        service=service.name,
        service_id=service.id,
        status=OperationStatus.RUNNING,
        caller="somebody",
        trigger="http",
        created_at=host_app.clock.now(),
        worker="somebody-elses",
        lease_seconds=3600,
    )
    await host_app.records.add(running, "hash", lock=True)
    await host_app.in_flight.add(service.name, running.id)


async def test_a_long_operation_under_way_lets_no_other_begin(
    own_stage: Stage, host_app: Installation
) -> None:
    service = (await host_app.services.require(own_stage.names["service"])).service
    await under_way(host_app, service, OperationName.BACKUP)
    async with own_stage.unchanged():
        for name in ("delete_service", "start_backup"):
            await own_stage.refuse(WRITING[name].method, GOOD[name], "OperationInProgress")
