"""Moving control numbers on through HTTP: the plan, what it does, what refuses it, asked again."""

import asyncio
from typing import Any

import pytest

from tests.app.test_change_log import updates
from tests.support.api import Api, api_of, nobodys, unique, x12_document
from tests.support.deployed import Deployed

KINDS = ("interchange", "group", "transactionSet", "acknowledgement")


async def counters(api: Api, service: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Of each kind of each agreement, the next number and the last."""
    listed = (await api.get(f"services/{service}/control-numbers")).body["value"]
    return {
        (one["agreement"], kind): (counter["next"], counter["last"])
        for one in listed
        for kind, counter in one["counters"].items()
    }


async def two(api: Api) -> str:
    """A service whose agreement A issued three interchange numbers, and B nothing."""
    service = await api.service()
    await api.agreement(service, "A")
    await api.agreement(service, "B", nobodys(x12_document(groupControlNumberLowerBound=50)))
    path = f"services/{service}/control-numbers/A/allocate"
    await api.post(path, {"kind": "interchange", "count": 3})
    return service


def ending(upper: int) -> Any:
    """An agreement whose interchange numbers end."""
    envelope: dict[str, Any] = {"interchangeControlNumberUpperBound": upper}
    return nobodys(x12_document(**envelope, rolloverInterchangeControlNumber=False))


async def test_all_kinds_of_all_agreements_are_moved_on(api: Api) -> None:
    service = await two(api)
    path = f"services/{service}/control-numbers/advance"
    before = await counters(api, service)
    planned = await api.post(f"{path}?validateOnly=true", {"by": 500})
    assert planned.status == 200, planned.body
    assert {name: planned.body[name] for name in ("agreements", "counters", "more", "errors")} == {
        "agreements": 2,
        "counters": 8,
        "more": 0,
        "errors": [],
    }
    moves = {(m["agreement"], m["kind"]): m for m in planned.body["moves"]}
    assert (moves["A", "interchange"]["nextBefore"], moves["A", "interchange"]["nextAfter"]) == (
        4,
        504,
    )
    assert (moves["B", "group"]["nextBefore"], moves["B", "group"]["nextAfter"]) == (50, 550)
    assert await counters(api, service) == before, "a plan writes nothing"
    changes = {one["parameters"]["change"] for one in await updates(api, service)}
    assert "AdvanceControlNumbers" not in changes, "and leaves no record"
    done = await api.post(path, {"by": 500})
    assert (done.status, done.body) == (200, planned.body)
    after = await counters(api, service)
    for key, move in moves.items():
        assert after[key] == (move["nextAfter"], move["nextAfter"] - 1)
    assert await api.allocate(service, "A") == 504
    assert await api.allocate(service, "B", "group") == 550
    record = (await updates(api, service))[-1]
    assert (record["status"], record["result"]) == ("Succeeded", {"agreements": 2, "counters": 8})
    said = record["parameters"]
    assert (said["change"], said["request"]) == ("AdvanceControlNumbers", {"by": 500})
    assert said["plan"] == planned.body


async def test_what_was_moved_on_goes_back_only_where_reuse_is_asked(api: Api) -> None:
    service = await two(api)
    await api.post(f"services/{service}/control-numbers/advance", {"by": 500})
    path = f"services/{service}/control-numbers/A"
    back = await api.put(path, {"kind": "interchange", "next": 4})
    assert back.code == "ControlNumberIssued"


async def test_some_agreements_are_moved_on_each_by_its_own(api: Api) -> None:
    service = await two(api)
    before = await counters(api, service)
    wanted = [
        {"name": "a", "by": 10, "kinds": ["interchange", "group"]},
        {"name": "B", "by": 20},
    ]
    path = f"services/{service}/control-numbers/advance"
    done = await api.post(path, {"agreements": wanted})
    assert (done.body["agreements"], done.body["counters"]) == (2, 6)
    assert {(m["agreement"], m["kind"]) for m in done.body["moves"]} == {
        ("A", "interchange"),
        ("A", "group"),
        *(("B", kind) for kind in KINDS),
    }
    after = await counters(api, service)
    assert after["A", "interchange"] == (14, 13)
    assert after["A", "transactionSet"] == before["A", "transactionSet"]
    assert after["B", "group"] == (70, 69)


async def test_numbers_roll_over_on_the_way_and_stop_at_a_third_of_their_bounds(api: Api) -> None:
    service = await api.service()
    small = x12_document(
        interchangeControlNumberLowerBound=1, interchangeControlNumberUpperBound=12
    )
    await api.agreement(service, "A", small)
    for _ in range(9):
        await api.allocate(service, "A")
    for by, before, after, rollovers in ((4, 10, 2, 1), (12, 2, 6, 0)):
        body = {"agreements": [{"name": "A", "by": by, "kinds": ["interchange"]}]}
        done = await api.post(f"services/{service}/control-numbers/advance", body)
        [move] = done.body["moves"]
        found = (move["nextBefore"], move["nextAfter"], move["rollovers"])
        assert found == (before, after, rollovers)
    assert await api.allocate(service, "A") == 6


async def test_anything_wrong_refuses_the_whole_and_all_of_it_is_told(api: Api) -> None:
    service = await two(api)
    await api.agreement(service, "ending", ending(5))
    await api.agreement(service, "over", ending(1))
    await api.allocate(service, "over")
    await api.agreement(service, "as2", {"agreementType": "AS2", "content": {"aS2": {}}})
    before = await counters(api, service)
    path = f"services/{service}/control-numbers/advance"
    named = [
        {"name": "A", "by": 5},
        {"name": "none", "by": 5},
        {"name": "ending", "by": 5},
        {"name": "over", "by": 1, "kinds": ["interchange"]},
        {"name": "as2", "by": 5},
    ]
    planned = await api.post(f"{path}?validateOnly=true", {"agreements": named})
    assert planned.status == 200
    assert [(one["code"], one["target"]) for one in planned.body["errors"]] == [
        ("AgreementNotFound", "/agreements/1/name"),
        ("InvalidRequest", "/agreements/4/name"),
        ("ControlNumbersExhausted", "/agreements/2/by"),
        ("ControlNumbersExhausted", "/agreements/3/by"),
    ]
    assert planned.body["agreements"] == 1, "what would be moved on, were it not for the errors"
    refused = await api.post(path, {"agreements": named})
    assert (refused.status, refused.code) == (404, "AgreementNotFound")
    details = refused.body["error"]["details"]
    assert [(one["code"], one["target"]) for one in details] == [
        (one["code"], one["target"]) for one in planned.body["errors"]
    ]
    all_of_them = await api.post(path, {"by": 5})
    assert (all_of_them.status, all_of_them.code) == (409, "ControlNumbersExhausted")
    assert {one["target"] for one in all_of_them.body["error"]["details"]} == {"/by"}
    assert await counters(api, service) == before
    changes = {one["parameters"]["change"] for one in await updates(api, service)}
    assert "AdvanceControlNumbers" not in changes
    only = await api.post(path, {"agreements": named[:1]})
    assert only.status == 200


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({}, ""),
        ({"by": 5, "agreements": [{"name": "A", "by": 5}]}, ""),
        ({"by": 0}, "/by"),
        ({"by": 1_000_000_000}, "/by"),
        ({"by": "5"}, "/by"),
        ({"by": 5, "kinds": ["group"]}, "/kinds"),
        ({"agreements": []}, "/agreements"),
        ({"agreements": [{"name": "A"}]}, "/agreements/0/by"),
        ({"agreements": [{"name": "A", "by": 5, "kinds": []}]}, "/agreements/0/kinds"),
        ({"agreements": [{"name": "A", "by": 5, "kinds": ["group"] * 2}]}, "/agreements/0"),
        ({"agreements": [{"name": "A", "by": 1}] * 1001}, "/agreements"),
    ],
)
async def test_requests_that_are_not_valid(api: Api, body: Any, target: str) -> None:
    service = await api.once("two", lambda: two(api))
    refused = await api.post(f"services/{service}/control-numbers/advance", body)
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert refused.body["error"]["details"][0]["target"] == target


async def test_an_agreement_that_comes_twice_however_it_is_spelled(api: Api) -> None:
    service = await api.once("two", lambda: two(api))
    twice = {"agreements": [{"name": "A", "by": 1}, {"name": "a", "by": 2}]}
    refused = await api.post(f"services/{service}/control-numbers/advance", twice)
    assert (refused.code, refused.body["error"]["target"]) == (
        "InvalidRequest",
        "/agreements/1/name",
    )


async def test_the_same_request_is_done_once(api: Api) -> None:
    service = await two(api)
    path = f"services/{service}/control-numbers/advance"
    headers = {"Operation-Id": unique("advance")}
    first = await api.post(path, {"by": 500}, headers=headers)
    assert await api.allocate(service, "A") == 504
    again = await api.post(path, {"by": 500}, headers=headers)
    assert (again.status, again.body) == (200, first.body)
    assert await api.allocate(service, "A") == 505
    other = await api.post(path, {"by": 501}, headers=headers)
    assert (other.status, other.code) == (400, "OperationIdInUse")
    new = await api.post(path, {"by": 500})
    assert new.status == 200
    assert await api.allocate(service, "A") == 1006
    log = [one["parameters"]["change"] for one in await updates(api, service)]
    assert log.count("AdvanceControlNumbers") == 2


async def test_a_repeated_request_tells_all_that_the_first_did(api: Api) -> None:
    """The record in the log is shorter."""
    service = await api.service(edition="Premium", unitCount=8)
    document = nobodys(x12_document())
    items = [
        {"section": "agreements", "name": f"A{number:03}", "document": document}
        for number in range(300)
    ]
    imported = await api.post(f"services/{service}/import", {"artifacts": items})
    assert imported.status == 200, imported.body
    path = f"services/{service}/control-numbers/advance"
    headers = {"Operation-Id": unique("advance")}
    first = await api.post(path, {"by": 5}, headers=headers)
    assert (len(first.body["moves"]), first.body["more"], first.body["counters"]) == (
        1000,
        200,
        1200,
    )
    assert (await api.post(path, {"by": 5}, headers=headers)).body == first.body
    record = (await updates(api, service))[-1]
    plan = record["parameters"]["plan"]
    assert (len(plan["moves"]), plan["more"]) == (100, 1100)
    assert set((await counters(api, service)).values()) == {(6, 5)}


async def test_the_states_that_take_it(api: Api) -> None:
    service = await two(api)
    path = f"services/{service}/control-numbers/advance"
    for move in ("stop", "start", "suspend"):
        assert (await api.post(f"services/{service}/{move}")).status == 200
        assert (await api.post(path, {"by": 1})).status == 200, move
    headers = {"Operation-Id": unique("advance")}
    assert (await api.post(path, {"by": 1}, headers=headers)).status == 200
    await api.post(f"services/{service}/disable")
    for query in ("", "?validateOnly=true"):
        refused = await api.post(f"{path}{query}", {"by": 1})
        assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    again = await api.post(path, {"by": 1}, headers=headers)
    assert again.status == 200, "what was done is told in any state"


async def test_an_agreement_may_be_called_advance(api: Api) -> None:
    """Its own routes have other methods, or are longer."""
    service = await api.service()
    await api.agreement(service, "advance")
    path = f"services/{service}/control-numbers/advance"
    assert await api.allocate(service, "advance") == 1
    assert (await api.put(path, {"kind": "interchange", "next": 7})).status == 200
    assert (await api.post(path, {"by": 3})).status == 200
    assert (await api.get(path)).body["counters"]["interchange"]["next"] == 10


async def test_a_restored_service_moves_on_before_anybody_has_its_rows(api: Api) -> None:
    """Behind what the ledger knows of all names; the rows are nobody's until then."""
    service, copy = await two(api), unique("copy")
    await api.restore(await api.backup(service), name=copy)
    assert await api.allocate(service, "A") == 4
    path = f"services/{copy}/control-numbers/advance"
    planned = await api.post(f"{path}?validateOnly=true", {"by": 500})
    done = await api.post(path, {"by": 500})
    assert done.body == planned.body
    moves = {(m["agreement"], m["kind"]): m for m in done.body["moves"]}
    assert (moves["A", "interchange"]["nextBefore"], moves["A", "interchange"]["nextAfter"]) == (
        5,
        505,
    )
    await api.post(f"services/{copy}/resume")
    assert await api.allocate(copy, "A") == 505
    assert await api.allocate(service, "A") == 506, "the same stream"


async def test_what_a_restore_set_back_moves_on_behind_all_of_it(api: Api) -> None:
    service, copy = await two(api), unique("copy")
    backup = await api.backup(service)
    for _ in range(4):
        await api.allocate(service, "A")
    body = {
        "backup": {"storageAccount": "offsite", "container": backup},
        "service": {"name": copy},
        "controlNumbers": {"policy": "asBackedUp"},
    }
    await api.succeeded(await api.post("restores", body))
    await api.post(f"services/{copy}/resume")
    assert await api.allocate(copy, "A") == 4, "once more, as was asked"
    wanted = {"agreements": [{"name": "A", "by": 100, "kinds": ["interchange"]}]}
    done = await api.post(f"services/{copy}/control-numbers/advance", wanted)
    [move] = done.body["moves"]
    assert (move["nextBefore"], move["nextAfter"]) == (5, 108)
    assert await api.allocate(copy, "A") == 108


async def test_two_hosts_that_are_asked_at_once_do_it_once(api: Api, deployed: Deployed) -> None:
    """With numbers drawn all the while: they come on top, and none comes twice."""
    service = await two(api)
    path = f"services/{service}/control-numbers/advance"
    other = deployed.host()
    other.start()
    issued: list[int] = []
    stop = asyncio.Event()

    async def draw(one: Api) -> None:
        while not stop.is_set():
            issued.append(await one.allocate(service, "A"))

    async def ask(one: Api, operation: str) -> Any:
        for _ in range(1200):
            reply = await one.post(path, {"by": 1000}, headers={"Operation-Id": operation})
            if reply.status == 200:
                return reply.body
            assert reply.code == "OperationInProgress", reply.body
            await asyncio.sleep(0.05)
        raise AssertionError("never answered")

    try:
        async with api_of(other.base_url, other.keys.host) as second:
            drawing = asyncio.gather(*(draw(one) for one in (api, second) for _ in range(2)))
            for _ in range(3):
                operation = unique("advance")
                said = await asyncio.gather(
                    *(ask(one, operation) for one in (api, second) for _ in range(3))
                )
                assert all(one == said[0] for one in said)
            stop.set()
            await drawing
    finally:
        other.stop()
    after = await counters(api, service)
    assert after["B", "interchange"] == (3001, 3000)
    assert len(set(issued)) == len(issued)
    assert after["A", "interchange"][0] == 4 + 3000 + len(issued)
