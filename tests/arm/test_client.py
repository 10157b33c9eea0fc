"""The client over HTTP: what is sent, how a list ends, and what a bad connection does to it."""

import gzip
import json
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from shared.arm import requests
from shared.arm.refusals import ArmRefused, Meaning
from shared.arm.whole import MOST_BYTES
from shared.model.integration_account import Child
from shared.rules.integration_accounts.ids import Scope
from shared.storage.fence import LeaseLost, fenced
from tests.arm.asked import HTML, HTML_200, ONE, PARTNER, PARTNERS, UNAUTHORIZED, all_of, meaning_of
from tests.arm.scripted import (
    ACCOUNT,
    ARM_HOST,
    CUT,
    GONE,
    ONCE,
    SUBSCRIPTION,
    Reply,
    Seen,
    World,
    page,
    path_of,
    refusal,
    world,
)


async def test_an_account_is_asked_for_with_the_identitys_token(here: World) -> None:
    here.server.on(path_of(), Reply(200, {"name": "contoso-b2b", "sku": {"name": "Standard"}}))
    account = here.account
    found = await account.get()
    assert found["sku"] == {"name": "Standard"}
    (seen,) = here.server.seen
    assert (seen.host, seen.query) == (ARM_HOST, "api-version=2019-05-01")
    assert seen.token == "Bearer eyJtoken1"
    assert seen.headers["User-Agent"] == "interkeep"
    assert here.identity.scopes == ["https://management.azure.com/.default"]
    assert here.transport.hosts == [f"https://{ARM_HOST}"]
    assert account.requests == 1
    await account.get()
    assert here.identity.scopes == ["https://management.azure.com/.default"]


async def test_no_identity_is_asked_for_before_the_first_request() -> None:
    async with world(STATE_STORAGE="", ARM_CLOUD="AzureChinaCloud", **BY_IDENTITY) as here:
        assert here.identity.asked_for == []
        here.server.on(path_of(), Reply(200, {"name": "contoso-b2b"}))
        await here.account.get()
        assert here.identity.asked_for == ["00000000-1111-2222-3333-444444444444"]
        assert here.identity.scopes == ["https://management.chinacloudapi.cn/.default"]
        assert here.transport.hosts == ["https://management.chinacloudapi.cn"]


BY_IDENTITY = {
    f"STATE_STORAGE__{service}ServiceUri": f"https://contoso.{service}.core.windows.net/"
    for service in ("blob", "queue", "table")
} | {"STATE_STORAGE__clientId": "00000000-1111-2222-3333-444444444444"}


async def test_a_stand_in_is_asked_without_an_identity() -> None:
    async with world(ARM_STAND_IN="http://127.0.0.1:7075") as here:
        here.server.on(path_of(), Reply(200, {"name": "contoso-b2b"}))
        await here.account.get()
        assert here.identity.asked_for == []
        assert here.transport.hosts == ["http://127.0.0.1"]
        assert here.server.seen[0].token == "Bearer none"


async def test_a_list_is_read_to_its_end_on_arms_host(here: World) -> None:
    following = f"https://{ARM_HOST}{PARTNERS}?api-version=2019-05-01&$skiptoken=a%2Fb%2B"
    last = f"https://{ARM_HOST}:443{PARTNERS}?last"
    here.server.on(PARTNERS, [page(["A", "B"], following), page([], last), page(["C"])])
    account = here.account
    assert await all_of(account.pages(Child.PARTNERS)) == ["A", "B", "C"]
    assert [seen.query for seen in here.server.seen] == [
        "api-version=2019-05-01",
        "api-version=2019-05-01&$skiptoken=a%2Fb%2B",
        "last",
    ]
    assert {seen.token for seen in here.server.seen} == {"Bearer eyJtoken1"}
    assert account.requests == 3


@pytest.mark.parametrize("end", [{"nextLink": None}, {"nextLink": ""}, {}])
async def test_a_list_ends_where_it_names_no_next_page(here: World, end: dict[str, Any]) -> None:
    here.server.on(PARTNERS, Reply(200, {"value": [], **end}))
    assert await all_of(here.account.pages(Child.PARTNERS)) == []


