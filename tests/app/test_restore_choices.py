"""What can be chosen at a restore, through HTTP: settings, and how control numbers go on."""

import asyncio
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.services.documents import SERVICE, open_document
from tests.support.api import Api, nobodys, unique, x12_document
from tests.support.deployed import Deployed

PASSWORD = 'Right;Horse"9'
SETTINGS = {
    "accessControl": {"namespace": "acs", "key": "first-key"},
    "trackingDatabase": {
        "server": "old.example.com",
        "name": "tracking",
        "login": "app",
        "password": "old-password-1",
    },
    "monitoringStore": {"connectionString": "old-connection"},
    "region": "West Europe",
}


async def backed_up(api: Api, **settings: Any) -> tuple[str, str]:
    """A service that was backed up, and the backup."""
    name = await api.service(edition="Standard", **{**SETTINGS, **settings})
    return name, await api.backup(name)


async def planned(api: Api, container: str, **more: Any) -> Any:
    body = {"backup": {"storageAccount": "offsite", "container": container}, **more}
    plan = await api.post("restores?validateOnly=true", body)
    assert plan.status == 200, plan.body
    return plan.body


async def restored(api: Api, container: str, **more: Any) -> Any:
    body = {"backup": {"storageAccount": "offsite", "container": container}, **more}
    return await api.succeeded(await api.post("restores", body))


async def settings_of(deployed: Deployed, name: str) -> Any:
    """The stored settings, secrets in the clear."""
    app = Installation(deployed.read())
    service = (await app.services.require(name)).service
    stored = await app.configuration.settings(service.id)
    assert stored is not None
    opened = open_document(await app.keys.data_key(service.id), SERVICE, SERVICE, stored.document)
    await app.close()
    return opened


async def test_every_choice_is_heeded_and_the_rest_is_the_backups(
    api: Api, deployed: Deployed
) -> None:
    _, container = await backed_up(api)
    name = unique("chosen")
    service = {
        "name": name,
        "edition": "Premium",
        "unitCount": 2,
        "region": "North Europe",
        "domainUrl": "https://b2b.example.com",
        "archivingStore": {"storageAccount": "offsite"},
        "accessControl": {"key": "second-key"},
        "trackingDatabase": {"server": "new.example.com", "password": PASSWORD},
    }
    plan = await planned(api, container, service=service)
    assert plan["errors"] == []
    origins = plan["origins"]
    assert {m for m, o in origins.items() if o == "request"} == {
        "name",
        "edition",
        "unitCount",
        "region",
        "domainUrl",
        "archivingStore",
        "accessControl.key",
        "trackingDatabase.server",
        "trackingDatabase.password",
    }
    assert {m for m, o in origins.items() if o == "backup"} == {
        "monitoringStore",
        "accessControl.namespace",
        "trackingDatabase.name",
        "trackingDatabase.login",
    }, "of what the service has: there is no certificate"
    ended = await restored(api, container, service=service)
    assert ended["result"]["beforeResuming"] == plan["beforeResuming"] != []
    record = await api.get(f"restores/{name}.{ended['id']}")
    assert record.body["request"]["service"]["accessControl"]["key"] == "********"
    assert b"second-key" not in record.content
    shown = (await api.get(f"services/{name}")).body
    assert (shown["state"], shown["edition"], shown["unitCount"]) == ("Suspended", "Premium", 2)
    assert shown["trackingDatabase"]["connectionString"] == "********"
    opened = await settings_of(deployed, name)
    assert opened["accessControl"] == {"namespace": "acs", "key": "second-key"}
    assert opened["archivingStore"] == {"storageAccount": "offsite"}
    assert opened["monitoringStore"] == {"connectionString": "old-connection"}
    assert opened["trackingDatabase"] == {
        "server": "new.example.com",
        "name": "tracking",
        "login": "app",
        "password": PASSWORD,
        "connectionString": "Server=new.example.com,1433;Database=tracking;User ID=app;"
        'Password="Right;Horse""9";Encrypt=True',
    }
    kept = await api.put(
        f"services/{name}",
        {
            "edition": "Premium",
            "unitCount": 2,
            "trackingDatabase": shown["trackingDatabase"],
        },
    )
    assert kept.status == 200, kept.body
    assert (await settings_of(deployed, name))["trackingDatabase"] == opened["trackingDatabase"]


async def test_a_new_tracking_database_needs_a_name_of_its_own(api: Api) -> None:
    _, container = await backed_up(api)
    advanced = {"edition": "Business", "maxSizeGB": 10, "collation": "Latin1_General_CI_AS"}
    for name, wrong in ((None, ["/service/trackingDatabase/name"]), ("fresh", [])):
        database = {"advanced": advanced, **({"name": name} if name else {})}
        service = {"name": unique("fresh"), "trackingDatabase": database}
        plan = await planned(api, container, service=service)
        assert [error["target"] for error in plan["errors"]] == wrong


