"""The stand-in for Azure Resource Manager: what it makes of a PUT, and what it refuses."""

import pytest

from tests.localhost.arm_calls import (
    ACCOUNT,
    PARTNER,
    SCHEMA,
    Calls,
    a_partner,
    a_schema,
    an_account,
)
from tests.support.arm import Arm


async def test_partners_that_are_missing_or_in_use(arm: Arm, call: Calls) -> None:
    agreement = {"agreementType": "X12", "hostPartner": "Contoso", "guestPartner": "Fabrikam"}
    path, body = f"{ACCOUNT}/agreements/Contoso-Fabrikam", {"properties": agreement}
    assert (await call("PUT", path, body)).status == 400
    arm.load([a_partner("contoso"), a_partner("Fabrikam")])
    assert (await call("PUT", path, body)).status == 201
    used = await call("DELETE", f"{ACCOUNT}/partners/fabrikam")
    assert (used.status, used.code) == (409, "PartnerInUse")
    arm.switches.references = False
    assert (await call("DELETE", f"{ACCOUNT}/partners/fabrikam")).status == 200
    assert (await call("PUT", path, body)).status == 200


async def test_unknown_members_are_kept_or_refused(arm: Arm, call: Calls) -> None:
    path, body = f"{ACCOUNT}/partners/Fabrikam", {"properties": {**PARTNER, "since": "2020"}}
    assert (await call("PUT", path, body)).body["properties"]["since"] == "2020"
    arm.switches.unknown_members = "refused"
    assert (await call("PUT", path, body)).code == "InvalidRequestContent"
    beside = {"properties": PARTNER, "since": "2020"}
    assert (await call("PUT", path, beside)).code == "InvalidRequestContent"
    own = {"createdTime": "2020-01-01T00:00:00Z", **PARTNER}
    assert (await call("PUT", path, {"properties": own, "tags": {"a": "b"}})).status == 200


@pytest.mark.parametrize(
    ("map_type", "version", "status"),
    [("Xslt", "1.0", 201), ("Xslt", "2.0", 400), ("Xslt20", "2.0", 201), ("Liquid", "2.0", 201)],
)
async def test_a_stylesheet_fits_its_maps_type(
    call: Calls, map_type: str, version: str, status: int
) -> None:
    text = f'<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="{version}"/>'
    body = {"mapType": map_type, "content": text, "contentType": "application/xml"}
    assert (await call("PUT", f"{ACCOUNT}/maps/m", {"properties": body})).status == status


async def test_content_says_its_type(arm: Arm, call: Calls) -> None:
    body = {"properties": {"mapType": "Liquid", "content": "{{ a }}"}}
    assert (await call("PUT", f"{ACCOUNT}/maps/m", body)).status == 400
    arm.switches.content_types = False
    assert (await call("PUT", f"{ACCOUNT}/maps/m", body)).status == 201


async def test_a_byte_order_mark_is_dropped_or_kept(arm: Arm, call: Calls) -> None:
    body = {"mapType": "Liquid", "content": "\ufeff{{ a }}", "contentType": "text/plain"}
    for keeps, content in ((False, b"{{ a }}"), (True, b"\xef\xbb\xbf{{ a }}")):
        arm.switches.keeps_marks = keeps
        put = await call("PUT", f"{ACCOUNT}/maps/m", {"properties": body})
        assert await call.content(put.body["properties"]["contentLink"]["uri"]) == (200, content)


async def test_members_are_read_without_regard_to_case(call: Calls) -> None:
    body = {"MAPTYPE": "Liquid", "Content": "{{ a }}", "contenttype": "text/plain"}
    put = await call("PUT", f"{ACCOUNT}/maps/m", {"properties": body})
    assert put.status == 201
    assert put.body["properties"]["mapType"] == "Liquid"
    assert put.body["properties"]["contentLink"]["contentSize"] == len("{{ a }}")


async def test_content_has_at_most_eight_mebibytes(arm: Arm, call: Calls) -> None:
    arm.load([a_schema("Large") | {"content": "a" * (8 * 1024 * 1024 + 1)}])
    link = (await call("GET", f"{ACCOUNT}/schemas/Large")).body["properties"]["contentLink"]
    body = {"schemaType": "Xml", "contentLink": link, "contentType": "application/xml"}
    assert (await call("PUT", f"{ACCOUNT}/schemas/s", {"properties": body})).status == 400
    arm.switches.limits = False
    assert (await call("PUT", f"{ACCOUNT}/schemas/s", {"properties": body})).status == 201


async def test_a_body_has_at_most_four_mebibytes(call: Calls) -> None:
    body = {"mapType": "Liquid", "content": "a" * 4 * 1024 * 1024, "contentType": "text/plain"}
    refused = await call("PUT", f"{ACCOUNT}/maps/m", {"properties": body})
    assert (refused.status, refused.code) == (413, "RequestContentTooLarge")