async def test_filters_and_kinds_are_in_the_address(here: World) -> None:
    here.server.on(path_of("sessions"), page([]))
    here.server.on(path_of("rosettanetprocessconfigurations"), page([]))
    condition = "properties/changedTime gt 2026-11-01T00:00:00Z and startswith(name,'a&b')"
    await all_of(here.account.pages(Child.SESSIONS, filter=condition))
    await all_of(here.account.pages(Child.ROSETTANET_PROCESSES))
    assert here.server.seen[0].query == (
        "api-version=2019-05-01&$filter=properties%2FchangedTime%20gt%202026-11-01T00%3A00%3A00Z"
        "%20and%20startswith%28name%2C%27a%26b%27%29"
    )
    assert here.server.seen[1].query == "api-version=2016-06-01"


@pytest.mark.parametrize(
    "following",
    [
        "https://example.com/subscriptions",
        "http://management.azure.com/subscriptions",
        "https://management.azure.com@example.com/",
        "/subscriptions/relative",
    ],
)
async def test_a_next_page_elsewhere_is_refused_and_gets_no_token(
    here: World, following: str
) -> None:
    here.server.on(PARTNERS, page(["A"], following))
    assert await meaning_of(all_of(here.account.pages(Child.PARTNERS))) is Meaning.ELSEWHERE
    assert len(here.server.seen) == 1


async def test_a_list_that_comes_back_to_a_page_is_refused(here: World) -> None:
    one, two = (f"https://{ARM_HOST}{PARTNERS}?{name}" for name in "ab")
    here.server.on(PARTNERS, [page(["A"], one), page(["B"], two), page(["C"], one)])
    assert await meaning_of(all_of(here.account.pages(Child.PARTNERS))) is Meaning.UNCLEAR
    assert len(here.server.seen) == 3


async def test_a_first_page_that_names_itself_is_refused(here: World) -> None:
    itself = f"https://{ARM_HOST}{PARTNERS}?api-version=2019-05-01"
    here.server.on(PARTNERS, page(["A"], itself))
    assert await meaning_of(all_of(here.account.pages(Child.PARTNERS))) is Meaning.UNCLEAR
    assert len(here.server.seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"<html></html>",
        b"[]",
        b'"text"',
        b"null",
        {},
        {"value": None},
        {"value": {}},
        {"value": ["A"]},
        {"value": [], "nextLink": 1},
        {"error": {"code": "PartnerNotFound"}},
        {"value": [], "error": {"code": "InternalServerError", "message": "no"}},
        {"value": [], "Error": "text"},
        {"value": [], "nextLink": "https://a", "NextLink": "https://b"},
        {"value": [], "Value": []},
        b'{"value": [',
    ],
)
async def test_what_is_no_list_is_no_empty_list(body: Any) -> None:
    async with world(ONCE) as here:
        here.server.on(PARTNERS, Reply(200, body))
        assert await meaning_of(all_of(here.account.pages(Child.PARTNERS))) is Meaning.UNCLEAR


@pytest.mark.parametrize("status", [202, 203, 204, 206])
async def test_a_list_ends_with_200_alone(status: int) -> None:
    async with world(ONCE) as here:
        here.server.on(PARTNERS, Reply(status, None if status == 204 else {"value": []}))
        assert await meaning_of(all_of(here.account.pages(Child.PARTNERS))) is Meaning.UNCLEAR


@pytest.mark.parametrize(
    "body", [None, b"<html></html>", [], {}, {"error": {"code": "X"}}, {"name": 1}]
)
async def test_what_is_no_resource_is_not_taken_for_one(body: Any) -> None:
    async with world(ONCE) as here:
        here.server.on(path_of(), Reply(200, body))
        here.server.on(ONE, Reply(200, body))
        assert await meaning_of(here.account.get()) is Meaning.UNCLEAR
        assert await meaning_of(here.account.item(Child.PARTNERS, "Northwind")) is Meaning.UNCLEAR


async def test_a_broken_answer_is_asked_for_again(here: World) -> None:
    here.server.on(PARTNERS, [HTML_200, HTML, Reply(200, b'{"value": ['), CUT, CUT, page(["A"])])
    account = here.account
    assert await all_of(account.pages(Child.PARTNERS)) == ["A"]
    assert (account.requests, len(here.server.seen)) == (5, 6)


async def test_a_list_that_is_cut_in_its_middle_is_asked_for_again(here: World) -> None:
    here.server.on(PARTNERS, [Reply(200, {"value": [{"name": "A"}]}, cut=9), page(["A", "B"])])
    assert await all_of(here.account.pages(Child.PARTNERS)) == ["A", "B"]


