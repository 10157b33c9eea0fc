"""ARM ids of integration accounts, and the scopes that hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.integration_account import AccountId
from shared.model.problem import Code, Problem
from shared.rules.integration_accounts.ids import Scope, account_id_of, scope_of

SUBSCRIPTION = "6a1f0c2e-0000-4000-8000-00000000aAbB"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-b2b.(west)_1"
ACCOUNT = f"{GROUP}/providers/Microsoft.Logic/integrationAccounts/contoso-b2b"


def test_an_account_is_read_and_written_back_as_it_was_spelled() -> None:
    found = account_id_of(ACCOUNT)
    assert found == AccountId(SUBSCRIPTION, "rg-b2b.(west)_1", "contoso-b2b")
    assert str(found) == ACCOUNT
    assert account_id_of(f"{ACCOUNT}/") == found


def test_the_words_of_an_id_are_read_in_any_case() -> None:
    found = account_id_of(ACCOUNT.replace("resourceGroups", "resourcegroups").upper())
    assert found.name == "CONTOSO-B2B"
    assert found.key == account_id_of(ACCOUNT).key


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        (f"/subscriptions/{SUBSCRIPTION}", Scope(SUBSCRIPTION)),
        (f"/subscriptions/{SUBSCRIPTION}/", Scope(SUBSCRIPTION)),
        (GROUP, Scope(SUBSCRIPTION, "rg-b2b.(west)_1")),
        (ACCOUNT, Scope(SUBSCRIPTION, "rg-b2b.(west)_1", "contoso-b2b")),
    ],
)
def test_a_scope_is_a_subscription_a_group_or_an_account(text: str, scope: Scope) -> None:
    assert scope_of(text) == scope
    assert scope_of(str(scope)) == scope
    assert scope.contains(account_id_of(ACCOUNT.upper()))
    assert (scope.account is None) == (text != ACCOUNT)


@pytest.mark.parametrize(
    "other",
    [
        ACCOUNT.replace("aAbB", "aAbC"),
        ACCOUNT.replace("rg-b2b", "rg-b2c"),
        ACCOUNT.replace(".(west)_1", ".(west)_11"),
        ACCOUNT + "2",
    ],
)
def test_a_name_that_begins_like_another_is_another(other: str) -> None:
    assert not scope_of(ACCOUNT).contains(account_id_of(other))
    if f"{GROUP}/".lower() not in other.lower():
        assert not scope_of(GROUP).contains(account_id_of(other))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "contoso-b2b",
        "/subscriptions/contoso",
        f"subscriptions/{SUBSCRIPTION}",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/ends.",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/a/b",
        f"{GROUP}/providers/Microsoft.Logic/workflows/orders",
        f"{ACCOUNT}/partners/Northwind",
        ACCOUNT.replace("contoso-b2b", ".."),
        ACCOUNT.replace("contoso-b2b", "a?b"),
        ACCOUNT.replace("contoso-b2b", "a%2Fb"),
        ACCOUNT.replace("contoso-b2b", "conto\N{LATIN SMALL LETTER LONG S}o"),
        ACCOUNT + "\n",
        f"https://management.azure.com{ACCOUNT}",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        scope_of(text)
    assert refused.value.code is Code.INVALID_REQUEST
    with pytest.raises(Problem) as refused:
        account_id_of(text)
    assert (refused.value.code, refused.value.target) == (Code.INVALID_REQUEST, "/resourceId")


@pytest.mark.parametrize("text", [f"/subscriptions/{SUBSCRIPTION}", GROUP])
def test_what_holds_accounts_is_no_account(text: str) -> None:
    with pytest.raises(Problem, match="no ARM id of an integration account"):
        account_id_of(text, target="resourceId")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for given_text in (text, ACCOUNT + text, f"{GROUP}/{text}"):
        try:
            scope = scope_of(given_text)
        except Problem:
            continue
        assert scope.key == given_text.rstrip("/").lower()