async def numbered(api: Api, **envelope: Any) -> tuple[str, str]:
    """A service that was backed up after five numbers, issued three more, and is gone."""
    name = await api.service()
    await api.agreement(name, "A", x12_document(**envelope))
    for _ in range(5):
        await api.allocate(name, "A")
    container = await api.backup(name)
    for _ in range(3):
        await api.allocate(name, "A")
    await api.succeeded(await api.delete(f"services/{name}"))
    return name, container


@pytest.mark.parametrize(
    ("numbers", "following", "again"),
    [
        ({"policy": "continue"}, 9, 0),
        ({"policy": "asBackedUp"}, 6, 3),
        ({"policy": "advance", "by": 100}, 109, 0),
    ],
    ids=lambda value: value["policy"] if isinstance(value, dict) else None,
)
async def test_control_numbers_go_on_as_chosen(
    api: Api, numbers: Any, following: int, again: int
) -> None:
    name, container = await numbered(api)
    plan = (await planned(api, container, controlNumbers=numbers))["controlNumbers"]
    assert plan["policy"] == numbers["policy"]
    assert (plan["counters"], plan["ahead"], plan["unknown"]) == (1, 1, 0)
    assert plan["issuedAgain"] == again
    assert plan["exposures"] == [
        {
            "agreement": "A",
            "kind": "interchange",
            "backedUp": 6,
            "known": 9,
            "next": following,
            "issuedAgain": again,
        }
    ]
    await restored(api, container, controlNumbers=numbers)
    await api.post(f"services/{name}/resume")
    assert await api.allocate(name, "A") == following


async def test_a_restore_that_set_numbers_back_does_not_forget_them(api: Api) -> None:
    """It was never resumed, or issued little: the next restore goes on behind all of them."""
    name, container = await numbered(api)
    for issues in (0, 1):
        await restored(api, container, controlNumbers={"policy": "asBackedUp"})
        if issues:
            await api.post(f"services/{name}/resume")
            assert await api.allocate(name, "A") == 6
        await api.succeeded(await api.delete(f"services/{name}"))
        plan = (await planned(api, container))["controlNumbers"]
        assert (plan["exposures"][0]["next"], plan["issuedAgain"]) == (9, 0)
    again = await planned(api, container, controlNumbers={"policy": "asBackedUp"})
    assert again["controlNumbers"]["issuedAgain"] == 3
    await restored(api, container)
    await api.post(f"services/{name}/resume")
    assert await api.allocate(name, "A") == 9


async def test_what_was_issued_over_a_rollover_may_come_twice(api: Api) -> None:
    name = await api.service()
    bounds = {"interchangeControlNumberUpperBound": 6}
    await api.agreement(name, "A", x12_document(**bounds))
    for _ in range(4):
        await api.allocate(name, "A")
    container = await api.backup(name)
    assert [await api.allocate(name, "A") for _ in range(5)] == [5, 6, 1, 2, 3]
    await api.succeeded(await api.delete(f"services/{name}"))
    back = {"policy": "asBackedUp"}
    plan = (await planned(api, container, controlNumbers=back))["controlNumbers"]
    assert (plan["issuedAgain"], plan["unknown"], plan["exhausted"]) == (5, 0, 0)
    [exposure] = plan["exposures"]
    assert (exposure["backedUp"], exposure["known"], exposure["next"]) == (5, 4, 5)
    await restored(api, container, controlNumbers=back)
    await api.post(f"services/{name}/resume")
    assert [await api.allocate(name, "A") for _ in range(5)] == [5, 6, 1, 2, 3]


async def test_a_kind_that_was_first_used_after_the_backup_is_told(api: Api) -> None:
    """The backup has no counter of it: set back, it would begin anew."""
    name = await api.service()
    await api.agreement(name, "A", x12_document(groupControlNumberLowerBound=7))
    container = await api.backup(name)
    for _ in range(2):
        await api.allocate(name, "A", "group")
    await api.succeeded(await api.delete(f"services/{name}"))
    told = {"agreement": "A", "kind": "group", "backedUp": 7, "known": 9}
    for policy, following, again in (("continue", 9, 0), ("asBackedUp", 7, 2)):
        numbers = {"policy": policy}
        plan = (await planned(api, container, controlNumbers=numbers))["controlNumbers"]
        assert plan["exposures"] == [{**told, "next": following, "issuedAgain": again}]
    await restored(api, container, controlNumbers=numbers)
    await api.post(f"services/{name}/resume")
    assert await api.allocate(name, "A", "group") == 7