async def test_a_fault_that_stays_is_told_when_the_budget_is_over() -> None:
    async with world(ONCE) as here:
        here.server.on(PARTNERS, HTML)
        assert await meaning_of(all_of(here.account.pages(Child.PARTNERS))) is Meaning.UNAVAILABLE
        here.server.on(PARTNERS, CUT)
        assert await meaning_of(all_of(here.account.pages(Child.PARTNERS))) is Meaning.UNAVAILABLE
    assert [seen.path for seen in here.server.seen] == [PARTNERS] * 3


async def test_a_child_that_is_gone_is_none_and_an_account_that_is_gone_raises(
    here: World,
) -> None:
    here.server.on(ONE, [PARTNER, refusal(404, "PartnerNotFound"), GONE])
    account = here.account
    assert await account.item(Child.PARTNERS, "Northwind") == PARTNER.body
    assert await account.item(Child.PARTNERS, "Northwind") is None
    assert await meaning_of(account.item(Child.PARTNERS, "Northwind")) is Meaning.ACCOUNT_GONE


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("X12-ICN-A+B,C D-1", "X12-ICN-A%2BB%2CC%20D-1"),
        ("a/b?c#d%2Fe", "a%2Fb%3Fc%23d%252Fe"),
        ("Ümläut & Söhne", "%C3%9Cml%C3%A4ut%20%26%20S%C3%B6hne"),
        ("a..b", "a..b"),
        (":@!$'()*;=~", "%3A%40%21%24%27%28%29%2A%3B%3D~"),
    ],
)
async def test_names_are_one_part_of_the_address(here: World, name: str, encoded: str) -> None:
    here.server.on(path_of("sessions", encoded), Reply(200, {"name": name}))
    assert await here.account.item(Child.SESSIONS, name) == {"name": name}
    assert here.server.seen[0].path.endswith(f"/sessions/{encoded}")


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_a_name_that_would_be_another_address_is_not_sent(here: World, name: str) -> None:
    assert await meaning_of(here.account.item(Child.SESSIONS, name)) is Meaning.REFUSED
    assert await meaning_of(here.account.delete(Child.SESSIONS, name)) is Meaning.REFUSED
    assert here.server.seen == []


async def test_a_token_that_ended_is_renewed_once(here: World) -> None:
    here.server.on(PARTNERS, [page(["A"]), UNAUTHORIZED, page(["B"])])
    assert await all_of(here.account.pages(Child.PARTNERS)) == ["A"]
    assert await all_of(here.account.pages(Child.PARTNERS)) == ["B"]
    tokens = [seen.token for seen in here.server.seen]
    assert tokens == ["Bearer eyJtoken1", "Bearer eyJtoken1", "Bearer eyJtoken2"]


async def test_a_token_that_is_never_accepted_is_no_endless_loop(here: World) -> None:
    here.server.on(PARTNERS, UNAUTHORIZED)
    assert await meaning_of(all_of(here.account.pages(Child.PARTNERS))) is Meaning.UNAUTHORIZED
    assert len(here.server.seen) == 2


async def test_an_app_without_an_identity_is_told_so(here: World) -> None:
    here.identity.refuses = ClientAuthenticationError("none of the credentials worked")
    assert await meaning_of(here.account.get()) is Meaning.UNAUTHORIZED
    assert here.server.seen == []


async def test_any_list_of_arm_is_read(here: World) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Logic/workflows"
    here.server.on(path, page(["w"]))
    found = here.arm.pages(path, "2019-05-01", filter="ReferencedResourceId eq '/x'")
    assert await all_of(found) == ["w"]
    assert here.server.seen[0].query == (
        "api-version=2019-05-01&$filter=ReferencedResourceId%20eq%20%27%2Fx%27"
    )


async def test_the_accounts_of_a_scope_are_listed(here: World) -> None:
    all_accounts = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Logic/integrationAccounts"
    of_group = path_of().rpartition("/")[0]
    here.server.on(all_accounts, page(["a", "b"]))
    here.server.on(of_group, page(["a"]))
    here.server.on(path_of(), [Reply(200, {"name": "contoso-b2b"}), GONE])
    one = Scope(SUBSCRIPTION, "rg-b2b", "contoso-b2b")
    assert await all_of(here.arm.accounts(Scope(SUBSCRIPTION))) == ["a", "b"]
    assert await all_of(here.arm.accounts(Scope(SUBSCRIPTION, "rg-b2b"))) == ["a"]
    assert await all_of(here.arm.accounts(one)) == ["contoso-b2b"]
    assert await meaning_of(all_of(here.arm.accounts(one))) is Meaning.ACCOUNT_GONE


