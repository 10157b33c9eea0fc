"""The stand-in for Azure Resource Manager: reading, where no recorded conversation shows it."""

import base64
import hashlib
from typing import Any
from urllib.parse import quote

from localhost.arm.kinds import KINDS
from localhost.arm.times import session_etag, stamp
from shared.model.integration_account import Child, Sku
from tests.localhost.arm_calls import (
    ACCOUNT,
    PARTNER,
    SCHEMA,
    Calls,
    a_partner,
    a_schema,
)
from tests.support.arm import SUBSCRIPTION, Arm, account_id


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
    arm.load([a_schema("Order")])

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
    arm.load([a_schema("Order")])
    path = f"{ACCOUNT}/schemas/Order"
    before = (await call("GET", path)).body["properties"]["contentLink"]
    body = {"schemaType": "Xml", "content": SCHEMA + " ", "contentType": "application/xml"}
    await call("PUT", path, {"properties": body})
    after = (await call("GET", path)).body["properties"]["contentLink"]
    assert before["contentVersion"] != after["contentVersion"]
    assert (await call.content(before["uri"]))[0] == 404
    assert (await call.content(after["uri"]))[0] == 200


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


def test_times_have_up_to_seven_digits_and_etags_go_down() -> None:
    whole = 636_289_157_790_000_000
    assert stamp(whole) == "2017-04-27T18:49:39Z"
    assert stamp(whole + 1) == "2017-04-27T18:49:39.0000001Z"
    assert stamp(whole + 1_200_000) == "2017-04-27T18:49:39.12Z"
    # A recorded pair: the ETag of a session, and about when it was written.
    assert session_etag(636_289_157_793_355_517) == '"08587082879061420290"'
    assert stamp(636_289_157_793_355_517) == "2017-04-27T18:49:39.3355517Z"


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


async def test_a_workflow_is_of_the_region_and_subscription_of_its_account(
    arm: Arm, call: Calls
) -> None:
    address = ACCOUNT.split("/integrationAccounts/")[0] + "/workflows/send"

    def body(location: str, uses: str = ACCOUNT) -> dict[str, Any]:
        return {"location": location, "properties": {"integrationAccount": {"id": uses}}}

    far = await call("PUT", address, body("eastus"))
    assert (far.status, "must be in the same" in str(far.body)) == (400, True)
    other = ACCOUNT.replace(SUBSCRIPTION, "11111111-1111-1111-1111-111111111111")
    assert (await call("PUT", address, body("westus", other))).status == 400
    gone = await call("PUT", address, body("westus", f"{ACCOUNT}-gone"))
    assert (gone.status, gone.code) == (404, "ResourceNotFound")
    assert (await call("PUT", address, {"properties": {}})).code == "LocationRequired"
    assert (await call("GET", address)).status == 404
    for status in (201, 200):
        made = await call("PUT", address, body("West US"))
        assert (made.status, made.body["properties"]["state"]) == (status, "Enabled")
    assert (await call("GET", address)).body["properties"]["integrationAccount"]["id"] == ACCOUNT


async def test_a_filter_may_go_by_case(arm: Arm, call: Calls) -> None:
    address = ACCOUNT.split("/integrationAccounts/")[0] + "/workflows"
    arm.load(
        [
            {"id": f"{address}/{name}", "properties": {"integrationAccount": {"id": uses}}}
            for name, uses in (("as-it-is", ACCOUNT), ("loud", ACCOUNT.upper()))
        ]
    )
    for by_case, names in ((False, ["as-it-is", "loud"]), (True, ["as-it-is"])):
        arm.switches.filters_by_case = by_case
        found = await call("GET", address, filter=f"ReferencedResourceId eq '{ACCOUNT}'")
        assert [one["name"] for one in found.body["value"]] == names
