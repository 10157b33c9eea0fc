"""The stand-in for Azure Resource Manager: what no recorded conversation shows."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from localhost.arm.kinds import KINDS
from localhost.arm.times import session_etag, stamp
from shared.model.integration_account import Child, Sku
from tests.localhost.arm_calls import (
    ACCOUNT,
    PARTNER,
    SCHEMA,
    TOKEN,
    Calls,
    a_partner,
    an_account,
    calls_to,
)
from tests.support.arm import SUBSCRIPTION, Arm, account_id


@pytest.fixture
async def call(arm: Arm) -> AsyncIterator[Calls]:
    """A client, and an account of the tier Standard with nothing in it."""
    arm.load([an_account()])
    async with calls_to(arm) as found:
        yield found


def test_it_knows_every_kind_and_tier() -> None:
    assert {kind.name for kind in KINDS.values()} == set(Child)
    tiers = {tier for kind in KINDS.values() for tier in kind.limits}
    assert tiers < set(Sku)


async def test_it_says_what_it_is(call: Calls) -> None:
    assert (await call("GET", ACCOUNT)).headers["x-ms-stand-in"] == "interkeep"


async def test_without_a_token_nothing_is_answered(arm: Arm, call: Calls) -> None:
    refused = await call("GET", ACCOUNT, headers={"Authorization": ""})
    assert (refused.status, refused.code) == (401, "AuthenticationFailed")


async def test_a_list_in_pages_loses_nothing_that_stays(arm: Arm, call: Calls) -> None:
    arm.load([a_partner(f"p{n}") for n in range(7)])
    arm.switches.page_size = 3
    names: list[str] = []
    page = await call("GET", f"{ACCOUNT}/partners", top="100")
    while True:
        names += [one["name"] for one in page.body["value"]]
        if "nextLink" not in page.body:
            break
        assert page.body["nextLink"].startswith(arm.url)
        # One that was listed goes, one before it comes: the next page begins where it would have.
        arm.account(ACCOUNT).items["partners"].pop(names[-1])
        arm.load([a_partner(f"a{len(names)}")])
        page = await call.at(page.body["nextLink"])
    assert names == [f"p{n}" for n in range(7)]


async def test_top_makes_the_page_smaller(arm: Arm, call: Calls) -> None:
    arm.load([a_partner("a"), a_partner("b")])
    page = await call("GET", f"{ACCOUNT}/partners", top="1")
    assert [one["name"] for one in page.body["value"]] == ["a"]
    assert "nextLink" in page.body
    assert (await call("GET", f"{ACCOUNT}/partners", top="0")).status == 400


async def test_accounts_are_listed_by_subscription_and_group(arm: Arm, call: Calls) -> None:
    arm.load([{"id": account_id("second", "other"), "properties": {}}])
    own = "/providers/Microsoft.Logic/integrationAccounts"
    everywhere = await call("GET", f"/subscriptions/{SUBSCRIPTION}{own}")
    assert [one["name"] for one in everywhere.body["value"]] == ["contoso", "second"]
    there = await call("GET", f"/subscriptions/{SUBSCRIPTION}/resourcegroups/OTHER{own}")
    assert [one["name"] for one in there.body["value"]] == ["second"]


async def test_what_is_gone_says_what_exactly(arm: Arm, call: Calls) -> None:
    for path, code in (
        (account_id("contoso", subscription="nobodys"), "SubscriptionNotFound"),
        (account_id("contoso", "nowhere"), "ResourceGroupNotFound"),
        (account_id("nobody"), "ResourceNotFound"),
        (account_id("nobody") + "/partners/Fabrikam", "ResourceNotFound"),
        (account_id("nobody") + "/partners", "ResourceNotFound"),
    ):
        gone = await call("GET", path)
        assert (gone.status, gone.code) == (404, code)
        assert gone.headers["x-ms-failure-cause"] == "gateway"
    for kind, code in (
        ("partners", "PartnerNotFound"),
        ("batchConfigurations", "AssemblyNotFound"),
        ("sessions", "SessionNotFound"),
    ):
        gone = await call("GET", f"{ACCOUNT}/{kind}/Fabrikam")
        assert (gone.status, gone.code) == (404, code)
        assert "x-ms-failure-cause" not in gone.headers


async def test_names_come_back_as_first_written(call: Calls) -> None:
    path = f"{ACCOUNT}/partners"
    assert (await call("PUT", f"{path}/Fabrikam", {"properties": PARTNER})).status == 201
    again = await call("PUT", f"{path.upper()}/FABRIKAM", {"properties": PARTNER})
    assert (again.status, again.body["name"]) == (200, "Fabrikam")
    assert again.body["id"] == f"{ACCOUNT}/partners/Fabrikam"
    assert (await call("DELETE", f"{path}/fabrikam")).status == 200
    assert (await call("DELETE", f"{path}/fabrikam")).status == 204


async def test_a_session_may_be_named_as_edifact_may_refer(arm: Arm, call: Calls) -> None:
    name = "Edifact-ICN-Contoso+Fabrikam, X-A 1/2%"
    url = f"{arm.url}{ACCOUNT}/sessions/{quote(name, safe='')}?api-version=2019-05-01"
    put = await call.at(url, "PUT", {"properties": {"content": "1"}})
    assert (put.status, put.body["name"]) == (201, name)
    assert (await call.at(url)).body["properties"]["content"] == "1"


async def test_rosettanet_is_known_to_one_version_alone(call: Calls) -> None:
    path = f"{ACCOUNT}/rosettanetprocessconfigurations"
    unknown = await call("GET", path)
    assert (unknown.status, unknown.code) == (404, "InvalidResourceType")
    assert (await call("GET", path, version="2016-06-01")).body == {"value": []}


async def test_a_version_must_be_one(call: Calls) -> None:
    assert (await call("GET", ACCOUNT, version="2020-01-01")).code == "NoRegisteredProviderFound"
    assert (await call("GET", ACCOUNT, version="")).code == "MissingApiVersionParameter"


async def test_content_by_a_link_of_either_form(arm: Arm, call: Calls) -> None:
    path = f"{ACCOUNT}/schemas/Order"
    body = {"schemaType": "Xml", "content": SCHEMA, "contentType": "application/xml"}
    put = await call("PUT", path, {"properties": body})
    shown = put.body["properties"]
    assert (shown["targetNamespace"], shown["documentName"]) == ("http://contoso", "Order")
    assert "content" not in shown
    assert "contentType" not in shown
    for switch, members in (
        ("never", {"uri", "contentSize"}),
        ("always", {"uri", "contentSize", "contentVersion", "contentHash"}),
    ):
        arm.switches.content_hash = switch  # type: ignore[assignment]
        link = (await call("GET", path)).body["properties"]["contentLink"]
        assert set(link) == members
        assert link["contentSize"] == len(SCHEMA)
        assert await call.content(link["uri"]) == (200, SCHEMA.encode())
    digest = base64.b64encode(hashlib.md5(SCHEMA.encode()).digest()).decode()
    assert link["contentHash"] == {"algorithm": "md5", "value": digest}


async def test_a_link_is_refused_with_a_token_expired_or_forged(arm: Arm, call: Calls) -> None:
    arm.load([_schema("Order")])

    async def link() -> str:
        shown = await call("GET", f"{ACCOUNT}/schemas/Order")
        return str(shown.body["properties"]["contentLink"]["uri"])

    uri = await link()
    assert (await call.content(uri, {"Authorization": "Bearer t"}))[0] == 403
    assert (await call.content(uri.replace("Order", "Other")))[0] == 403
    arm.expire_links()
    assert (await call.content(uri))[0] == 403
    assert (await call.content(await link()))[0] == 200
    arm.switches.link_seconds = 0
    assert (await call.content(await link()))[0] == 403
    arm.switches.link_seconds = 60
    uri = await link()
    await call("DELETE", f"{ACCOUNT}/schemas/Order")
    assert (await call.content(uri))[0] == 404
    asked = [one for one in arm.seen if one.is_content]
    assert [one.authorized for one in asked] == [True] + [False] * 5
    assert not any("sig" in one.query for one in asked)


async def test_a_link_with_a_version_leads_to_that_version_alone(arm: Arm, call: Calls) -> None:
    arm.switches.content_hash = "always"
    arm.load([_schema("Order")])
    path = f"{ACCOUNT}/schemas/Order"
    before = (await call("GET", path)).body["properties"]["contentLink"]
    body = {"schemaType": "Xml", "content": SCHEMA + " ", "contentType": "application/xml"}
    await call("PUT", path, {"properties": body})
    after = (await call("GET", path)).body["properties"]["contentLink"]
    assert before["contentVersion"] != after["contentVersion"]
    assert (await call.content(before["uri"]))[0] == 404
    assert (await call.content(after["uri"]))[0] == 200


async def test_content_is_fetched_from_a_link_in_a_put(arm: Arm, call: Calls) -> None:
    arm.load([_schema("Order")])
    link = (await call("GET", f"{ACCOUNT}/schemas/Order")).body["properties"]["contentLink"]
    body = {"schemaType": "Xml", "contentLink": link, "contentType": "application/xml"}
    put = await call("PUT", f"{ACCOUNT}/schemas/Second", {"properties": body})
    assert put.status == 201
    assert put.body["properties"]["contentLink"]["contentSize"] == len(SCHEMA)
    assert put.body["properties"]["documentName"] == "Order"
    arm.expire_links()
    refused = await call("PUT", f"{ACCOUNT}/schemas/Third", {"properties": body})
    assert (refused.status, refused.code) == (400, "InvalidRequestContent")


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


async def test_sessions_are_filtered_by_the_time_of_their_change(arm: Arm, call: Calls) -> None:
    for number, name in enumerate(("a", "b", "c")):
        content = {"content": "1", "changedTime": f"2026-01-0{number + 1}T00:00:00.5Z"}
        arm.load([{"id": f"{ACCOUNT}/sessions/{name}", "properties": content}])

    async def names(text: str) -> list[str]:
        page = await call("GET", f"{ACCOUNT}/sessions", filter=text)
        return [one["name"] for one in page.body["value"]]

    assert await names("changedTime ge 2026-01-02T00:00:00.5000001Z") == ["c"]
    assert await names("ChangedTime gt '2026-01-02T00:00:00Z'") == ["b", "c"]
    assert await names("changedTime ge 2026-01-02T00:00:00Z and name eq 'B'") == ["b"]
    assert (await call("GET", f"{ACCOUNT}/sessions", filter="nonsense")).status == 400
    arm.switches.filters = False
    assert await names("nonsense") == ["a", "b", "c"]


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
    arm.load([_schema("Large") | {"content": "a" * (8 * 1024 * 1024 + 1)}])
    link = (await call("GET", f"{ACCOUNT}/schemas/Large")).body["properties"]["contentLink"]
    body = {"schemaType": "Xml", "contentLink": link, "contentType": "application/xml"}
    assert (await call("PUT", f"{ACCOUNT}/schemas/s", {"properties": body})).status == 400
    arm.switches.limits = False
    assert (await call("PUT", f"{ACCOUNT}/schemas/s", {"properties": body})).status == 201


async def test_somebody_else_changes_it(arm: Arm, call: Calls) -> None:
    for content in ("1", "2"):
        arm.session(ACCOUNT, "Contoso-Fabrikam-ICN", content)
        shown = await call("GET", f"{ACCOUNT}/sessions/contoso-fabrikam-icn")
        assert shown.body["properties"]["content"] == content
        assert shown.body["name"] == "Contoso-Fabrikam-ICN"
    arm.lose(ACCOUNT)
    assert (await call("GET", f"{ACCOUNT}/sessions")).code == "ResourceNotFound"


def test_times_have_up_to_seven_digits_and_etags_go_down() -> None:
    whole = 636_289_157_790_000_000
    assert stamp(whole) == "2017-04-27T18:49:39Z"
    assert stamp(whole + 1) == "2017-04-27T18:49:39.0000001Z"
    assert stamp(whole + 1_200_000) == "2017-04-27T18:49:39.12Z"
    # A recorded pair: the ETag of a session, and about when it was written.
    assert session_etag(636_289_157_793_355_517) == '"08587082879061420290"'
    assert stamp(636_289_157_793_355_517) == "2017-04-27T18:49:39.3355517Z"


async def test_a_body_has_at_most_four_mebibytes(call: Calls) -> None:
    body = {"mapType": "Liquid", "content": "a" * 4 * 1024 * 1024, "contentType": "text/plain"}
    refused = await call("PUT", f"{ACCOUNT}/maps/m", {"properties": body})
    assert (refused.status, refused.code) == (413, "RequestContentTooLarge")


async def test_what_cannot_be_done_is_refused(call: Calls) -> None:
    group = ACCOUNT.partition("/providers/")[0]
    for path in (ACCOUNT, f"{ACCOUNT}/partners", f"{ACCOUNT}/partners/a", group):
        refused = await call("PATCH", path, {})
        assert (refused.status, refused.code) == (405, "MethodNotAllowed")
    for path in (f"{ACCOUNT}/nothings", f"{ACCOUNT}/partners/a/b", "/nothing"):
        nothing = await call("GET", path)
        assert (nothing.status, nothing.code) == (404, "NotFound")
    for body in ({"properties": []}, {}, []):
        refused = await call("PUT", f"{ACCOUNT}/partners/a", body)
        assert (refused.status, refused.code) == (400, "InvalidRequestContent")


async def test_a_group_is_made_and_found(call: Calls) -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/new"
    assert (await call("GET", group, version="2021-04-01")).code == "ResourceGroupNotFound"
    body = {"location": "westus"}
    assert (await call("PUT", group, body, version="2021-04-01")).status == 201
    assert (await call("PUT", group, body, version="2021-04-01")).status == 200
    assert (await call("GET", group, version="2021-04-01")).body["location"] == "westus"


async def test_a_resource_may_be_named_as_part_of_an_address(call: Calls) -> None:
    for name in ("providers", "partners", "resourceGroups"):
        path = f"{ACCOUNT}/partners/{name}"
        assert (await call("PUT", path, {"properties": PARTNER})).status == 201
        assert (await call("GET", path)).body["name"] == name


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


async def test_rights_are_listed_and_held_to(arm: Arm, call: Calls) -> None:
    arm.switches.not_actions = ["Microsoft.Logic/integrationAccounts/*/write"]
    path = f"{ACCOUNT}/partners/Fabrikam"
    refused = await call("PUT", path, {"properties": PARTNER})
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    message = refused.body["error"]["message"]
    assert "'Microsoft.Logic/integrationAccounts/partners/write'" in message
    assert f"'{path}'" in message
    own = "/providers/Microsoft.Authorization/permissions"
    for scope in (ACCOUNT, f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso"):
        (role,) = (await call("GET", scope + own, version="2022-04-01")).body["value"]
        assert role["actions"] == ["*"]
        assert role["notActions"] == arm.switches.not_actions
    gone = await call("GET", account_id("nobody") + own, version="2022-04-01")
    assert gone.code == "ResourceNotFound"


async def test_a_vaults_keys_are_listed_or_refused(arm: Arm, call: Calls) -> None:
    vault = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso/providers/Microsoft.KeyVault"
    vault += "/vaults/Keys"
    asked = {"keyVault": {"id": vault}}
    assert (await call("POST", f"{ACCOUNT}/listKeyVaultKeys", asked)).status == 403
    arm.state.vaults[vault.lower()] = {"signing": ["1"]}
    listed = await call("POST", f"{ACCOUNT}/listKeyVaultKeys", asked)
    assert [one["kid"] for one in listed.body["value"]] == [
        "https://keys.vault.azure.net/keys/signing/1"
    ]
    for name, status in (("signing", 201), ("other", 400)):
        key = {"keyVault": {"id": vault}, "keyName": name}
        put = await call("PUT", f"{ACCOUNT}/certificates/{name}", {"properties": {"key": key}})
        assert put.status == status
    arm.switches.vaults_refuse = True
    assert (await call("POST", f"{ACCOUNT}/listKeyVaultKeys", asked)).code == "Forbidden"


async def test_workflows_are_found_by_their_account_and_switched(arm: Arm, call: Calls) -> None:
    place = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso"
    workflows = f"{place}/providers/Microsoft.Logic/workflows"
    arm.load(
        [
            {
                "id": f"{workflows}/{name}",
                "location": "westus",
                "properties": {"state": "Enabled", "integrationAccount": account},
            }
            for name, account in (("receive", {"id": ACCOUNT.lower()}), ("other", None))
        ]
    )
    everywhere = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Logic/workflows"
    found = await call("GET", everywhere, filter=f"ReferencedResourceId eq '{ACCOUNT}'")
    assert [one["name"] for one in found.body["value"]] == ["receive"]
    for action, state in (("disable", "Disabled"), ("enable", "Enabled")):
        assert (await call("POST", f"{workflows}/RECEIVE/{action}")).status == 200
        shown = await call("GET", f"{workflows}/receive")
        assert shown.body["properties"]["state"] == state
    gone = await call("POST", f"{workflows}/nobody/enable")
    assert (gone.status, gone.code) == (404, "ResourceNotFound")


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
    arm.load([_schema("Order")])
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


def _schema(name: str) -> dict[str, Any]:
    return {
        "id": f"{ACCOUNT}/schemas/{name}",
        "properties": {"schemaType": "Xml"},
        "content": SCHEMA,
        "contentType": "application/xml",
    }
