"""Restores of a part, with values replaced, and with the sources of bridges stopped."""

import asyncio
import secrets
from collections import Counter
from typing import Any

import pytest
from azure.data.tables import TableClient

from tests.support.api import Api, nobodys, partner_document, unique, x12_document
from tests.support.deployed import Deployed

BRIDGE = {
    "source": {"type": "FTP", "address": "ftp://old.example.com", "password": "ftp-secret"},
    "stages": [{"transform": "Map"}],
    "destinations": [{"type": "Queue", "queue": "orders", "connectionString": "old-queue"}],
}


async def filled(api: Api) -> str:
    """A service in which one thing names another, and its numbers."""
    name = await api.service(edition="Standard")
    await api.agreement(name, "A")
    await api.put(
        f"services/{name}/artifacts/partners/Alone", {"document": partner_document("Alone")}
    )
    for section, artifact, document in (
        ("schemas", "Order", {}),
        ("schemas", "Unused", {}),
        ("transforms", "Map", {"sourceSchema": "Order"}),
        ("bridges", "B", BRIDGE),
    ):
        path = f"services/{name}/artifacts/{section}/{artifact}"
        put = await api.put(path, {"document": document})
        assert put.status == 201, put.body
    for artifact in ("Order", "Unused"):
        path = f"services/{name}/artifacts/schemas/{artifact}/content"
        assert (await api.put(path, data=artifact.encode())).status == 201
    await api.agreement(name, "Lone", nobodys(x12_document()))
    for _ in range(3):
        await api.allocate(name, "A")
    for agreement, message in (("A", "m/1"), ("a", "m/2"), ("Lone", "m/3")):
        mic = {
            "messageId": message,
            "mic": "q83v",
            "algorithm": "SHA1",
            "as2From": "f",
            "as2To": "t",
        }
        assert (await api.put(f"services/{name}/mic-values/{agreement}", mic)).status == 201
    return name


async def backed_up(api: Api) -> tuple[str, str]:
    """Such a service, which no test changes, and a backup of it."""

    async def making() -> tuple[str, str]:
        name = await filled(api)
        return name, await api.backup(name)

    made: tuple[str, str] = await api.once("restore parts", making)
    return made


async def artifacts(api: Api, service: str) -> dict[str, Any]:
    """Every artifact's document, by section and name."""
    found = {}
    for section in ("agreements", "bridges", "partners", "schemas", "transforms"):
        page = await api.get(f"services/{service}/artifacts/{section}?top=1000")
        found |= {f"{section}/{a['name']}": a["document"] for a in page.body["value"]}
    return found


async def plan(api: Api, container: str, **more: Any) -> Any:
    body = {"backup": {"storageAccount": "offsite", "container": container}, **more}
    planned = await api.post("restores?validateOnly=true", body)
    assert planned.status == 200, planned.body
    return planned.body


async def restored(api: Api, container: str, **more: Any) -> str:
    name = unique("part")
    body = {
        "backup": {"storageAccount": "offsite", "container": container},
        "service": {"name": name},
        **more,
    }
    await api.succeeded(await api.post("restores", body))
    return name


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (
            {"include": [{"section": "agreements", "name": "a"}]},
            {"agreements/A", "partners/Northwind", "partners/Fabrikam"},
        ),
        (
            {"include": [{"section": "bridges"}]},
            {"bridges/B", "transforms/Map", "schemas/Order"},
        ),
        (
            {
                "include": [{"section": "schemas"}],
                "exclude": [{"section": "schemas", "name": "Unused"}],
            },
            {"schemas/Order"},
        ),
        (
            {"exclude": [{"section": "agreements"}, {"section": "partners"}]},
            {"bridges/B", "transforms/Map", "schemas/Order", "schemas/Unused"},
        ),
    ],
    ids=["agreement", "section", "both", "exclude"],
)
async def test_a_part_comes_with_all_that_it_names(
    api: Api, choice: Any, expected: set[str]
) -> None:
    _, container = await backed_up(api)
    planned = await plan(api, container, service={"name": unique("part")}, **choice)
    assert (planned["errors"], planned["partial"]) == ([], True)
    sections = Counter(item.partition("/")[0] for item in expected)
    sections |= {"service": 1, "content": sections["schemas"]}
    sections |= {"control-numbers": 1, "mic-values": 2} if "agreements/A" in expected else {}
    assert planned["sections"] == +sections
    name = await restored(api, container, **choice)
    found = await artifacts(api, name)
    assert found.keys() == expected
    await api.post(f"services/{name}/resume")
    numbers = await api.get(f"services/{name}/control-numbers")
    assert [one["agreement"] for one in numbers.body["value"]] == (
        ["A"] if "agreements/A" in expected else []
    )
    if "agreements/A" in expected:
        assert await api.allocate(name, "A") == 4
    for artifact in ("Order", "Unused"):
        if f"schemas/{artifact}" in expected:
            content = await api.get(f"services/{name}/artifacts/schemas/{artifact}/content")
            assert content.content == artifact.encode()


