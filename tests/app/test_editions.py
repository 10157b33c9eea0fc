"""What an edition may do and hold, as data: the app itself holds services to it."""

from typing import Any

import pytest

from shared.model.service import Edition
from tests.support.api import Api, nobodys, unique, x12_document


async def editions(api: Api) -> dict[str, Any]:
    return {one["edition"]: one for one in (await api.get("editions")).body["value"]}


async def test_the_editions_in_their_order(api: Api) -> None:
    first = await api.get("editions")
    assert [one["edition"] for one in first.body["value"]] == list(Edition)
    again = await api.get("editions", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")


@pytest.mark.parametrize("edition", Edition)
async def test_the_app_does_as_it_says(api: Api, edition: Edition) -> None:
    said = (await editions(api))[edition]
    most = said["maxUnits"]
    name = await api.service(edition=edition, unitCount=most)
    more = await api.put(f"services/{unique('svc')}", {"edition": edition, "unitCount": most + 1})
    assert more.code == "InvalidRequest"
    shown = (await api.get(f"services/{name}")).body["quota"]
    assert {section: one["limit"] for section, one in shown.items()} == {
        section: per_unit * most for section, per_unit in said["quotasPerUnit"].items()
    }
    archived = await api.put(
        f"services/{unique('svc')}",
        {"edition": edition, "archivingStore": {"storageAccount": "offsite"}},
    )
    assert (archived.status == 201) == said["archiving"]
    body = {"name": unique("backup"), "storageAccount": "offsite"}
    backup = await api.post(f"services/{name}/backups", body)
    assert (backup.status == 202) == said["backup"]
    if not said["backup"]:
        assert said["restoresTo"] == []
        return
    await api.succeeded(backup)
    place = {"backup": {"storageAccount": "offsite", "container": body["name"]}}
    for target in Edition:
        wanted = {**place, "service": {"name": unique("dr"), "edition": target, "unitCount": 1}}
        plan = await api.post("restores?validateOnly=true", wanted)
        codes = {error["code"] for error in plan.body["errors"]}
        forbidden = bool(codes & {"EditionTooLow", "EditionHasNoBackup"})
        assert forbidden == (target not in said["restoresTo"]), (target, codes)


async def test_a_quota_is_the_end(api: Api) -> None:
    limit = (await editions(api))["Developer"]["quotasPerUnit"]["agreements"]
    name = await api.service(edition="Developer")
    many = [
        {"section": "agreements", "name": f"a{n}", "document": nobodys(x12_document())}
        for n in range(limit)
    ]
    assert (await api.post(f"services/{name}/import", {"artifacts": many})).status == 200
    path = f"services/{name}/artifacts/agreements/more"
    assert (await api.put(path, {"document": nobodys(x12_document())})).code == "QuotaExceeded"
