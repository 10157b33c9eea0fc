"""Pushes of content that is in no request: Azure reads it by an address of the app's storage."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from shared.blobs.signed_reads import SignedReads
from shared.installation.installation import Installation
from shared.model.operation import Warning
from shared.model.sections import Section
from tests.integration_accounts.linked import ONE, refused, service, unlink
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    half_filled,
    plan,
    pulled,
    push,
    settings,
    started,
)
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator

_REPLACING = {"resourceId": OTHER, "existing": "replace"}


async def large(app: Installation, size: int = 4_000_000) -> bytes:
    """Give a schema of the service large content, which it returns."""
    await unlink(app)
    of = await service(app, ONE)
    data = b"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>" + b" " * size
    data += b"</xs:schema>"
    content = await app.content.put(of.id, data, "application/xml", None)
    await app.artifacts.put_content(of, Section.SCHEMAS, "Order", content)
    return data


def addressed(warnings: Sequence[Warning]) -> list[str | None]:
    return [one.target for one in warnings if one.code == "ContentByAddress"]


async def test_large_content_goes_by_a_link(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    data = await large(app)
    planned = await plan(app, NEW, ONE)
    assert planned.errors == []
    assert addressed(planned.warnings) == ["schemas/Order"]
    done = await push(app, NEW, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert arm.account(OTHER).items["schemas"]["order"].content == data


async def test_what_azure_cannot_read_forbids_the_push(
    emulator: Emulator, tmp_path: Path, arm: Arm
) -> None:
    private = {**settings(arm), "PRIVATE_STORAGE": "true"}
    app = Installation(Deployed.new(emulator, tmp_path, **private).read())
    try:
        await pulled(app, arm)
        assert (await plan(app, NEW, ONE)).errors == [], "all that it has is in requests"
        await large(app)
        planned = await plan(app, NEW, ONE)
        assert [(one.code, one.target) for one in planned.errors] == [
            ("IntegrationAccountRefused", "/exclude")
        ]
        assert "schemas/Order" in planned.errors[0].message
        assert "PRIVATE_STORAGE" in planned.errors[0].message
        problem = await refused(started(app, NEW, ONE))
        assert problem is not None
        assert problem.code == "IntegrationAccountRefused"
        exclude = [{"section": "schemas", "name": "Order"}]
        assert (await plan(app, {**NEW, "exclude": exclude}, ONE)).errors == []
    finally:
        await app.close()


async def test_content_that_no_account_takes_forbids_the_push(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    await large(app, 8 * 1024 * 1024)
    planned = await plan(app, NEW, ONE)
    assert [(one.code, one.target) for one in planned.errors] == [
        ("IntegrationAccountRefused", "/exclude")
    ]
    assert addressed(planned.warnings) == []


async def test_an_app_that_may_not_sign_is_told_before(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled(app, arm)
    asked: list[bool] = []

    async def url(*_: object) -> str:
        asked.append(True)
        refusal = HttpResponseError("It may not.")
        refusal.status_code = 403
        raise refusal

    monkeypatch.setattr(SignedReads, "url", url)
    assert (await plan(app, NEW, ONE)).errors == []
    assert not asked, "nothing is to be signed"
    await large(app)
    (error,) = (await plan(app, NEW, ONE)).errors
    assert error.code == "IntegrationAccountRefused"
    assert "Storage Blob Delegator" in error.message

    async def silent(*_: object) -> str:
        raise ServiceRequestError("no answer")

    monkeypatch.setattr(SignedReads, "url", silent)
    with pytest.raises(ServiceRequestError):
        await plan(app, NEW, ONE)


async def test_what_azure_could_not_read_says_what_to_do_and_goes_on_later(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    data = await large(app)
    half_filled(arm)
    body = {"error": {"code": "InvalidContentLink", "message": "It cannot be followed."}}
    arm.fault(method="PUT", part=f"{OTHER}/schemas/Order", status=400, body=body)
    failed = await push(app, _REPLACING, ONE)
    assert failed.status == "Failed"
    assert failed.error is not None
    assert failed.error.code == "IntegrationAccountRefused"
    assert "schemas/Order" in failed.error.message
    assert "It cannot be followed." in failed.error.message
    assert "reach that storage" in failed.error.message
    arm.calm()
    done = await push(app, _REPLACING, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert arm.account(OTHER).items["schemas"]["order"].content == data