async def test_what_is_still_named_cannot_be_left_out(api: Api) -> None:
    _, container = await backed_up(api)
    choice = {
        "service": {"name": unique("part")},
        "exclude": [
            {"section": "schemas", "name": "Order"},
            {"section": "partners", "name": "Nobody"},
        ],
    }
    planned = await plan(api, container, **choice)
    assert [(e["code"], e["target"]) for e in planned["errors"]] == [
        ("ArtifactNotFound", "/exclude/1"),
        ("DanglingReference", "/exclude"),
    ]
    body = {"backup": {"storageAccount": "offsite", "container": container}, **choice}
    refused = await api.post("restores", body)
    assert refused.code == "ArtifactNotFound"
    assert [d["code"] for d in refused.body["error"]["details"]] == [
        "ArtifactNotFound",
        "DanglingReference",
    ]


REPLACE = [
    {"section": "bridges", "name": "b", "pointer": "/source/address", "value": "ftp://new"},
    {"section": "bridges", "name": "B", "pointer": "/source/password", "value": "new-secret"},
    {"section": "bridges", "name": "B", "pointer": "/destinations/0/queue", "value": "orders-2"},
]


async def test_sources_that_two_living_services_would_ask_are_named(api: Api) -> None:
    name = await filled(api)
    container = await api.backup(name)
    wanted = {"name": unique("part")}
    [source] = (await plan(api, container, service=wanted))["sources"]
    assert (source["bridge"], source["type"], source["alsoPolledBy"]) == ("B", "FTP", name)
    bridge = (await artifacts(api, name))["bridges/B"]
    bridge["source"]["address"] = "ftp://moved.example.com"
    await api.put(f"services/{name}/artifacts/bridges/B", {"document": bridge})
    [source] = (await plan(api, container, service=wanted))["sources"]
    assert "alsoPolledBy" not in source, "its own bridge asks elsewhere by now"
    copy = await restored(api, container)
    [source] = (await plan(api, container, service=wanted))["sources"]
    assert source["alsoPolledBy"] == copy, "as a copy would, once its source is started"


async def test_a_value_is_replaced_once(api: Api) -> None:
    _, container = await backed_up(api)
    twice = [REPLACE[0], {**REPLACE[0], "value": "ftp://newer"}]
    planned = await plan(api, container, service={"name": unique("part")}, replace=twice)
    [error] = planned["errors"]
    assert (error["code"], error["target"]) == ("InvalidRequest", "/replace/1/pointer")
    assert "replaced twice" in error["message"]


async def test_what_differs_is_replaced_and_shown_one_by_one(api: Api) -> None:
    _, container = await backed_up(api)
    planned = await plan(api, container, service={"name": unique("part")}, replace=REPLACE)
    assert planned["errors"] == []
    assert [(r["pointer"], r["before"], r["after"]) for r in planned["replaced"]] == [
        ("/source/address", "ftp://old.example.com", "ftp://new"),
        ("/source/password", "********", "********"),
        ("/destinations/0/queue", "orders", "orders-2"),
    ]
    [source] = planned["sources"]
    assert (source["bridge"], source["type"], source["address"]) == ("B", "FTP", "ftp://new")
    assert "alsoPolledBy" not in source, "the living service asks the old address"
    copy = await restored(api, container, replace=REPLACE)
    bridge = (await artifacts(api, copy))["bridges/B"]
    assert bridge["source"] == {
        "type": "FTP",
        "address": "ftp://new",
        "password": "********",
        "state": "Stopped",
    }
    assert bridge["destinations"][0]["queue"] == "orders-2"
    again = await api.backup(copy)
    changes = await api.get(f"services/{copy}/backups/{again}/contents?section=bridges")
    assert b"new-secret" not in changes.content


