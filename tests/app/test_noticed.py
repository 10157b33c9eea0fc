"""What a backup notices on its way: counters near their end, certificates that expire."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from tests.support.api import Api, nobodys, x12_document
from tests.support.certificates import Made

_ENDS = {"rolloverInterchangeControlNumber": False}


def bounded(upper: int, **more: Any) -> Any:
    """An agreement of nobody's, whose interchange numbers end at ``upper``."""
    return nobodys(x12_document(interchangeControlNumberUpperBound=upper, **more))


@pytest.fixture
async def service(api: Api) -> str:
    """A service with a counter near its end, one at it, one that begins again."""
    name = await api.service(edition="Standard")
    for agreement, document, following in (
        ("Fresh", bounded(1000), 1),
        ("Near", bounded(1000), 901),
        ("Rolls", bounded(20), 20),
        ("Ended", bounded(20, **_ENDS), 20),
    ):
        path = f"services/{name}/artifacts/agreements/{agreement}"
        assert (await api.put(path, {"document": document})).status == 201
        path = f"services/{name}/control-numbers/{agreement}"
        put = await api.put(path, {"kind": "interchange", "next": following})
        assert put.status == 200, put.body
    for agreement in ("Rolls", "Ended"):
        assert await api.allocate(name, agreement) == 20
    return name


async def listed(api: Api, service: str) -> Any:
    """The service as the list shows it."""
    found = (await api.get("services?top=1000")).body["value"]
    return next(one for one in found if one["name"] == service)


async def test_a_service_shows_what_its_last_backup_noticed(api: Api, service: str) -> None:
    assert "noticed" not in await listed(api, service)
    for name, days in (("Late", 400), ("Soon", 9)):
        path = f"services/{service}/artifacts/certificates/{name}"
        document = {"pfx": Made(days=days).pfx("pw"), "password": "pw"}
        assert (await api.put(path, {"document": document})).status == 201
    path = f"services/{service}/artifacts/certificates/Public"
    assert (await api.put(path, {"document": {}})).status == 201
    public = Made(days=20)
    assert (await api.put(f"{path}/content", data=public.der)).status == 201
    backup = await api.backup(service)

    noticed = (await listed(api, service))["noticed"]
    entry = (await api.get(f"services/{service}/backups/{backup}")).body
    assert noticed["backup"] == backup
    assert noticed["at"] == entry["completedAt"]
    assert (noticed["countersNearEnd"], noticed["countersEnded"]) == (2, 1)
    assert [one["name"] for one in noticed["certificates"]] == ["Soon", "Public", "Late"]
    expiry = public.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert noticed["certificates"][1] == {
        "section": "certificates",
        "name": "Public",
        "expiresAt": expiry,
    }
    own = {name: value for name, value in noticed.items() if name not in ("backup", "at")}
    assert entry["noticed"] == own
    assert (await api.get(f"services/{service}")).body["noticed"] == noticed


async def test_it_is_that_of_the_latest_backup_that_ended_well(api: Api, service: str) -> None:
    ssl = {"data": Made("b2b.example.com").pfx("pw"), "password": "pw"}
    assert (
        await api.put(f"services/{service}", {"edition": "Standard", "sslCertificate": ssl})
    ).status == 200
    await api.backup(service)
    first = (await listed(api, service))["noticed"]
    assert [(one["section"], one["name"]) for one in first["certificates"]] == [
        ("service", "service")
    ]
    # A backup that never ran noticed nothing: what was known stays, with its time.
    taken = {"name": first["backup"], "storageAccount": "default"}
    refused = await api.post(f"services/{service}/backups", taken)
    assert refused.status == 409
    assert (await listed(api, service))["noticed"] == first
    path = f"services/{service}/control-numbers/Near"
    body = {"kind": "interchange", "next": 1, "allowReuse": True}
    assert (await api.put(path, body)).status == 200
    assert (await listed(api, service))["noticed"] == first
    second = await api.backup(service)
    noticed = (await listed(api, service))["noticed"]
    assert (noticed["backup"], noticed["countersNearEnd"]) == (second, 1)


async def test_a_restored_service_has_noticed_nothing(api: Api, service: str) -> None:
    backup = await api.backup(service)
    await api.restore(backup, name=f"{service[:15]}-copy")
    assert "noticed" not in await listed(api, f"{service[:15]}-copy")


async def names(api: Api, link: str) -> list[str]:
    """The agreements of a list, page after page."""
    found: list[str] = []
    while link:
        page = (await api.get(link)).body
        found += [one["agreement"] for one in page["value"]]
        link = page.get("nextLink", "")
    return found


@pytest.mark.parametrize("top", [1, 2, 100])
async def test_those_near_their_end_and_those_whose_names_begin_so(
    api: Api, service: str, top: int
) -> None:
    numbers = f"services/{service}/control-numbers?top={top}"
    assert await names(api, numbers) == ["Ended", "Fresh", "Near", "Rolls"]
    assert await names(api, f"{numbers}&nearEnd=true") == ["Ended", "Near"]
    assert await names(api, f"{numbers}&nearEnd=false&namePrefix=f") == ["Fresh"]
    assert await names(api, f"{numbers}&nearEnd=true&namePrefix=NE") == ["Near"]
    assert await names(api, f"{numbers}&namePrefix=zz") == []
    refused = await api.get(f"{numbers}&nearEnd=perhaps")
    assert (refused.status, refused.body["error"]["target"]) == (400, "nearEnd")


async def test_a_page_of_those_near_their_end_looks_at_so_many_and_no_more(
    api: Api, service: str, host_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large a service is: an empty page is then not the last."""
    monkeypatch.setattr("shared.numbers.counters._MOST_LOOKED_AT", 1)
    asked = (await host_app.services.require(service)).service
    pages, after = [], ""
    while True:
        found, following = await host_app.counters.listed(asked, after, 10, near_end=True)
        pages.append([one.agreement for one in found])
        if following is None:
            break
        after = following
    assert pages == [["Ended"], [], ["Near"], []]
