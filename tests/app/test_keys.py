"""Key rotation and deep health through HTTP."""

from datetime import UTC, datetime, timedelta

from tests.support.api import Api, unique


async def test_a_rotation_is_an_operation_of_no_one_service(api: Api) -> None:
    await api.service(accessControl={"namespace": "acs", "key": "rotated-secret"})
    headers = {"Operation-Id": unique("rotate")}
    started = await api.post("keys/rotate", headers=headers)
    assert started.status == 202, started.body
    assert started.headers["Operation-Location"].endswith(f"/api/operations/{started.body['id']}")
    assert "service" not in started.body
    ended = await api.succeeded(started)
    assert ended["operation"] == "RotateKeys"
    assert ended["result"]["services"] >= 1
    assert ended["result"]["failed"] == 0
    again = await api.post("keys/rotate", headers=headers)
    assert (again.status, again.body["id"]) == (202, started.body["id"])


async def test_an_operation_that_is_not_there(api: Api) -> None:
    missing = await api.get("operations/none-such")
    assert (missing.status, missing.code) == (404, "OperationNotFound")


async def test_deep_health_asks_all_that_an_operation_needs(api: Api) -> None:
    health = await api.get("health/deep")
    assert health.status == 200, health.body
    assert {check["name"]: check["status"] for check in health.body["checks"]} == {
        "stateTables": "ok",
        "queue": "ok",
        "storageAccount/default": "ok",
        "storageAccount/offsite": "ok",
        "wrappingKey": "ok",
        "sealKey": "ok",
    }
    assert (await api.get("health/deep", key="")).status == 401


async def test_deep_health_says_of_each_check_when_it_was_and_how_long_it_took(api: Api) -> None:
    await api.service()
    began = datetime.now(UTC) - timedelta(seconds=1)
    report = (await api.get("health/deep")).body
    keys = report["keys"]
    timed = [*report["checks"], keys, *keys["neededByServices"], report["leftBehind"]]
    assert len(timed) >= 9
    for one in timed:
        assert began <= datetime.fromisoformat(one["checkedAt"]) <= datetime.now(UTC), one
        assert 0 <= one["milliseconds"] < 60_000, one
    # Tables and accounts are asked over a network: none of these is a constant.
    assert any(one["milliseconds"] for one in report["checks"])