@pytest.mark.parametrize(
    ("section", "name", "pointer", "code"),
    [
        ("bridges", "B", "/source/nothing", "InvalidRequest"),
        ("bridges", "B", "source", "InvalidRequest"),
        ("bridges", "B", "/source/password/$secret", "InvalidRequest"),
        ("bridges", "B", "/stages/0/transform", "InvalidRequest"),
        ("bridges", "None", "/source/address", "ArtifactNotFound"),
        ("agreements", "A", "/hostPartner", "InvalidRequest"),
        (
            "agreements",
            "A",
            "/content/x12/sendAgreement/protocolSettings/envelopeSettings"
            "/interchangeControlNumberUpperBound",
            "InvalidRequest",
        ),
        ("partners", "Fabrikam", "/content/b2b/businessIdentities/0/value", "InvalidRequest"),
    ],
)
async def test_a_replacement_changes_no_more_than_an_address(
    api: Api, section: str, name: str, pointer: str, code: str
) -> None:
    _, container = await backed_up(api)
    replace = [{"section": section, "name": name, "pointer": pointer, "value": 12}]
    planned = await plan(api, container, service={"name": unique("part")}, replace=replace)
    assert [error["code"] for error in planned["errors"]] == [code], planned["errors"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("********", "MaskWithoutValue"),
        ({"password": "********"}, "MaskWithoutValue"),
        ({"$sealed": "x"}, "ReservedMember"),
    ],
)
async def test_a_value_that_no_artifact_takes(api: Api, value: Any, code: str) -> None:
    _, container = await backed_up(api)
    replace = [{"section": "bridges", "name": "B", "pointer": "/source/password", "value": value}]
    planned = await plan(api, container, service={"name": unique("part")}, replace=replace)
    [error] = planned["errors"]
    assert error["code"] == code
    assert error["target"].startswith("/replace/0/value")


async def test_a_mask_is_no_secret_to_restore_with(api: Api) -> None:
    _, container = await backed_up(api)
    service = {"name": unique("part"), "accessControl": {"namespace": "a", "key": "********"}}
    [error] = (await plan(api, container, service=service))["errors"]
    assert (error["code"], error["target"]) == ("MaskWithoutValue", "/service/accessControl/key")


@pytest.mark.parametrize(
    "choice",
    [
        {"include": [{"section": "templates"}]},
        {"include": [{"section": "hybrid-connections"}]},
        {"include": [{"section": "agreements"}], "exclude": [{"section": "agreements"}]},
    ],
    ids=["empty", "never backed up", "contradictory"],
)
async def test_a_choice_of_nothing_makes_no_empty_service(api: Api, choice: Any) -> None:
    _, container = await backed_up(api)
    [error] = (await plan(api, container, service={"name": unique("part")}, **choice))["errors"]
    assert (error["code"], error["target"]) == ("InvalidRequest", "/include")


async def test_an_empty_name_is_not_one_that_was_left_out(api: Api) -> None:
    _, container = await backed_up(api)
    [error] = (await plan(api, container, service={"name": ""}))["errors"]
    assert (error["code"], error["target"]) == ("InvalidName", "/service/name")


def copies(planned: Any) -> list[str]:
    """The living services that a plan warns of, and says to suspend."""
    found = [w["target"] for w in planned["warnings"] if w["code"] == "LivingCopy"]
    steps = [step for step in planned["beforeResuming"] if step.startswith("Suspend or delete")]
    assert [step.split("'")[1] for step in steps] == found
    return found


async def test_a_copy_of_a_living_service_is_warned_of(api: Api) -> None:
    """Both would issue the same control numbers: the original, its copies, and theirs."""
    name = await filled(api)
    container = await api.backup(name)
    wanted = {"name": unique("part")}
    assert copies(await plan(api, container, service=wanted)) == [name]
    copy = await restored(api, container)
    shown = (await api.get(f"services/{copy}")).body
    assert shown["restoredFrom"] == {"service": name, "backup": container}
    assert copies(await plan(api, container, service=wanted)) == [name, copy]
    of_copy = await api.backup(copy)
    assert copies(await plan(api, of_copy, service=wanted)) == [copy, name]
    await api.succeeded(await api.delete(f"services/{name}"))
    assert copies(await plan(api, container, service=wanted)) == [copy]
    assert copies(await plan(api, container)) == [copy], "under its own name too"
    await api.succeeded(await api.delete(f"services/{copy}"))
    assert copies(await plan(api, container, service=wanted)) == []


