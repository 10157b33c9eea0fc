"""Pulls of an integration account: peak memory of one with many sessions beside a tenth of it, and
what an account that hardly changed costs in requests to ARM."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from benchmarks.figures import Figure
from benchmarks.filling import ASKED
from benchmarks.memory import MOST_MB, TIMES, peak_mb
from benchmarks.operations import deliver, require_succeeded
from benchmarks.run import Run
from benchmarks.sizes import SESSIONS, part
from benchmarks.stage import App
from localhost.arm.server import StandIn
from localhost.processes import free_ports
from shared.model.link import LinkBody
from shared.model.pull import PullBody
from shared.model.service import Service, ServiceSettings
from shared.model.wire import JsonObject, JsonValue

ARTIFACTS = 1_000
"""Of each kind that an account has most of."""

_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_ACCOUNTS = (
    f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/bench"
    "/providers/Microsoft.Logic/integrationAccounts"
)
_KINDS = ("partners", "agreements", "schemas", "maps")
_TIMES: JsonObject = {
    "createdTime": "2026-01-02T03:04:05.6789012Z",
    "changedTime": "2026-01-02T03:04:06.7890123Z",
}
_MANY = "many-sessions"
_CHANGED = 10
"""Schemas that somebody changes before the second pull."""


async def pulls(run: Run) -> list[Figure]:
    """The same account twice, one with a tenth of the other's sessions; then the larger again."""
    peaks: list[float] = []
    async with _Account() as account:
        for name, times in (("few-sessions", TIMES), (_MANY, 1)):
            count = part(SESSIONS, run.sizes.sessions / times)
            each = part(ARTIFACTS, run.sizes.sessions)
            account.fill(name, each, count)
            app = run.stage.app(settings=account.settings)
            service = await _linked(app, name)
            peaks.append(await peak_mb(app, "pull", service.name))
        return [
            _memory(peaks, each, count),
            await _again(app, service, account, each, count),
        ]


def _memory(peaks: list[float], each: int, sessions: int) -> Figure:
    small, large = peaks
    return Figure(
        workload=f"peak memory: pull {each:,} of each of 4 kinds, {sessions:,} sessions",
        compared_with=f"a tenth of the sessions; {large - small:+.1f} MB",
        ratio=large / small,
        aim=f"within {MOST_MB:.0f} MB",
        met=large - small <= MOST_MB,
        seconds={},
        remarks=(f"{small:.1f} MB and {large:.1f} MB",),
    )


async def _again(
    app: App, service: Service, account: "_Account", each: int, sessions: int
) -> Figure:
    """A pull of what was pulled before, after some artifacts changed."""
    changed = min(_CHANGED, each)
    account.change(_MANY, changed)
    record = await app.parts.pulls.start(service, PullBody(), "bench", None)
    await deliver(app, record)
    found = await app.parts.records.find(service.name, record.operation.id)
    assert found is not None
    require_succeeded(found[0].operation)
    result = found[0].operation.result or {}
    requests, readings = _whole(result["requests"]), _whole(result["readings"])
    most = 1 + account.pages(each) * readings + account.pages_of(sessions) + changed
    return Figure(
        workload=f"requests to ARM: pull again after {changed} of {each:,} schemas changed",
        compared_with=f"the lists, {readings} times, and the changes: {most}",
        ratio=requests / most,
        aim="≤ 1 ×",
        met=requests <= most,
        seconds={},
        remarks=(f"{requests} requests; {result['contentFetched']} for content",),
    )


def _whole(value: JsonValue) -> int:
    assert isinstance(value, int)
    return value


async def _linked(app: App, name: str) -> Service:
    wanted = ServiceSettings.model_validate({"edition": "Premium"})
    listed = await app.parts.services.create(name, wanted, ASKED)
    await app.parts.linking.link(listed, LinkBody(resource_id=f"{_ACCOUNTS}/{name}"), ASKED)
    return (await app.parts.services.require(name)).service


class _Account(AbstractAsyncContextManager["_Account"]):
    """The stand-in for ARM, in this process; who pulls is another one."""

    def __init__(self) -> None:
        self._stand_in = StandIn()
        self._port = free_ports(1)[0]

    @property
    def settings(self) -> dict[str, str]:
        """The app's settings, so that it asks the stand-in."""
        return {
            "ARM_STAND_IN": f"http://127.0.0.1:{self._port}",
            "INTEGRATION_ACCOUNTS": f'["/subscriptions/{_SUBSCRIPTION}"]',
        }

    async def __aenter__(self) -> "_Account":
        await self._stand_in.start(self._port)
        self._stand_in.switches.reads = 1_000_000
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stand_in.stop()

    def fill(self, name: str, each: int, sessions: int) -> None:
        """An account with so many of each kind, and so many sessions."""
        self._stand_in.state.load(_resources(f"{_ACCOUNTS}/{name}", each, sessions))

    def change(self, name: str, count: int) -> None:
        """Other content of some schemas."""
        at = f"{_ACCOUNTS}/{name}"
        self._stand_in.state.load(_schema(at, n, "2026-02-03T04:05:06Z") for n in range(count))

    def pages_of(self, count: int) -> int:
        """Pages of a list, one at least."""
        return max(1, -(-count // self._stand_in.switches.page_size))

    def pages(self, each: int) -> int:
        """Pages of the lists of all kinds of artifacts; the kinds that there is nothing of have
        one."""
        return len(_KINDS) * self.pages_of(each) + _OTHER_KINDS


_OTHER_KINDS = 4


def _resources(account: str, each: int, sessions: int) -> Iterator[JsonObject]:
    yield {"id": account, "location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
    for number in range(each):
        partner: JsonObject = {"partnerType": "B2B", "content": {"b2b": {"businessIdentities": []}}}
        agreement: JsonObject = {"agreementType": "AS2", "content": {"aS2": {}}}
        for kind, properties in (("partners", partner), ("agreements", agreement)):
            name = f"{kind}-{number:06}"
            yield {"id": f"{account}/{kind}/{name}", "properties": {**properties, **_TIMES}}
        yield _schema(account, number, str(_TIMES["changedTime"]))
        yield {
            "id": f"{account}/maps/map-{number:06}",
            "properties": {"mapType": "Xslt", **_TIMES},
            "content": f"<stylesheet number='{number}'/>",
        }
    for number in range(sessions):
        content: JsonObject = {"mic": f"{number:040}"}
        yield {
            "id": f"{account}/sessions/as2-{number:07}",
            "properties": {"content": content, **_TIMES},
        }


def _schema(account: str, number: int, changed: str) -> JsonObject:
    return {
        "id": f"{account}/schemas/schema-{number:06}",
        "properties": {"schemaType": "Xml", **_TIMES, "changedTime": changed},
        "content": f"<schema number='{number}' of='{changed}'/>",
    }
