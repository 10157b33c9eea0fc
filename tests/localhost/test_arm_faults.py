"""The stand-in for Azure Resource Manager, disturbed: by faults, budgets, and somebody else."""

import asyncio
import json

import aiohttp
import pytest

from tests.localhost.arm_calls import (
    ACCOUNT,
    PARTNER,
    SCHEMA,
    TOKEN,
    Calls,
    a_partner,
    a_schema,
)
from tests.support.arm import Arm


async def test_budgets_are_told_and_run_out(arm: Arm, call: Calls) -> None:
    arm.switches.writes = 1
    path, body = f"{ACCOUNT}/partners/Fabrikam", {"properties": PARTNER}
    first = await call("PUT", path, body)
    assert first.headers["x-ms-ratelimit-remaining-subscription-writes"] == "0"
    throttled = await call("PUT", path, body)
    assert throttled.status == 429
    assert 1 <= int(throttled.headers["Retry-After"]) <= 3600
    assert (await call("GET", path)).status == 200
    arm.switches.window_seconds = 0
    assert (await call("PUT", path, body)).status == 200


async def test_a_fault_happens_to_the_request_it_is_for(arm: Arm, call: Calls) -> None:
    path, body = f"{ACCOUNT}/partners/Fabrikam", {"properties": PARTNER}
    arm.fault(method="PUT", part="/PARTNERS/", nth=2, times=2, status=503, body="busy")
    statuses = []
    for _ in range(4):
        url = f"{arm.url}{path}?api-version=2019-05-01"
        async with aiohttp.request("PUT", url, json=body, headers=TOKEN) as answer:
            statuses.append(answer.status)
    assert statuses == [201, 503, 503, 200]
    assert [one.status for one in arm.seen] == statuses
    arm.throttle(part="$top=1", retry_after=0)
    assert (await call("GET", path)).status == 200
    throttled = await call("GET", f"{ACCOUNT}/partners", top="1")
    assert (throttled.status, throttled.headers["Retry-After"]) == (429, "0")


@pytest.mark.parametrize("carried_out", [False, True])
async def test_a_connection_is_cut_before_or_after(
    arm: Arm, call: Calls, carried_out: bool
) -> None:
    # aiohttp's client sends what may be repeated once more, by itself.
    arm.fault(method="PUT", cut="no answer", carried_out=carried_out, times=2)
    with pytest.raises(aiohttp.ClientError):
        await call("PUT", f"{ACCOUNT}/partners/Fabrikam", {"properties": PARTNER})
    assert {one.status for one in arm.seen} == {0}
    shown = await call("GET", f"{ACCOUNT}/partners/Fabrikam")
    assert shown.status == (200 if carried_out else 404)


async def test_a_download_is_cut_in_the_middle(arm: Arm, call: Calls) -> None:
    arm.load([a_schema("Order")])
    link = (await call("GET", f"{ACCOUNT}/schemas/Order")).body["properties"]["contentLink"]
    arm.fault(part="/content/", cut="middle")
    with pytest.raises(aiohttp.ClientPayloadError):
        await call.content(link["uri"])
    assert await call.content(link["uri"]) == (200, SCHEMA.encode())


async def test_meanwhile_something_else_happens(arm: Arm, call: Calls) -> None:
    arm.fault(meanwhile=lambda: arm.load([a_partner("Late")]), headers={"x-late": "yes"})
    page = await call("GET", f"{ACCOUNT}/partners")
    assert [one["name"] for one in page.body["value"]] == ["Late"]
    assert page.headers["x-late"] == "yes"


async def test_requests_at_the_same_time(arm: Arm, call: Calls) -> None:
    paths = [f"{ACCOUNT}/partners/p{n}" for n in range(20)]
    await asyncio.gather(*(call("PUT", path, {"properties": PARTNER}) for path in paths))
    listed = await call("GET", f"{ACCOUNT}/partners")
    assert len(listed.body["value"]) == 20
    assert "Bearer" not in json.dumps([dict(one.headers) for one in arm.seen])


async def test_somebody_else_changes_it(arm: Arm, call: Calls) -> None:
    for content in ("1", "2"):
        arm.session(ACCOUNT, "Contoso-Fabrikam-ICN", content)
        shown = await call("GET", f"{ACCOUNT}/sessions/contoso-fabrikam-icn")
        assert shown.body["properties"]["content"] == content
        assert shown.body["name"] == "Contoso-Fabrikam-ICN"
    arm.lose(ACCOUNT)
    assert (await call("GET", f"{ACCOUNT}/sessions")).code == "ResourceNotFound"