async def test_content_is_fetched_from_a_link_in_a_put(arm: Arm, call: Calls) -> None:
    arm.load([a_schema("Order")])
    link = (await call("GET", f"{ACCOUNT}/schemas/Order")).body["properties"]["contentLink"]
    body = {"schemaType": "Xml", "contentLink": link, "contentType": "application/xml"}
    put = await call("PUT", f"{ACCOUNT}/schemas/Second", {"properties": body})
    assert put.status == 201
    assert put.body["properties"]["contentLink"]["contentSize"] == len(SCHEMA)
    assert put.body["properties"]["documentName"] == "Order"
    arm.expire_links()
    refused = await call("PUT", f"{ACCOUNT}/schemas/Third", {"properties": body})
    assert (refused.status, refused.code) == (400, "InvalidRequestContent")


async def test_a_tier_is_full(arm: Arm, call: Calls) -> None:
    arm.load([an_account("Basic"), a_partner("a"), a_partner("b")])
    path, body = f"{ACCOUNT}/partners", {"properties": PARTNER}
    full = await call("PUT", f"{path}/c", body)
    assert (full.status, full.code) == (409, "IntegrationAccountLimitExceeded")
    assert (await call("PUT", f"{path}/b", body)).status == 200
    arm.switches.limits = False
    assert (await call("PUT", f"{path}/c", body)).status == 201


async def test_an_account_stays_where_it_is(call: Calls) -> None:
    moved = {"location": "East US", "sku": {"name": "Standard"}, "properties": {}}
    refused = await call("PUT", ACCOUNT, moved)
    assert (refused.status, refused.code) == (409, "InvalidResourceLocation")
    assert (await call("PUT", ACCOUNT, {**moved, "location": "West US"})).status == 200


async def test_deleting_an_account_deletes_all_of_it(arm: Arm, call: Calls) -> None:
    arm.load([a_partner("Fabrikam")])
    assert (await call("DELETE", ACCOUNT)).status == 200
    assert (await call("DELETE", ACCOUNT)).status == 204
    body = {"location": "westus", "sku": {"name": "Standard"}, "properties": {}}
    assert (await call("PUT", ACCOUNT, body)).status == 201
    assert (await call("GET", f"{ACCOUNT}/partners")).body == {"value": []}


async def test_a_session_answers_a_put_with_the_time_before(call: Calls) -> None:
    path = f"{ACCOUNT}/sessions/Contoso-Fabrikam-ICN"
    first = await call("PUT", path, {"properties": {"content": "1"}})
    second = await call("PUT", path, {"properties": {"content": "2"}})
    shown = await call("GET", path)
    times = [one.body["properties"]["changedTime"] for one in (first, second, shown)]
    assert times[0] == times[1] < times[2]
    assert shown.body["properties"]["content"] == "2"
    assert shown.body["etag"] == shown.headers["ETag"] == second.body["etag"] != first.body["etag"]


async def test_if_match_is_heeded_or_ignored(arm: Arm, call: Calls) -> None:
    path, body = f"{ACCOUNT}/sessions/Contoso-Fabrikam-ICN", {"properties": {"content": "1"}}
    wrong = {"If-Match": '"00000000000000000001"'}
    assert (await call("PUT", path, body, headers=wrong)).status == 412
    etag = (await call("PUT", path, body)).body["etag"]
    assert (await call("PUT", path, body, headers={"If-Match": etag})).status == 200
    assert (await call("PUT", path, body, headers={"If-Match": etag})).status == 412
    arm.switches.if_match = False
    assert (await call("PUT", path, body, headers={"If-Match": etag})).status == 200


async def test_an_account_is_made_on_the_condition_that_it_is_not_there(
    arm: Arm, call: Calls
) -> None:
    path, body, condition = f"{ACCOUNT}-new", an_account(), {"If-None-Match": "*"}
    assert (await call("PUT", path, body, headers=condition)).status == 201
    assert (await call("PUT", path, body, headers=condition)).status == 412
    arm.switches.if_none_match = False
    assert (await call("PUT", path, body, headers=condition)).status == 200


async def test_members_are_added_to_what_is_written(arm: Arm, call: Calls) -> None:
    arm.switches.adds_members = True
    body = {"properties": {**PARTNER, "metadata": {"a": "b"}}}
    made = await call("PUT", f"{ACCOUNT}/partners/Fabrikam", body)
    assert made.body["properties"]["metadata"] == {"a": "b", "filledIn": "yes"}


async def test_values_that_are_written_are_changed(arm: Arm, call: Calls) -> None:
    arm.switches.changes_values = True
    body = {"properties": {**PARTNER, "metadata": {"a": "b"}}}
    made = await call("PUT", f"{ACCOUNT}/partners/Fabrikam", body)
    assert made.body["properties"]["metadata"] == {"a": "B"}
