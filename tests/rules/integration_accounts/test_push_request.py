"""What a push's request must hold in itself."""

import pytest

from shared.model.integration_account import Sku
from shared.model.push import (
    CreateAccount,
    PlannedNumbers,
    PushBody,
    PushNumbersPolicy,
    VaultChange,
    WorkflowsPolicy,
)
from shared.rules.integration_accounts.push_request import before_resuming, wrong_request

NEW = CreateAccount(resource_id="/x", location="westeurope", sku=Sku.FREE)
ODD = CreateAccount(resource_id="/x", location="westeurope", sku=Sku.NOT_SPECIFIED)


@pytest.mark.parametrize(
    ("body", "linked", "places"),
    [
        (PushBody(), True, []),
        (PushBody(), False, ["/resourceId"]),
        (PushBody(resource_id="/x"), False, []),
        (PushBody(create=NEW), False, []),
        (PushBody(create=NEW, resource_id="/x"), True, ["/create"]),
        (PushBody(create=ODD), True, ["/create/sku"]),
    ],
)
def test_a_request_names_one_account(body: PushBody, linked: bool, places: list[str]) -> None:
    assert [one.target for one in wrong_request(body, linked=linked)] == places


def test_what_is_to_do_before_resuming() -> None:
    calm = PlannedNumbers(policy=PushNumbersPolicy.CONTINUE)
    [standard] = before_resuming(PushBody(), calm, moves=False, disabled=0)
    assert "Standard logic apps" in standard
    much = PushBody(workflows=WorkflowsPolicy.LEAVE, key_vaults=[VaultChange(from_="/a", to="/b")])
    risky = PlannedNumbers(policy=PushNumbersPolicy.AS_KNOWN, exhausted=1, issued_again=3)
    found = before_resuming(much, risky, moves=True, disabled=2)
    for index, words in enumerate(
        (
            "Standard",
            "left as they are",
            "moves no workflow",
            "former account",
            "other vaults",
            "come twice",
            "upper bound",
            "the 2 workflows",
        )
    ):
        assert words in found[index]
    assert len(found) == 8