async def test_the_next_number_is_the_one_that_will_be_issued(api: Api) -> None:
    """At the end of what rolls over, below a bound that was raised, and where none is left."""
    name = await api.service()
    six = {"interchangeControlNumberUpperBound": 6, "groupControlNumberUpperBound": 6}
    await api.agreement(name, "A", x12_document(**six, rolloverGroupControlNumber=False))
    await api.agreement(name, "Raised", nobodys(x12_document()))
    for agreement, kind in (("A", "interchange"), ("A", "group"), ("Raised", "interchange")):
        for _ in range(6):
            await api.allocate(name, agreement, kind)
    raised = x12_document(interchangeControlNumberLowerBound=100)
    await api.agreement(name, "Raised", nobodys(raised))
    container = await api.backup(name)
    target = unique("other")
    plan = (await planned(api, container))["controlNumbers"]
    assert (plan["counters"], plan["exhausted"]) == (3, 1)
    [exposure] = plan["exposures"]
    assert (exposure["kind"], exposure["backedUp"], exposure["known"]) == ("group", 7, 7)
    assert "next" not in exposure
    # Beyond the backup's bounds, once they were raised and numbers were issued behind them.
    wide = x12_document(groupControlNumberUpperBound=50, interchangeControlNumberUpperBound=50)
    await api.agreement(name, "A", wide)
    for kind in ("interchange", "group"):
        await api.allocate(name, "A", kind)
    await api.allocate(name, "Raised")
    answer = await planned(api, container, service={"name": target})
    shown = {
        (e["agreement"], e["kind"]): e.get("next") for e in answer["controlNumbers"]["exposures"]
    }
    assert shown == {
        ("A", "group"): None,
        ("A", "interchange"): None,
        ("Raised", "interchange"): 101,
    }
    [warning] = [w for w in answer["warnings"] if w["code"] == "NumbersExhausted"]
    assert warning["message"].startswith("2 counters")
    assert any("Raise the upper bound" in step for step in answer["beforeResuming"])
    await restored(api, container, service={"name": target})
    await api.post(f"services/{target}/resume")
    path = f"services/{target}/control-numbers/A/allocate"
    for kind in ("interchange", "group"):
        assert (await api.post(path, {"kind": kind})).code == "ControlNumbersExhausted"
    assert await api.allocate(target, "Raised") == 101


async def test_numbers_that_cannot_be_moved_on(api: Api) -> None:
    bounds = {
        "interchangeControlNumberUpperBound": 20,
        "rolloverInterchangeControlNumber": False,
    }
    name, container = await numbered(api, **bounds)
    numbers = {"policy": "advance", "by": 50}
    plan = await planned(api, container, controlNumbers=numbers)
    [error] = plan["errors"]
    assert (error["code"], error["target"]) == ("ControlNumbersExhausted", "/controlNumbers/by")
    assert "Agreement 'A'" in error["message"]
    body = {
        "backup": {"storageAccount": "offsite", "container": container},
        "controlNumbers": numbers,
    }
    refused = await api.post("restores", body)
    assert refused.code == "ControlNumbersExhausted"
    assert (await api.get(f"services/{name}")).code == "ServiceNotFound"


async def test_a_service_whose_ledger_is_unknown_says_so(api: Api) -> None:
    """As after a disaster: another name, and a ledger that never heard of the agreement."""
    name, container = await numbered(api)
    plan = await planned(api, container, service={"name": unique("other")})
    assert plan["controlNumbers"]["unknown"] == 0, "the ledger of the backed-up name counts"
    assert plan["controlNumbers"]["since"]
    codes = [warning["code"] for warning in plan["warnings"]]
    assert {"AfterTheBackup", "ScheduleNotIncluded"} <= set(codes)
    assert any(name in step for step in plan["beforeResuming"])


async def test_the_same_request_twice_at_once_is_one_restore(api: Api) -> None:
    container = await api.backup(await api.service())
    for number in range(3):
        body = {
            "backup": {"storageAccount": "offsite", "container": container},
            "service": {
                "name": unique("twice"),
                "accessControl": {"namespace": "n", "key": "acs-secret"},
            },
        }
        headers = {"Operation-Id": unique(f"twice-{number}")}
        sent = await asyncio.gather(
            *(api.post("restores", body, headers=headers) for _ in range(4))
        )
        assert {reply.status for reply in sent} == {202}, [reply.body for reply in sent]
        assert len({reply.headers["Operation-Location"] for reply in sent}) == 1
        await api.succeeded(sent[0])
        other = {**body, "service": {**body["service"], "accessControl": {"key": "another"}}}
        assert (await api.post("restores", other, headers=headers)).code == "OperationIdInUse"