async def wide(api: Api) -> str:
    """A backup of a bridge with a thousand addresses, and one long one."""
    name = await api.service(edition="Standard")
    document = {"long": "x" * 5000, **{f"u{n}": "old" for n in range(1000)}}
    put = await api.put(f"services/{name}/artifacts/bridges/Wide", {"document": document})
    assert put.status == 201
    return await api.backup(name)


def replacing(**values: Any) -> Any:
    wide = {"section": "bridges", "name": "Wide"}
    return [{**wide, "pointer": f"/{name}", "value": value} for name, value in values.items()]


async def test_a_thousand_replacements_fit_into_the_record(api: Api) -> None:
    """Of values that do not compress; long ones are shortened there, and restored whole."""
    container = await api.once("wide bridge", lambda: wide(api))
    new = {f"u{n}": secrets.token_hex(110) for n in range(1, 1000)}
    name = unique("part")
    body = {
        "backup": {"storageAccount": "offsite", "container": container},
        "service": {"name": name},
        "replace": replacing(long=secrets.token_hex(2500), **new),
    }
    monitor = await api.succeeded(await api.post("restores", body))
    document = (await artifacts(api, name))["bridges/Wide"]
    assert document == {"u0": "old", **{r["pointer"][1:]: r["value"] for r in body["replace"]}}
    record = (await api.get(f"restores/{name}.{monitor['id']}")).body
    replaced = record["plan"]["replaced"]
    assert len(replaced) == 100
    assert replaced[0]["after"].endswith("… (5002 characters)")
    assert len(replaced[0]["after"]) < 1100
    assert replaced[1]["after"] == new["u1"]
    assert {one["value"] for one in record["request"]["replace"]} == {"********"}


async def test_a_request_that_no_record_holds_is_refused_by_the_plan(
    api: Api, deployed: Deployed
) -> None:
    container = await api.once("wide bridge", lambda: wide(api))
    body = {
        "backup": {"storageAccount": "offsite", "container": container},
        "service": {"name": unique("part")},
        "replace": replacing(**{f"u{n}": secrets.token_hex(200) for n in range(1000)}),
    }
    planned = await api.post("restores?validateOnly=true", body)
    [error] = planned.body["errors"]
    assert (error["code"], error["target"]) == ("BodyTooLarge", "/replace")
    with TableClient.from_connection_string(deployed.state, "interkeepInFlight") as table:
        before = await asyncio.to_thread(lambda: list(table.list_entities()))
        refused = await api.post("restores", body)
        after = await asyncio.to_thread(lambda: list(table.list_entities()))
    assert (refused.status, refused.code) == (413, "BodyTooLarge")
    name = body["service"]["name"]
    assert not [row for row in after if name in row["RowKey"]], "nothing was begun"
    assert len(after) <= len(before)


async def test_null_is_no_value_and_half_a_character_no_name(api: Api) -> None:
    """The one was accepted and could never be restored, the other was an internal error."""
    _, container = await backed_up(api)
    place = {"storageAccount": "offsite", "container": container}
    null = [{**REPLACE[0], "value": None}]
    for query in ("?validateOnly=true", ""):
        body = {"backup": place, "service": {"name": unique("part")}, "replace": null}
        refused = await api.post(f"restores{query}", body)
        assert (refused.status, refused.code) == (400, "InvalidRequest")
        assert refused.body["error"]["details"][0]["target"] == "/replace/0/value"
        refused = await api.post(
            f"restores{query}", {"backup": place, "service": {"name": "\ud800"}}
        )
        assert (refused.status, refused.code) == (400, "InvalidRequest")
        assert refused.body["error"]["details"][0]["target"] == "/service/name"
    within: Any = {"a": None, "b": [None]}
    name = await restored(api, container, replace=[{**REPLACE[0], "value": within}])
    assert (await artifacts(api, name))["bridges/B"]["source"]["address"] == within