async def test_a_worker_without_its_lease_writes_nothing_and_reads_on(here: World) -> None:
    here.server.on(ONE, PARTNER)

    def lost() -> None:
        raise LeaseLost

    with fenced(lost):
        with pytest.raises(LeaseLost):
            await here.account.put(Child.PARTNERS, "Northwind", {})
        with pytest.raises(LeaseLost):
            await here.account.delete(Child.PARTNERS, "Northwind")
        assert await here.account.item(Child.PARTNERS, "Northwind") == PARTNER.body
    assert [seen.method for seen in here.server.seen] == ["GET"]


async def test_a_redirect_is_not_followed(here: World) -> None:
    here.server.on(ONE, Reply(307, None, {"Location": "https://example.com/"}))
    assert await meaning_of(here.account.item(Child.PARTNERS, "Northwind")) is Meaning.UNCLEAR
    assert here.transport.hosts == [f"https://{ARM_HOST}"]


async def test_each_object_counts_what_it_sent(here: World) -> None:
    here.server.on(ONE, PARTNER)
    one, other = here.arm.account(ACCOUNT), here.arm.account(ACCOUNT)
    await one.item(Child.PARTNERS, "Northwind")
    assert (one.requests, other.requests) == (1, 0)


async def test_a_packed_answer_is_unpacked_and_a_broken_one_asked_for_again(here: World) -> None:
    import gzip

    packed = gzip.compress(json.dumps(PARTNER.body).encode())
    headers = {"Content-Encoding": "gzip"}

    async def answer(seen: Seen) -> Reply:
        broken = len(here.server.seen) == 1
        return Reply(200, b"no gzip" if broken else packed, headers)

    here.server.on(ONE, answer)
    assert await here.account.item(Child.PARTNERS, "Northwind") == PARTNER.body
    assert len(here.server.seen) == 2


@pytest.mark.parametrize("spelt", ["NextLink", "nextlink"])
async def test_members_of_a_list_are_compared_without_case(here: World, spelt: str) -> None:
    following = f"https://{ARM_HOST}{PARTNERS}?more"
    first = {"Value": [{"name": "A"}], spelt: following, "nextLink": None, "error": None}
    here.server.on(PARTNERS, [Reply(200, {**first}), page(["B"])])
    assert await all_of(here.account.pages(Child.PARTNERS)) == ["A", "B"]


async def test_an_error_with_a_list_is_told(here: World) -> None:
    async with world(ONCE) as here:
        error = {"code": "InternalServerError", "message": "no"}
        here.server.on(PARTNERS, Reply(200, {"value": [], "error": error}))
        with pytest.raises(ArmRefused) as refused:
            await all_of(here.account.pages(Child.PARTNERS))
        assert "200 with an error: InternalServerError" in refused.value.message


async def test_an_answer_that_unpacks_to_a_giant_is_left_and_not_asked_for_again(
    here: World,
) -> None:
    packed = gzip.compress(b'{"value": [' + b" " * (MOST_BYTES + 1) + b"]}")
    here.server.on(PARTNERS, Reply(200, packed, {"Content-Encoding": "gzip"}))
    with pytest.raises(ArmRefused) as refused:
        await all_of(here.account.pages(Child.PARTNERS))
    assert refused.value.meaning is Meaning.UNCLEAR
    assert "more than 32 MiB" in refused.value.message
    assert len(here.server.seen) == 1
    here.server.on(PARTNERS, page(["A"]))
    assert await all_of(here.account.pages(Child.PARTNERS)) == ["A"], "the connection is another"


async def test_a_list_without_an_end_is_left(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_PAGES", 20)
    pages = [page([], f"https://{ARM_HOST}{PARTNERS}?{number}") for number in range(30)]
    here.server.on(PARTNERS, pages)
    with pytest.raises(ArmRefused) as refused:
        await all_of(here.account.pages(Child.PARTNERS))
    assert refused.value.meaning is Meaning.UNCLEAR
    assert "more than 20 pages" in refused.value.message
    assert len(here.server.seen) == 20
