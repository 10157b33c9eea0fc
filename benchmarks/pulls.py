"""Pulls of an integration account: peak memory of a large one beside a tenth of it, and what each
pull costs in requests to ARM: the first, one of an account that hardly changed, and one of sessions
alone."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType

from benchmarks.figures import Figure
from benchmarks.filling import ASKED
from benchmarks.memory import MOST_MB, TIMES, peak_mb
from benchmarks.operations import deliver, require_succeeded
from benchmarks.run import Run
from benchmarks.sizes import SESSIONS, part
from benchmarks.stage import App
from localhost.arm.sample import public_certificate
from localhost.arm.server import StandIn
from localhost.demo.network.artifact import Artifact, Identity
from localhost.demo.network.x12 import X12Agreement
from localhost.processes import free_ports
from shared.model.link import LinkBody
from shared.model.pull import PullBody
from shared.model.service import Service, ServiceSettings
from shared.model.wire import JsonObject, JsonValue

ARTIFACTS = 1_000
"""Of each kind."""

_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_ACCOUNTS = (
    f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/bench"
    "/providers/Microsoft.Logic/integrationAccounts"
)
_KINDS = 8
_WITH_CONTENT = 3
"""Schemas, maps and assemblies: the content of all others is in their lists."""

_COUNTERS = ("ICN", "GCN", "TSCN")
"""What each agreement counts."""

_TIMES: JsonObject = {
    "createdTime": "2026-01-02T03:04:05.6789012Z",
    "changedTime": "2026-01-02T03:04:06.7890123Z",
}
_LARGE = "large-account"
_CHANGED = 10
"""Schemas that somebody changes before the second pull."""


@dataclass(frozen=True)
class _Size:
    """How much an account holds."""

    each: int
    sessions: int

    def __str__(self) -> str:
        return f"{self.each:,} of each of {_KINDS} kinds, {self.sessions:,} sessions"


async def pulls(run: Run) -> list[Figure]:
    """An account and one of a tenth of its size, each for the first time; the larger again, and
    then its sessions alone."""
    peaks: list[float] = []
    # A page of a list is held as a whole. So that of the smaller account is as long.
    async with _Account(part(ARTIFACTS, run.sizes.sessions / TIMES)) as account:
        for name, times in (("small-account", TIMES), (_LARGE, 1)):
            size = _Size(
                part(ARTIFACTS, run.sizes.sessions / times),
                part(SESSIONS, run.sizes.sessions / times),
            )
            account.fill(name, size)
            app = run.stage.app(settings=account.settings)
            service = await _linked(app, name)
            account.begin()
            peaks.append(await peak_mb(app, "pull", service.name))
        return [
            _memory(peaks, size),
            await _first(app, service, account, size),
            await _again(app, service, account, size),
            await _sessions_alone(app, service, account, size),
        ]


def _memory(peaks: list[float], size: _Size) -> Figure:
    small, large = peaks
    return Figure(
        workload=f"peak memory: pull {size}",
        compared_with=f"a tenth of it; {large - small:+.1f} MB",
        ratio=large / small,
        aim=f"within {MOST_MB:.0f} MB",
        met=large - small <= MOST_MB,
        seconds={},
        remarks=(f"{small:.1f} MB and {large:.1f} MB",),
    )


async def _first(app: App, service: Service, account: "_Account", size: _Size) -> Figure:
    """What the pull cost that has just been measured."""
    link = await app.parts.links.get(service.name)
    assert link is not None
    assert link.value.last_pull_operation is not None
    found = await app.parts.records.find(service.name, link.value.last_pull_operation)
    assert found is not None
    readings = _whole((found[0].operation.result or {})["readings"])
    content = _WITH_CONTENT * size.each
    return _requests(
        "pull for the first time",
        account.sent(),
        1 + account.pages(size.each) * readings + account.pages_of(size.sessions) + content,
        f"the lists, {readings} times, and {content:,} contents",
    )


async def _again(app: App, service: Service, account: "_Account", size: _Size) -> Figure:
    """A pull of what was pulled before, after some artifacts changed."""
    changed = min(_CHANGED, size.each)
    account.change(_LARGE, changed)
    account.begin()
    record = await app.parts.pulls.start(service, PullBody(), "bench", None)
    await deliver(app, record)
    found = await app.parts.records.find(service.name, record.operation.id)
    assert found is not None
    require_succeeded(found[0].operation)
    readings = _whole((found[0].operation.result or {})["readings"])
    return _requests(
        f"pull again after {changed} of {size.each:,} schemas changed",
        account.sent(),
        1 + account.pages(size.each) * readings + account.pages_of(size.sessions) + changed,
        f"the lists, {readings} times, and the changes",
    )


async def _sessions_alone(app: App, service: Service, account: "_Account", size: _Size) -> Figure:
    """What the timer does between two full pulls, after some sessions changed."""
    account.move(_LARGE, min(_CHANGED, size.sessions))
    link = await app.parts.links.get(service.name)
    assert link is not None
    due = {"next_pull_at": link.value.linked_at - timedelta(minutes=1)}
    await app.parts.links.put(link.value.model_copy(update=due), link.etag)
    account.begin()
    assert await app.parts.session_pulls.run() == 1
    return _requests(
        "pull the sessions alone",
        account.sent(),
        account.pages_of(size.sessions),
        f"the list of {size.sessions:,} sessions",
    )


def _requests(what: str, sent: int, most: int, against: str) -> Figure:
    return Figure(
        workload=f"requests to ARM: {what}",
        compared_with=f"{against}: {most:,}",
        ratio=sent / most,
        aim="≤ 1 ×",
        met=sent <= most,
        seconds={},
        remarks=(f"{sent:,} requests",),
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
    """The stand-in for ARM, in this process; who pulls is another one.

    :param page_size: how many items a page of a list has.
    """

    def __init__(self, page_size: int) -> None:
        self._stand_in = StandIn()
        self._stand_in.switches.page_size = page_size
        self._port = free_ports(1)[0]
        self._seen = 0
        self._size = _Size(0, 0)

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

    def fill(self, name: str, size: _Size) -> None:
        """An account of this size."""
        self._size = size
        self._stand_in.state.load(_resources(f"{_ACCOUNTS}/{name}", size))

    def change(self, name: str, count: int) -> None:
        """Other content of some schemas."""
        at = f"{_ACCOUNTS}/{name}"
        self._stand_in.state.load(_schema(at, n, "2026-02-03T04:05:06Z") for n in range(count))

    def move(self, name: str, count: int) -> None:
        """Other content of some sessions."""
        at = f"{_ACCOUNTS}/{name}"
        of = self._size.each
        self._stand_in.state.load(_session(at, n, of, "2026-02-03T04:05:06Z") for n in range(count))

    def begin(self) -> None:
        """Count requests from now on."""
        self._seen = len(self._stand_in.disturbances.seen)

    def sent(self) -> int:
        """How many requests came since then, those for content too."""
        return len(self._stand_in.disturbances.seen) - self._seen

    def pages_of(self, count: int) -> int:
        """Pages of a list, one at least."""
        return max(1, -(-count // self._stand_in.switches.page_size))

    def pages(self, each: int) -> int:
        """Pages of the lists of all kinds of artifacts."""
        return _KINDS * self.pages_of(each)


def _resources(account: str, size: _Size) -> Iterator[JsonObject]:
    yield {"id": account, "location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
    plain: dict[str, JsonObject] = {
        "partners": {"partnerType": "B2B", "content": {"b2b": {"businessIdentities": []}}},
        "batchConfigurations": {"batchGroupName": "all", "releaseCriteria": {"messageCount": 10}},
        "certificates": {"publicCertificate": public_certificate("Contoso")},
        "rosettanetprocessconfigurations": {"processCode": "3A4", "processVersion": "V02.00"},
    }
    for number in range(size.each):
        for kind, properties in plain.items():
            name = f"{kind}-{number:06}"
            yield {"id": f"{account}/{kind}/{name}", "properties": {**properties, **_TIMES}}
        agreement = _agreement(number)
        named = f"{account}/agreements/{agreement.name}"
        yield {"id": named, "properties": {**agreement.document, **_TIMES}}
        yield _schema(account, number, str(_TIMES["changedTime"]))
        yield {
            "id": f"{account}/maps/map-{number:06}",
            "properties": {"mapType": "Xslt", **_TIMES},
            "content": f"<stylesheet number='{number}'/>",
        }
        yield {
            "id": f"{account}/assemblies/assembly-{number:06}",
            "properties": {"assemblyName": f"Contoso.Number{number}", **_TIMES},
            "content": f"MZ {number}",
        }
    for number in range(size.sessions):
        yield _session(account, number, size.each, str(_TIMES["changedTime"]))


def _agreement(number: int) -> Artifact:
    return X12Agreement(
        name=f"agreement-{number:06}",
        host=Identity("partners-000000", "ZZ", "CONTOSO"),
        guest=Identity(f"partners-{number:06}", "ZZ", f"PARTNER{number:06}"),
        sends=("850",),
        receives=("810",),
        authorization="A" * 10,
        password="P" * 10,
    ).artifact()


def _session(account: str, number: int, agreements: int, changed: str) -> JsonObject:
    """A session: first the counters of each agreement, then received numbers and MIC values in
    turn."""
    counter, agreement = divmod(number, agreements)
    of = f"agreement-{agreement:06}"
    content: JsonObject = {
        "ControlNumber": str(40_000 + number),
        "ControlNumberChangedTime": changed,
        "MessageType": 0,
    }
    if counter < len(_COUNTERS):
        name = f"{of}-{_COUNTERS[counter]}"
    elif number % 2:
        name = f"X12-ICN-{of}-{number:09}"
        content |= {"ControlNumber": f"{number:09}", "IsMessageProcessingFailed": False}
    else:
        name, content = f"as2-{number:07}", {"mic": f"{number:040}", "of": changed}
    times: JsonObject = {**_TIMES, "changedTime": changed}
    return {"id": f"{account}/sessions/{name}", "properties": {"content": content, **times}}


def _schema(account: str, number: int, changed: str) -> JsonObject:
    return {
        "id": f"{account}/schemas/schema-{number:06}",
        "properties": {"schemaType": "Xml", **_TIMES, "changedTime": changed},
        "content": f"<schema number='{number}' of='{changed}'/>",
    }
